"""What guests are given together, beside what the host has."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from exporter.collectors.collector import SLOW, Collector, Feed
from exporter.collectors.source import listing, statistics
from exporter.collectors.units import kibibytes
from exporter.exposition.labels import NO_LABELS
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import Guest
from exporter.hypervisor.inventory import Inventory
from exporter.hypervisor.record import Record

GUEST_VCPUS = Metric(
    "libvirt_node_guest_vcpus",
    "gauge",
    "vCPUs of all active guests together (sum of libvirt vcpu.current).",
    source="sum of domstats vcpu.current over active guests",
    note=(
        "Counted before --domain.include and --domain.exclude, so it stays true when guests are filtered. Absent, as "
        "the other sums, while one of the guests is not known. Ratio: this / libvirt_node_cpus_online."
    ),
    set="default",
)
GUEST_MEMORY_BYTES = Metric(
    "libvirt_node_guest_memory_bytes",
    "gauge",
    "Memory given to all active guests together (sum of libvirt balloon.current).",
    unit="bytes",
    source="sum of domstats balloon.current KiB -> bytes over active guests",
    note="Ratio: this / libvirt_node_memory_total_bytes.",
    set="default",
)
GUEST_MAXIMUM_MEMORY_BYTES = Metric(
    "libvirt_node_guest_maximum_memory_bytes",
    "gauge",
    "Memory all active guests together may grow to (sum of libvirt balloon.maximum).",
    unit="bytes",
    source="sum of domstats balloon.maximum KiB -> bytes over active guests",
    set="default",
)
GUEST_RESIDENT_MEMORY_BYTES = Metric(
    "libvirt_node_guest_resident_memory_bytes",
    "gauge",
    "Host memory that all active guests together hold (sum of libvirt balloon.rss).",
    unit="bytes",
    source="sum of domstats balloon.rss KiB -> bytes over active guests",
    note="Hugepage-backed guest memory is not in rss.",
    set="default",
)
AUTOSTART_VCPUS = Metric(
    "libvirt_node_autostart_vcpus",
    "gauge",
    "vCPUs of all guests that start with the host, running or not (sum of libvirt vcpu.current).",
    source="sum over listAllDomains(AUTOSTART) of domstats vcpu.current",
    note="What the host must carry after a reboot.",
    set="default",
)
AUTOSTART_MEMORY_BYTES = Metric(
    "libvirt_node_autostart_memory_bytes",
    "gauge",
    "Memory of all guests that start with the host, running or not (sum of libvirt balloon.current).",
    unit="bytes",
    source="sum over listAllDomains(AUTOSTART) of domstats balloon.current KiB -> bytes",
    set="default",
)
METRICS = (
    GUEST_VCPUS,
    GUEST_MEMORY_BYTES,
    GUEST_MAXIMUM_MEMORY_BYTES,
    GUEST_RESIDENT_MEMORY_BYTES,
    AUTOSTART_VCPUS,
    AUTOSTART_MEMORY_BYTES,
)


@dataclass(frozen=True)
class Share:
    """What one guest adds to the sums, memory in KiB; None where libvirt did not say."""

    vcpus: int | None
    memory: int | None
    maximum_memory: int | None
    resident_memory: int | None


_UNKNOWN = Share(None, None, None, None)


def collect(_guest: Guest, record: Record, _rows: Sink) -> Share:
    """What this guest adds."""
    balloon = record.fields("balloon")

    def figure(name: str) -> int | None:
        value = balloon.get(name)
        return None if value is None else int(value)

    vcpus = record.fields("vcpu").get("current")
    return Share(None if vcpus is None else int(vcpus), figure("current"), figure("maximum"), figure("rss"))


def summarise(shares: Mapping[str, Share | None], inventory: Inventory, rows: Sink) -> None:
    """The sums over all guests that run, and over those that start with the host."""
    guests = inventory.everyone
    active = [shares.get(uuid) or _UNKNOWN for uuid, guest in guests.items() if guest.active]
    _sum(GUEST_VCPUS, (share.vcpus for share in active), rows)
    _sum(GUEST_MEMORY_BYTES, (_bytes(share.memory) for share in active), rows)
    _sum(GUEST_MAXIMUM_MEMORY_BYTES, (_bytes(share.maximum_memory) for share in active), rows)
    _sum(GUEST_RESIDENT_MEMORY_BYTES, (_bytes(share.resident_memory) for share in active), rows)
    if guests and not all("autostart" in guest.listings for guest in guests.values()):
        return
    starting = [shares.get(uuid) or _UNKNOWN for uuid, guest in guests.items() if "autostart" in guest.flags]
    _sum(AUTOSTART_VCPUS, (share.vcpus for share in starting), rows)
    _sum(AUTOSTART_MEMORY_BYTES, (_bytes(share.memory) for share in starting), rows)


def _bytes(value: int | None) -> int | None:
    return None if value is None else int(kibibytes(value))


def _sum(metric: Metric, values: Iterable[int | None], rows: Sink) -> None:
    """Adds up; a sum that leaves a guest out would be a wrong one."""
    known = list(values)
    if None not in known:
        rows.add(metric, NO_LABELS, sum(value for value in known if value is not None))


def listed(_guest: Guest, _record: None, _rows: Sink) -> None:
    """Nothing of a guest by itself: the listing is for the sums."""


COLLECTOR = Collector(
    name="overcommit",
    help="What guests are given together, filtered ones included, beside what the host has.",
    metrics=METRICS,
    feeds=(
        Feed(statistics("balloon", "vcpu", unfiltered=True), collect, summarise),
        Feed(listing("autostart"), listed, interval=SLOW),
    ),
    interval=SLOW,
    cost="what domain_memory and domain_vcpu ask for, also of guests that filters leave out",
    queries=(
        ("vCPUs for each CPU of the host", "libvirt_node_guest_vcpus / libvirt_node_cpus_online"),
        (
            "Share of the host's memory that guests were given",
            "libvirt_node_guest_memory_bytes / libvirt_node_memory_total_bytes",
        ),
    ),
)
