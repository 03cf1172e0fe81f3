"""The shapes of host that the recordings in tests/fixtures were made of."""

from collections.abc import Callable
from contextlib import ExitStack

import libvirt

from . import images, metadata
from .complete import complete, demanding
from .definitions import Disk, Guest
from .extras import SlowSave, backup, secret
from .guests import Guests
from .libvirtd import Libvirtd
from .migration import Migration, destination
from .polling import eventually
from .pools import Pools

_POOL = """\
<pool type='dir'><name>images</name><target><path>/var/lib/libvirt/images</path></target></pool>"""

_VOLUME = """\
<volume>
  <name>{name}</name><capacity unit='MiB'>{mib}</capacity><target><format type='{format}'/></target>
</volume>"""

_LIMITS = """\
<total_bytes_sec>10485760</total_bytes_sec><total_bytes_sec_max>20971520</total_bytes_sec_max>
<total_bytes_sec_max_length>5</total_bytes_sec_max_length>
<read_iops_sec>500</read_iops_sec><write_iops_sec>250</write_iops_sec><size_iops_sec>4096</size_iops_sec>
<group_name>gold</group_name>"""

_TUNING = """\
<memtune><soft_limit unit='MiB'>512</soft_limit></memtune>
<cputune>
  <shares>2048</shares><period>100000</period><quota>50000</quota>
  <global_period>100000</global_period><global_quota>150000</global_quota>
  <vcpupin vcpu='0' cpuset='0'/><emulatorpin cpuset='0-1'/>
</cputune>"""

_VOLUME_DISK = """\
<disk type='volume' device='disk'>
  <driver name='qemu' type='raw'/><source pool='fast' volume='db.raw'/><target dev='vda' bus='virtio'/>
</disk>"""

_GRAPHICS = """\
<graphics type='vnc' port='-1' autoport='yes' listen='127.0.0.1'/>
<video><model type='vga' vram='16384'/></video>
<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>"""


_LIMITED_NETWORK = """\
<network>
  <name>limited</name><bridge name='limited0'/><mtu size='9000'/>
  <bandwidth>
    <inbound average='1000' peak='5000' burst='1024'/><outbound average='2000' peak='4000' burst='512'/>
  </bandwidth>
</network>"""


def empty(_host: Libvirtd, _guests: Guests, _stack: ExitStack) -> None:
    """A host without guests, pools and networks."""


def one(_host: Libvirtd, guests: Guests, _stack: ExitStack) -> None:
    """A host with one Linux that writes, on the isolated network."""
    guests.start(guests.linux("web-1"))
    guests.wait_booted("web-1")


def many(host: Libvirtd, guests: Guests, stack: ExitStack) -> None:
    """A host with guests in every state and with every kind of disk, limit and metadata."""
    _pool(guests)
    one(host, guests, stack)
    _measured(guests)
    complete(host, guests)
    demanding(guests)
    guests.start_paused(_tuned(guests))
    guests.start_paused(_chained(guests))
    guests.start_paused(_pooled(host, guests))
    _block_job(guests)
    _backup(guests)
    _leaving(host, guests)
    for name, text in (
        ("nova-new", metadata.NOVA_1_1),
        ("nova-old", metadata.NOVA_1_0),
        ("kubevirt", metadata.KUBEVIRT),
        ("ovirt", metadata.OVIRT),
    ):
        guests.start_paused(guests.idle(name, disks=1, nics=1, vcpus=1, metadata=text))
    guests.start_transient(guests.idle("transient", disks=0, nics=0))
    guests.define(guests.idle("off", metadata=metadata.CUSTOM, title="Kept for later"))
    guests.start(guests.idle("saved", disks=1, nics=0)).managedSave()
    _snapshots(guests)
    guests.connection.lookupByName("off").setAutostart(1)
    guests.connection.networkDefineXML(_LIMITED_NETWORK)
    secret(guests, "client.lab")


def migrating(host: Libvirtd, guests: Guests, stack: ExitStack) -> None:
    """A host with one guest that is on its way to another host and does not get there."""
    target = destination().start()
    stack.callback(target.stop)
    domain = guests.start(guests.linux("moved", "dirtier"))
    guests.wait_booted("moved")
    migration = Migration(host, target, "moved")
    stack.callback(migration.close)
    eventually(
        lambda: domain.jobStats().get("memory_iteration", 0) > 2, within=60, what=f"third pass; {migration.error}"
    )


SHAPES: dict[str, Callable[[Libvirtd, Guests, ExitStack], None]] = {
    "empty": empty,
    "one": one,
    "many": many,
    "migrating": migrating,
}
"""What to build on a fresh host, by the name of the recording; the stack ends what the host does not."""


def _tuned(guests: Guests) -> Guest:
    """Limits on processor, memory and disk, an I/O thread, a console, an agent channel nobody answers."""
    disks = (
        Disk(images.raw(guests.images / "tuned-0.raw"), iotune=_LIMITS, iothread=1),
        Disk(images.raw(guests.images / "tuned-1.raw"), iothread=2),
    )
    return guests.idle(
        "tuned", memory_mib=32, nics=2, disks=0, tuning=_TUNING, iothreads=2, devices=_GRAPHICS,
        agent_channel=True, watchdog="pause", balloon_period=10, metadata=metadata.CUSTOM,
    ).with_disks(disks)  # fmt: skip


def _chained(guests: Guests) -> Guest:
    disk = Disk(images.chain(guests.images, "chained", 3), "qcow2")
    return guests.idle("chained", disks=0, nics=1).with_disks((disk,))


def _pooled(host: Libvirtd, guests: Guests) -> Guest:
    """A disk that is a volume of a pool, which is a file system of its own."""
    Pools(host, guests).file_system("fast", "db.raw", "old.raw")
    return guests.idle("pooled", disks=0, nics=0, devices=_VOLUME_DISK)


def _leaving(host: Libvirtd, guests: Guests) -> None:
    """A guest with a lease, whose memory is being saved until the host is stopped."""
    guests.start(guests.linux("leaving", "idle", options="lab.ip=dhcp"))
    guests.wait_booted("leaving")
    domain = guests.connection.lookupByName("leaving")
    SlowSave(host, "leaving")
    eventually(lambda: domain.jobStats().get("memory_processed", 0) > 0, within=20, what="the save")


def _block_job(guests: Guests) -> None:
    """A guest whose disk is being mirrored, and stays so until the mirror is ended."""
    disk = Disk(images.qcow2(guests.images / "mirrored.qcow2"), "qcow2")
    domain = guests.start_paused(guests.idle("mirrored", disks=0, nics=0).with_disks((disk,)))
    target = guests.images / "mirrored-copy.qcow2"
    domain.blockCopy(
        "vda",
        f"<disk type='file'><source file='{target}'/><driver type='qcow2'/></disk>",
        flags=libvirt.VIR_DOMAIN_BLOCK_COPY_TRANSIENT_JOB,
    )


def _backup(guests: Guests) -> None:
    """A guest that is being backed up until the backup is aborted, and has a checkpoint of it."""
    disk = Disk(images.qcow2(guests.images / "backed-up.qcow2"), "qcow2")
    backup(guests.start_paused(guests.idle("backed-up", disks=0, nics=0).with_disks((disk,))), "vda")


def _measured(guests: Guests) -> None:
    """How fast the writing guest dirties its memory was asked once."""
    domain = guests.connection.lookupByName("web-1")
    domain.startDirtyRateCalc(1)

    def measured() -> bool:
        ((_, figures),) = guests.connection.domainListGetStats([domain], libvirt.VIR_DOMAIN_STATS_DIRTYRATE, 0)
        return bool(figures["dirtyrate.calc_status"] == libvirt.VIR_DOMAIN_DIRTYRATE_MEASURED)

    eventually(measured, within=20, what="the dirty rate")


def _snapshots(guests: Guests) -> None:
    """A shut-off guest with two snapshots, the second below the first."""
    disk = Disk(images.qcow2(guests.images / "snapshots.qcow2"), "qcow2")
    domain = guests.define(guests.idle("snapshots", disks=0, nics=0).with_disks((disk,)))
    for name in ("before-upgrade", "after-upgrade"):
        domain.snapshotCreateXML(f"<domainsnapshot><name>{name}</name></domainsnapshot>")


def _pool(guests: Guests) -> None:
    """A directory pool with two volumes, and one that is not running."""
    pool = guests.connection.storagePoolDefineXML(_POOL)
    pool.build()
    pool.create()
    pool.setAutostart(1)
    pool.createXML(_VOLUME.format(name="data.raw", mib=16, format="raw"))
    pool.createXML(_VOLUME.format(name="thin.qcow2", mib=256, format="qcow2"))
    guests.connection.storagePoolDefineXML(_POOL.replace("images", "archive"))
