"""Guests that have all of what a definition can ask for, for recordings: one of what software emulation can do, and one
that never starts of what needs hardware or a kernel that the laboratory does not have."""

from typing import Any

import libvirt

from . import images, metadata
from .definitions import Disk, Guest
from .guests import Guests
from .libvirtd import Libvirtd

_PORT = 10809
_EXPORT = "shared"

_TUNING = """\
<maxMemory slots='4' unit='MiB'>1024</maxMemory>
<memtune><soft_limit unit='MiB'>1024</soft_limit></memtune>
<numatune><memory mode='strict' nodeset='0'/><memnode cellid='1' mode='preferred' nodeset='0'/></numatune>
<blkiotune>
  <device>
    <path>{device}</path>
    <read_bytes_sec>10000000</read_bytes_sec><write_bytes_sec>20000000</write_bytes_sec>
    <read_iops_sec>1000</read_iops_sec><write_iops_sec>2000</write_iops_sec>
  </device>
</blkiotune>
<cputune>
  <shares>512</shares><period>100000</period><quota>80000</quota>
  <emulator_period>100000</emulator_period><emulator_quota>50000</emulator_quota>
  <iothread_period>100000</iothread_period><iothread_quota>20000</iothread_quota>
  <vcpupin vcpu='0' cpuset='0'/><vcpupin vcpu='1' cpuset='0-1'/><emulatorpin cpuset='0-1'/>
  <iothreadpin iothread='1' cpuset='1'/>
</cputune>
<cpu>
  <topology sockets='1' dies='1' cores='2' threads='1'/>
  <numa>
    <cell id='0' cpus='0' memory='16' unit='MiB'/><cell id='1' cpus='1' memory='16' unit='MiB'/>
  </numa>
</cpu>
<sysinfo type='smbios'><system>
  <entry name='manufacturer'>Example Works</entry><entry name='product'>Emulated Machine</entry>
</system></sysinfo>
<perf>
  <event name='cpu_clock' enabled='yes'/><event name='task_clock' enabled='yes'/>
  <event name='page_faults' enabled='yes'/><event name='page_faults_min' enabled='yes'/>
  <event name='page_faults_maj' enabled='yes'/><event name='context_switches' enabled='yes'/>
  <event name='cpu_migrations' enabled='yes'/><event name='alignment_faults' enabled='yes'/>
  <event name='emulation_faults' enabled='yes'/>
</perf>"""

_LIMITS = """\
<read_bytes_sec>1000000</read_bytes_sec><read_bytes_sec_max>2000000</read_bytes_sec_max>
<read_bytes_sec_max_length>3</read_bytes_sec_max_length>
<write_bytes_sec>3000000</write_bytes_sec><write_bytes_sec_max>4000000</write_bytes_sec_max>
<write_bytes_sec_max_length>4</write_bytes_sec_max_length>
<read_iops_sec>100</read_iops_sec><read_iops_sec_max>200</read_iops_sec_max>
<read_iops_sec_max_length>5</read_iops_sec_max_length>
<write_iops_sec>300</write_iops_sec><write_iops_sec_max>400</write_iops_sec_max>
<write_iops_sec_max_length>6</write_iops_sec_max_length>"""

_TOTALS = """\
<total_iops_sec>1000</total_iops_sec><total_iops_sec_max>2000</total_iops_sec_max>
<total_iops_sec_max_length>7</total_iops_sec_max_length>"""

_DEVICES = """\
<disk type='network' device='disk'>
  <driver name='qemu' type='raw' cache='none' discard='unmap' io='threads'/>
  <source protocol='nbd' name='{export}'><host name='127.0.0.1' port='{port}'/></source>
  <target dev='vdb' bus='virtio'/><iotune>{totals}</iotune><serial>NBD-0001</serial>
</disk>
<disk type='file' device='cdrom'>
  <driver name='qemu' type='raw'/><source file='{medium}'/><target dev='sda' bus='scsi'/><readonly/>
</disk>
<disk type='file' device='cdrom'><target dev='sdb' bus='scsi'/><readonly/></disk>
<controller type='scsi' model='virtio-scsi'/>
<interface type='network'>
  <source network='lab'/><model type='virtio'/><mtu size='1400'/><link state='down'/>
</interface>
<channel type='unix'><target type='virtio' name='org.example.console.0'/></channel>
<filesystem type='mount' accessmode='mapped'><source dir='{directory}'/><target dir='exchange'/></filesystem>
<memory model='dimm'>
  <target><size unit='MiB'>128</size><node>0</node></target>
</memory>
<input type='tablet' bus='virtio'/>"""

_HARDWARE = """\
<maxMemory slots='4' unit='MiB'>1024</maxMemory>
<memoryBacking>
  <hugepages><page size='2' unit='MiB' nodeset='0'/></hugepages><locked/>
</memoryBacking>
<memtune><hard_limit unit='GiB'>2</hard_limit><swap_hard_limit unit='GiB'>3</swap_hard_limit></memtune>
<blkiotune><weight>500</weight><device><path>/dev/vda</path><weight>400</weight></device></blkiotune>
<cputune><vcpusched vcpus='0' scheduler='fifo' priority='1'/></cputune>
<cpu><numa><cell id='0' cpus='0' memory='16' unit='MiB'/></numa></cpu>"""

_ASSIGNED = """\
<hostdev mode='subsystem' type='pci' managed='yes'>
  <source><address domain='0x0000' bus='0x65' slot='0x00' function='0x1'/></source>
</hostdev>
<hostdev mode='subsystem' type='mdev' model='vfio-pci'>
  <source><address uuid='c2177883-f1bb-47f0-914d-32a22e3a8804'/></source>
</hostdev>
<tpm model='tpm-tis'><backend type='passthrough'><device path='/dev/tpm0'/></backend></tpm>
<memory model='virtio-mem'>
  <target>
    <size unit='MiB'>256</size><node>0</node><block unit='MiB'>2</block><requested unit='MiB'>128</requested>
  </target>
</memory>
<interface type='network'>
  <mac address='52:54:00:00:77:01'/><source network='lab'/>
  <bandwidth>
    <inbound average='1000' peak='2000' burst='128' floor='5'/><outbound average='500' peak='1000' burst='64'/>
  </bandwidth>
</interface>"""


def complete(host: Libvirtd, guests: Guests) -> Any:
    """Start it paused; one disk has a backing file that a snapshot left, one is served over the network."""
    shared = images.raw(guests.images / "shared.raw")
    host.spawn_inside(
        ["qemu-nbd", "--persistent", "--shared=8", "--format=raw", "--bind=127.0.0.1", f"--port={_PORT}",
         f"--export-name={_EXPORT}", str(shared)]
    )  # fmt: skip
    exchange = guests.images / "exchange"
    exchange.mkdir()
    domain = guests.start_paused(_described(guests, str(exchange)))
    domain.snapshotCreateXML(
        "<domainsnapshot><name>before-upgrade</name><disks><disk name='vdb' snapshot='no'/></disks></domainsnapshot>",
        libvirt.VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY,
    )
    domain.setBlockThreshold("vda", 32 << 20)
    return domain


def demanding(guests: Guests) -> Any:
    """Define a guest that this machine could not start."""
    return guests.define(guests.idle("demanding", disks=0, nics=0, vcpus=1, tuning=_HARDWARE, devices=_ASSIGNED))


def _described(guests: Guests, exchange: str) -> Guest:
    devices = _DEVICES.format(
        export=_EXPORT, port=_PORT, totals=_TOTALS, directory=exchange, medium=images.raw(guests.images / "medium.iso")
    )
    disk = Disk(images.qcow2(guests.images / "complete.qcow2"), "qcow2", iotune=_LIMITS, iothread=1)
    return guests.idle(
        "complete", disks=0, nics=1, memory_mib=32, iothreads=1, tuning=_TUNING.format(device="/dev/vda"),
        devices=devices, metadata=metadata.NOVA_1_1, title="All of it", balloon_period=10, watchdog="reset",
    ).with_disks((disk,))  # fmt: skip
