"""What an agent said becomes samples: all keys libvirt documents, also those no laboratory guest gives."""

import pytest

from exporter.collectors import domain_agent
from exporter.exposition.live import write_rows
from exporter.exposition.rows import Rows
from exporter.guest import DeviceFilters, Guest
from exporter.hypervisor.agentcalls import AgentReport

_INFO = {
    "load.1m": 0.5,
    "load.5m": 0.25,
    "load.15m": 0.125,
    "timezone.name": "CET",
    "disk.count": 1,
    "disk.0.name": "/dev/vda",
    "disk.0.alias": "vda",
    "disk.0.serial": "S1",
    "disk.0.guest_bus": "virtio",
    "fs.count": 1,
    "fs.0.name": "vda1",
    "fs.0.mountpoint": "/",
    "fs.0.fstype": "ext4",
    "fs.0.total-bytes": 4000,
    "fs.0.disk.count": 1,
    "fs.0.disk.0.alias": "vda",
    "fs.0.disk.0.device": "/dev/vda1",
}


def _page(report: AgentReport) -> str:
    rows = Rows()
    domain_agent.collect(Guest("u", "web", DeviceFilters(lambda _: True, lambda _: True)), report, rows)
    return write_rows(domain_agent.COLLECTOR.metrics, rows, "text").decode()


@pytest.mark.parametrize(
    "line",
    [
        'libvirt_domain_agent_up{domain="web"} 1',
        'libvirt_domain_agent_load5{domain="web"} 0.25',
        'libvirt_domain_agent_timezone_info{domain="web",timezone="CET"} 1',
        'libvirt_domain_agent_timestamp_seconds{domain="web"} 7.0',
        'libvirt_domain_agent_load1{domain="web"} 0.5',
        'libvirt_domain_agent_load15{domain="web"} 0.125',
        'libvirt_domain_agent_disk_info{bus="virtio",device="/dev/vda",domain="web",serial="S1",target_device="vda"} 1',
        "libvirt_domain_agent_filesystem_disk_info"
        '{device="/dev/vda1",domain="web",mountpoint="/",target_device="vda"} 1',
        'libvirt_domain_agent_filesystem_size_bytes{device="vda1",domain="web",fstype="ext4",mountpoint="/"} 4000',
        'libvirt_domain_agent_vcpus_online{domain="web"} 4',
        'libvirt_domain_agent_vcpus_offlinable{domain="web"} 0',
    ],
)
def test_each_key_is_a_sample(line: str) -> None:
    """Loads, disks and ranges of vCPUs."""
    report = AgentReport(up=True, asked_at=7.0, info=_INFO, vcpus={"online": "0-2,5", "offlinable": ""})
    assert line in _page(report).splitlines()


def test_an_agent_that_does_not_answer_is_down_and_nothing_else() -> None:
    """No age, no system, no file system."""
    samples = [line for line in _page(AgentReport(up=False, asked_at=7.0)).splitlines() if not line.startswith("#")]
    assert samples == ['libvirt_domain_agent_up{domain="web"} 0']


def test_what_an_agent_does_not_tell_is_absent() -> None:
    """A file system without used bytes has no use, and not one of 0."""
    assert "filesystem_used_bytes{" not in _page(AgentReport(up=True, asked_at=7.0, info=_INFO))


def test_a_count_that_a_guest_made_up_costs_nothing() -> None:
    """What is there is written, however many the software inside the guest claims there are."""
    info = _INFO | {"fs.count": 2**62, "disk.count": 2**62}
    assert _page(AgentReport(up=True, asked_at=7.0, info=info)) == _page(AgentReport(up=True, asked_at=7.0, info=_INFO))


def test_what_software_inside_a_guest_says_is_cut() -> None:
    """Megabytes of names and thousands of file systems, disks and addresses become a page of usual size."""
    info: dict[str, object] = {
        "hostname": "h" * 3_000_000,
        "os.name": "o" * 2_000_000,
        "timezone.name": "t" * 1_000_000,
    }
    for number in range(1000):
        many = "m" * 1000
        info |= {
            f"fs.{number}.mountpoint": f"/{number}/{many}",
            f"fs.{number}.total-bytes": 1,
            f"fs.{number}.disk.0.alias": many,
            f"disk.{number}.name": f"/dev/{number}{many}",
            f"if.0.addr.{number}.addr": f"{number}{many}",
        }
    page = _page(AgentReport(up=True, asked_at=7.0, info=info))
    assert len(page) < 200_000
    for name in ("filesystem_size_bytes", "filesystem_disk_info", "disk_info", "address_info"):
        assert page.count(f"\nlibvirt_domain_agent_{name}{{") == 100


def test_file_systems_in_memory_take_no_place_of_real_ones() -> None:
    """A guest with hundreds of them still shows its disk."""
    info = {f"fs.{number}.fstype": "tmpfs" for number in range(500)} | {
        "fs.500.fstype": "ext4",
        "fs.500.mountpoint": "/",
        "fs.500.total-bytes": 1,
    }
    assert 'fstype="ext4",mountpoint="/"} 1' in _page(AgentReport(up=True, asked_at=7.0, info=info))
