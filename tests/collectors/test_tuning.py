"""What collectors make of pins, cells and the rest of a definition that is set by hand."""

from collections.abc import Iterable

import pytest

from exporter.collectors import (
    domain_configuration,
    domain_iothread,
    domain_logical_cpu,
    domain_tuning,
    domain_vcpu_placement,
)
from exporter.collectors.domain_iothread import place
from exporter.collectors.nodeset import canonical, members, ranges
from exporter.exposition.rows import Rows
from exporter.hypervisor.placement import Placement
from tests.collectors.written import description, guest


def _lines(rows: Rows) -> list[str]:
    return [line for data in rows.written().values() for line in data.decode().splitlines()]


@pytest.mark.parametrize(
    ("numbers", "text"), [((), ""), ((7,), "7"), ((0, 1, 2, 3, 8), "0-3,8"), ((5, 1, 4, 0, 1), "0-1,4-5")]
)
def test_a_set_of_cpus_has_one_spelling(numbers: Iterable[int], text: str) -> None:
    """In ranges, ascending, as libvirt writes them."""
    assert ranges(numbers) == text


def test_a_list_with_exceptions_is_spelled_without_them() -> None:
    """The same CPUs are the same label, however somebody wrote them down."""
    assert members("0-3,^2,8") == {0, 1, 3, 8}
    assert canonical("8,0-3,^2") == "0-1,3,8"
    assert canonical("") == ""


def test_pins_of_all_threads_name_thread_and_cpus() -> None:
    """vCPUs, I/O threads, the emulator, and what holds for all others."""
    xml = (
        "<domain><vcpu placement='static' cpuset='0-3,^1'>2</vcpu><cputune><vcpupin vcpu='1' cpuset='2,3'/>"
        "<emulatorpin cpuset='0'/><iothreadpin iothread='1' cpuset='0,2'/></cputune></domain>"
    )
    assert description(domain_tuning.COLLECTOR, xml) == [
        'libvirt_domain_tuning_cpus_info{cpus="0,2-3",domain="web-1",placement="static"} 1',
        'libvirt_domain_tuning_vcpu_pin_info{cpus="2-3",domain="web-1",vcpu="1"} 1',
        'libvirt_domain_tuning_emulator_pin_info{cpus="0",domain="web-1"} 1',
        'libvirt_domain_tuning_iothread_pin_info{cpus="0,2",domain="web-1",iothread="1"} 1',
    ]


def test_a_guest_whose_cpus_a_daemon_chooses_says_so() -> None:
    """Its set is not known before it starts; one that is held nowhere has no series."""
    automatic = "<domain><vcpu placement='auto'>2</vcpu></domain>"
    wanted = 'libvirt_domain_tuning_cpus_info{cpus="",domain="web-1",placement="auto"} 1'
    assert description(domain_tuning.COLLECTOR, automatic) == [wanted]
    assert description(domain_tuning.COLLECTOR, "<domain><vcpu placement='static'>2</vcpu></domain>") == []


def test_cells_of_a_guest_say_where_on_the_host_they_are_bound() -> None:
    """A cell without a binding of its own follows that of the guest."""
    xml = (
        "<domain><numatune><memory mode='strict' nodeset='0-1'/><memnode cellid='1' mode='preferred' nodeset='1'/>"
        "</numatune><cpu><numa><cell id='0' cpus='0-1' memory='2' unit='GiB'/>"
        "<cell id='1' cpus='2,3' memory='1048576' unit='KiB'/></numa></cpu></domain>"
    )
    assert description(domain_tuning.COLLECTOR, xml) == [
        'libvirt_domain_tuning_numa_info{cells="0-1",domain="web-1",mode="strict"} 1',
        'libvirt_domain_tuning_numa_cell_info{cell="0",cells="",domain="web-1",mode="",vcpus="0-1"} 1',
        'libvirt_domain_tuning_numa_cell_info{cell="1",cells="1",domain="web-1",mode="preferred",vcpus="2-3"} 1',
        'libvirt_domain_tuning_numa_cell_memory_bytes{cell="0",domain="web-1"} 2147483648',
        'libvirt_domain_tuning_numa_cell_memory_bytes{cell="1",domain="web-1"} 1073741824',
    ]


def test_threads_with_a_scheduler_of_their_own_are_told() -> None:
    """Real-time guests: which threads, which scheduler, which priority."""
    xml = (
        "<domain><cputune><vcpusched vcpus='2-3' scheduler='fifo' priority='1'/>"
        "<iothreadsched iothreads='1' scheduler='batch'/><emulatorsched scheduler='idle'/></cputune></domain>"
    )
    labels = [line.partition("{")[2] for line in description(domain_tuning.COLLECTOR, xml)]
    assert labels == [
        'domain="web-1",priority="1",scheduler="fifo",scope="vcpu",threads="2-3"} 1',
        'domain="web-1",priority="",scheduler="batch",scope="iothread",threads="1"} 1',
        'domain="web-1",priority="",scheduler="idle",scope="emulator",threads=""} 1',
    ]


def test_limits_and_weights_of_host_devices_carry_their_path() -> None:
    """Each device has its own; what is not limited is absent."""
    xml = (
        "<domain><blkiotune><weight>800</weight><device><path>/dev/sda</path><weight>400</weight>"
        "<read_bytes_sec>1000</read_bytes_sec><write_bytes_sec>2000</write_bytes_sec>"
        "<read_iops_sec>30</read_iops_sec><write_iops_sec>40</write_iops_sec></device></blkiotune></domain>"
    )
    path = '{domain="web-1",path="/dev/sda"}'
    assert description(domain_tuning.COLLECTOR, xml) == [
        'libvirt_domain_tuning_block_weight{domain="web-1"} 800',
        f"libvirt_domain_tuning_device_weight{path} 400",
        f"libvirt_domain_tuning_device_read_bytes_per_second{path} 1000",
        f"libvirt_domain_tuning_device_read_requests_per_second{path} 30",
        f"libvirt_domain_tuning_device_write_bytes_per_second{path} 2000",
        f"libvirt_domain_tuning_device_write_requests_per_second{path} 40",
    ]


def test_memory_that_a_guest_is_guaranteed_is_told() -> None:
    """ESX and OpenVZ have it, QEMU refuses it."""
    xml = "<domain><memtune><min_guarantee unit='MiB'>8</min_guarantee></memtune></domain>"
    wanted = 'libvirt_domain_tuning_memory_minimum_guarantee_bytes{domain="web-1"} 8388608'
    assert description(domain_tuning.COLLECTOR, xml) == [wanted]


def test_where_threads_may_run_now_is_a_set_and_its_size() -> None:
    """The set is the label, so that it can be compared with what the definition asks for."""
    rows = Rows()
    domain_vcpu_placement.collect(guest(), Placement({0: 3}, {0: (0, 1, 2, 3, 8)}, (0, 1)), rows)
    place(guest(), {1: (4,)}, rows)
    assert set(_lines(rows)) == {
        'libvirt_domain_vcpu_cpu{domain="web-1",vcpu="0"} 3',
        'libvirt_domain_vcpu_affinity_cpus{domain="web-1",vcpu="0"} 5',
        'libvirt_domain_vcpu_affinity_info{cpus="0-3,8",domain="web-1",vcpu="0"} 1',
        'libvirt_domain_emulator_affinity_cpus{domain="web-1"} 2',
        'libvirt_domain_emulator_affinity_info{cpus="0-1",domain="web-1"} 1',
        'libvirt_domain_iothread_affinity_cpus{domain="web-1",iothread="1"} 1',
        'libvirt_domain_iothread_affinity_info{cpus="4",domain="web-1",iothread="1"} 1',
    }


def test_what_a_guest_takes_of_each_cpu_of_the_host_is_in_seconds() -> None:
    """By number; a driver that does not tell vCPUs apart gives the whole alone."""
    rows = Rows()
    domain_logical_cpu.collect(
        guest(), [{"cpu_time": 2_500_000_000, "vcpu_time": 2_000_000_000}, {"cpu_time": 0}], rows
    )
    assert _lines(rows) == [
        'libvirt_domain_logical_cpu_seconds_total{cpu="0",domain="web-1"} 2.5',
        'libvirt_domain_logical_cpu_seconds_total{cpu="1",domain="web-1"} 0.0',
        'libvirt_domain_logical_cpu_vcpu_seconds_total{cpu="0",domain="web-1"} 2.0',
    ]


def test_the_rest_of_a_definition_is_one_series_each() -> None:
    """Devices that are alike are one; a device with an order of its own stands with its name."""
    xml = (
        "<domain><cpu><topology sockets='1' dies='1' cores='2' threads='2'/></cpu>"
        "<features><acpi/><pae/><hap state='off'/><hyperv mode='passthrough'/></features>"
        "<on_poweroff>destroy</on_poweroff><on_reboot>restart</on_reboot><on_crash>preserve</on_crash>"
        "<clock offset='timezone' timezone='Europe/Berlin'/>"
        "<sysinfo type='smbios'><system><entry name='manufacturer'>OpenStack Foundation</entry>"
        "<entry name='product'>OpenStack Nova</entry></system></sysinfo>"
        "<devices><disk><target dev='vda'/><boot order='2'/></disk>"
        "<interface><target dev='vnet3'/><boot order='1'/></interface>"
        "<serial type='pty'><log file='/var/log/web-1.log'/><target port='0'/></serial>"
        "<input type='tablet' bus='usb'/><input type='tablet' bus='usb'/>"
        "<video><model type='virtio' vram='16384'/><alias name='video0'/>"
        "<address type='pci' domain='0x0000' bus='0x00' slot='0x1f' function='0x2'/></video></devices></domain>"
    )
    assert description(domain_configuration.COLLECTOR, xml) == [
        'libvirt_domain_cpu_topology_info{cores="2",dies="1",domain="web-1",sockets="1",threads="2"} 1',
        'libvirt_domain_feature_info{domain="web-1",feature="acpi",state="on"} 1',
        'libvirt_domain_feature_info{domain="web-1",feature="pae",state="on"} 1',
        'libvirt_domain_feature_info{domain="web-1",feature="hap",state="off"} 1',
        'libvirt_domain_feature_info{domain="web-1",feature="hyperv",state="passthrough"} 1',
        'libvirt_domain_lifecycle_action_info{domain="web-1",on_crash="preserve",on_poweroff="destroy",'
        'on_reboot="restart"} 1',
        'libvirt_domain_boot_info{boot_order="2",device="vda",domain="web-1"} 1',
        'libvirt_domain_boot_info{boot_order="1",device="vnet3",domain="web-1"} 1',
        'libvirt_domain_clock_info{domain="web-1",offset="timezone",timezone="Europe/Berlin"} 1',
        'libvirt_domain_sysinfo_info{domain="web-1",family="",manufacturer="OpenStack Foundation",'
        'product="OpenStack Nova",serial="",version=""} 1',
        'libvirt_domain_console_info{backend="pty",domain="web-1",kind="serial",log_file="/var/log/web-1.log",'
        'port="0"} 1',
        'libvirt_domain_input_info{bus="usb",domain="web-1",input="tablet"} 1',
        'libvirt_domain_video_memory_bytes{domain="web-1",model="virtio"} 16777216',
        'libvirt_domain_device_address_info{address="0000:00:1f.2",alias="video0",device="video",domain="web-1"} 1',
    ]


def test_kinds_of_devices_to_boot_from_have_the_order_of_their_elements() -> None:
    """Older definitions name kinds, not devices."""
    xml = "<domain><os><boot dev='network'/><boot dev='hd'/></os></domain>"
    lines = [line for line in description(domain_configuration.COLLECTOR, xml) if "boot_info" in line]
    assert [line.partition("{")[2].partition(",domain")[0] for line in lines] == [
        'boot_order="1",device="network"',
        'boot_order="2",device="hd"',
    ]


def test_a_container_says_which_program_it_starts() -> None:
    """It has no firmware."""
    xml = "<domain type='lxc'><os><type>exe</type><init>/sbin/init</init></os></domain>"
    wanted = 'libvirt_domain_boot_info{boot_order="1",device="/sbin/init",domain="web-1"} 1'
    assert wanted in description(domain_configuration.COLLECTOR, xml)


def test_an_io_thread_that_serves_no_disk_says_so() -> None:
    """Two threads, one disk on the first."""
    xml = "<domain><iothreads>2</iothreads><devices><disk><driver iothread='1'/></disk></devices></domain>"
    assert [line.rpartition(" ")[2] for line in description(domain_iothread.COLLECTOR, xml)] == ["1", "0"]
