"""What the agent says of guests, pools and networks of the next Debian release is what the release's own virsh says."""

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from xml.etree import ElementTree

import pytest

from exporter.collectors.registry import KNOWN_FIELDS
from exporter.hypervisor.record import Record
from exporter.hypervisor.unknown import KnownFields
from tests.lab import images
from tests.lab.definitions import Disk
from tests.lab.guests import Guests
from tests.lab.kernel import Linux, linux
from tests.lab.libvirtd import Libvirtd
from tests.lab.modular import ModularHost, build
from tests.lab.polling import eventually
from tests.lab.samples import Samples
from tests.reliability.watching import Watch
from tests.ship.root import fresh_root

pytestmark = [pytest.mark.ship, pytest.mark.timeout(1800)]

GUEST, POOL, NETWORK = "writer", "images", "lab"
INTERVAL = 2.0

_POOL = f"<pool type='dir'><name>{POOL}</name><target><path>/var/lib/libvirt/{POOL}</path></target></pool>"
_VOLUME = "<volume><name>data.raw</name><capacity unit='MiB'>16</capacity></volume>"

KIB, NS = 1024, 1e-9

SAME: Mapping[str, tuple[str, float]] = {
    "state.state": ("libvirt_domain_info_state", 1),
    "balloon.current": ("libvirt_domain_memory_stats_current_balloon_bytes", KIB),
    "balloon.maximum": ("libvirt_domain_memory_stats_maximum_bytes", KIB),
    "balloon.available": ("libvirt_domain_memory_stats_available_bytes", KIB),
    "vcpu.current": ("libvirt_domain_vcpu_current", 1),
    "vcpu.maximum": ("libvirt_domain_vcpu_maximum", 1),
    "vcpu.0.state": ("libvirt_domain_vcpu_state", 1),
    "block.0.capacity": ("libvirt_domain_block_stats_capacity_bytes", 1),
    "block.0.physical": ("libvirt_domain_block_stats_physicalsize_bytes", 1),
    "block.0.allocation": ("libvirt_domain_block_stats_allocation_bytes", 1),
    "net.0.rx.errs": ("libvirt_domain_interface_stats_receive_errors_total", 1),
    "net.0.tx.drop": ("libvirt_domain_interface_stats_transmit_drops_total", 1),
}
"""Fields that stay what they are while the guest writes over and over the same place."""

GROWING: Mapping[str, tuple[str, float]] = {
    "cpu.time": ("libvirt_domain_info_cpu_time_seconds_total", NS),
    "cpu.user": ("libvirt_domain_cpu_user_seconds_total", NS),
    "cpu.system": ("libvirt_domain_cpu_system_seconds_total", NS),
    "balloon.minor_fault": ("libvirt_domain_memory_stats_minor_fault_total", 1),
    "balloon.swap_in": ("libvirt_domain_memory_stats_swap_in_bytes_total", KIB),
    "balloon.last-update": ("libvirt_domain_memory_stats_last_update_timestamp_seconds", 1),
    "vcpu.0.time": ("libvirt_domain_vcpu_time_seconds_total", NS),
    "vcpu.0.delay": ("libvirt_domain_vcpu_delay_seconds_total", NS),
    "block.0.rd.reqs": ("libvirt_domain_block_stats_read_requests_total", 1),
    "block.0.rd.bytes": ("libvirt_domain_block_stats_read_bytes_total", 1),
    "block.0.rd.times": ("libvirt_domain_block_stats_read_time_seconds_total", NS),
    "block.0.wr.reqs": ("libvirt_domain_block_stats_write_requests_total", 1),
    "block.0.wr.bytes": ("libvirt_domain_block_stats_write_bytes_total", 1),
    "block.0.wr.times": ("libvirt_domain_block_stats_write_time_seconds_total", NS),
    "block.0.fl.reqs": ("libvirt_domain_block_stats_flush_requests_total", 1),
    "net.0.rx.bytes": ("libvirt_domain_interface_stats_receive_bytes_total", 1),
    "net.0.rx.pkts": ("libvirt_domain_interface_stats_receive_packets_total", 1),
    "net.0.tx.bytes": ("libvirt_domain_interface_stats_transmit_bytes_total", 1),
    "net.0.tx.pkts": ("libvirt_domain_interface_stats_transmit_packets_total", 1),
}
"""Fields of a guest that writes and talks; the page lies between what virsh says before and after."""


@dataclass
class Told:
    """The page, and what virsh said; of the guest's statistics before and after the page was collected."""

    page: Samples
    before: dict[str, Any]
    after: dict[str, Any]
    log: str
    virsh: Callable[..., str]

    def value(self, metric: str, **labels: str) -> float:
        """The one sample of the guest's."""
        return self.page.value(metric, domain=GUEST, **labels)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """A host with a Linux that writes, a pool with a volume and a network; everything there is was collected."""
    directory = tmp_path_factory.mktemp("newer")
    with ExitStack() as stack:
        root = stack.enter_context(fresh_root(directory / "trixie", "trixie"))
        build(root.run)
        host = ModularHost(root.path)
        stack.callback(host.stop)
        guests = stack.enter_context(closing(Guests(cast(Libvirtd, host.start()))))
        _furnish(guests)
        watch = Watch(directory / "agent", host.uri, interval=INTERVAL, everything=True)
        stack.callback(watch.agent.stop)
        before = _statistics(host)
        _collected_anew(watch)
        page = watch.samples()
        yield Told(page, before, _statistics(host), "\n".join(watch.agent.log_lines()), host.virsh)


def _furnish(guests: Guests) -> None:
    pool = guests.connection.storagePoolDefineXML(_POOL)
    pool.build()
    pool.create()
    pool.setAutostart(1)
    pool.createXML(_VOLUME)
    pool.refresh()
    booted = linux()
    inside = [Path(shutil.copy(file, guests.images)) for file in (booted.kernel, booted.initramfs)]
    disk = Disk(images.chain(guests.images, GUEST, 2), "qcow2")
    domain = guests.start(guests.linux(GUEST, linux=Linux(*inside), disks=(disk,)))
    wrote = "block.0.wr.bytes"

    def at_work() -> bool:
        ((_, figures),) = guests.connection.domainListGetStats([domain], 0, 0)
        return bool(figures.get("balloon.last-update")) and figures.get(wrote, 0) > 1 << 20

    eventually(at_work, within=120, what="the guest's first writes")


def _statistics(host: ModularHost) -> dict[str, Any]:
    lines = host.virsh("domstats", GUEST).splitlines()
    pairs = (line.strip().split("=", 1) for line in lines if "=" in line)
    return {key: int(value) if value.lstrip("-").isdecimal() else value for key, value in pairs}


def _collected_anew(watch: Watch) -> None:
    """Return when each collector has begun a run after this call, which also succeeded where it can."""
    now = time.time()

    def anew() -> bool:
        found = watch.samples().by("collector", "libvirt_exporter_collector_last_run_timestamp_seconds")
        return min(found.values()) > now + INTERVAL

    eventually(anew, within=60, what="a run of each collector")


def _fields(text: str) -> dict[str, str]:
    """What virsh lists as `Name: value`."""
    pairs = (line.partition(":") for line in text.splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs if value.strip()}


def _labels(statistics: Mapping[str, Any], key: str) -> dict[str, str]:
    group, _, rest = key.partition(".")
    number = rest.partition(".")[0]
    if not number.isdecimal():
        return {}
    return {"vcpu": number} if group == "vcpu" else {"target_device": statistics[f"{group}.{number}.name"]}


@pytest.mark.parametrize("key", SAME)
def test_a_figure_is_the_one_of_virsh(told: Told, key: str) -> None:
    """In base units."""
    metric, scale = SAME[key]
    assert told.before[key] == told.after[key]
    assert told.value(metric, **_labels(told.before, key)) == told.before[key] * scale


@pytest.mark.parametrize("key", GROWING)
def test_a_counter_lies_between_those_of_virsh(told: Told, key: str) -> None:
    """Which asked before and after; libvirt may round differently by a nanosecond."""
    metric, scale = GROWING[key]
    found = told.value(metric, **_labels(told.before, key))
    assert told.before[key] * scale - 1e-6 <= found <= told.after[key] * scale + 1e-6


def test_a_guest_is_what_dominfo_says(told: Told) -> None:
    """State, processors, memory and what libvirt keeps of it."""
    info = _fields(told.virsh("dominfo", GUEST))
    (labels, _) = next(told.page.each("libvirt_domain_info", domain=GUEST))
    assert labels["uuid"] == info["UUID"]
    assert labels["os_type"] == info["OS Type"]
    assert told.value("libvirt_domain_state", state=info["State"]) == 1
    assert told.value("libvirt_domain_info_virtual_cpus") == int(info["CPU(s)"])
    assert told.value("libvirt_domain_info_maximum_memory_bytes") == int(info["Max memory"].split()[0]) * KIB
    assert told.value("libvirt_domain_info_memory_usage_bytes") == int(info["Used memory"].split()[0]) * KIB
    assert told.value("libvirt_domain_persistent") == (info["Persistent"] == "yes")
    assert told.value("libvirt_domain_autostart") == (info["Autostart"] == "enable")
    assert told.value("libvirt_domain_managed_save") == (info["Managed save"] == "yes")
    assert told.value("libvirt_domain_messages", kind="tainting") == info["Messages"].count("tainted:")


def test_a_chain_of_images_is_as_deep_as_its_description_says(told: Told) -> None:
    """Two images, the second behind the first."""
    root = ElementTree.fromstring(told.virsh("dumpxml", GUEST))
    images_behind = [each for each in root.findall("devices/disk//backingStore") if each.find("source") is not None]
    assert told.value("libvirt_domain_block_backing_images", target_device="vda") == len(images_behind) == 1


def test_a_pool_is_what_pool_info_says(told: Told) -> None:
    """Sizes in bytes as of the last refresh, state, and whether it starts with the host."""
    info = _fields(told.virsh("pool-info", "--bytes", POOL))
    for name in ("Capacity", "Allocation", "Available"):
        found = told.page.value(f"libvirt_storage_pool_{name.lower()}_bytes", storage_pool=POOL)
        assert found == int(info[name])
    assert told.page.value("libvirt_storage_pool_active", storage_pool=POOL) == (info["State"] == "running")
    assert told.page.value("libvirt_storage_pool_persistent", storage_pool=POOL) == (info["Persistent"] == "yes")
    assert told.page.value("libvirt_storage_pool_autostart", storage_pool=POOL) == (info["Autostart"] == "yes")
    volume = _fields(told.virsh("vol-info", "--bytes", "--pool", POOL, "data.raw"))
    size = told.page.value("libvirt_storage_volume_capacity_bytes", storage_pool=POOL, volume="data.raw")
    assert size == int(volume["Capacity"].split()[0])


def test_a_network_is_what_its_description_says(told: Told) -> None:
    """Bridge, state and who is connected."""
    root = ElementTree.fromstring(told.virsh("net-dumpxml", NETWORK))
    info = _fields(told.virsh("net-info", NETWORK))
    (labels, _) = next(told.page.each("libvirt_network_info", network=NETWORK))
    assert labels["uuid"] == root.findtext("uuid") == info["UUID"]
    assert labels["bridge"] == info["Bridge"]
    for name in ("active", "persistent", "autostart"):
        assert told.page.value(f"libvirt_network_{name}", network=NETWORK) == (info[name.capitalize()] == "yes")
    assert told.page.value("libvirt_network_connections", network=NETWORK) == int(root.get("connections", "0")) == 1
    leases = told.virsh("net-dhcp-leases", NETWORK).split("\n")
    assert told.page.value("libvirt_network_dhcp_leases", network=NETWORK) == sum("ipv4" in line for line in leases)


def test_a_field_that_the_release_has_is_known_or_counted(told: Told) -> None:
    """Those that no collector understands stand in the log once each, and are no failure."""
    unknown: dict[str, set[str]] = {}
    KnownFields(KNOWN_FIELDS).note_unknown(Record(told.before), unknown)
    counted = told.page.by("group", "libvirt_exporter_unknown_fields")
    assert {group: number for group, number in counted.items() if number} == {
        group: len(keys) for group, keys in unknown.items()
    }
    for key in set().union(*unknown.values()):
        assert told.log.count(f"key={key}") == 1
    success = told.page.by("collector", "libvirt_exporter_collector_success")
    assert {name for name, good in success.items() if not good} <= {"domain_address"}
