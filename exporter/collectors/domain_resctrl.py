"""Resource monitors of guests: last level cache, memory bandwidth, energy."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from exporter.collectors.collector import Collector, Feed, FieldTable, not_run
from exporter.collectors.source import statistics
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import Guest
from exporter.hypervisor.record import Record, numbered

_NOTE = "Only for guests with a monitor in their cachetune, memorytune or energytune; no monitor request to QEMU."

RESCTRL_MONITOR_INFO = Metric(
    "libvirt_domain_resctrl_monitor_info",
    "info",
    "Resource monitor of the guest and the vCPUs it watches (libvirt cpu.cache.monitor, "
    "memory.bandwidth.monitor, cpu.energy.monitor).",
    labels=("domain", "monitor", "resource", "vcpus"),
    source=(
        "domstats cpu.cache.monitor.<m>.{name,vcpus}, memory.bandwidth.monitor.<m>.{name,vcpus}, "
        "cpu.energy.monitor.<m>.{name,vcpus}; resource = cache, memory or energy"
    ),
    note=_NOTE,
    set="default",
)
CACHE_OCCUPANCY_BYTES = Metric(
    "libvirt_domain_cache_occupancy_bytes",
    "gauge",
    "Last level cache that the monitored vCPUs occupy on a cache bank (libvirt cpu.cache.monitor.<m>.bank.<i>.bytes).",
    labels=("domain", "monitor", "bank"),
    unit="bytes",
    source="domstats cpu.cache.monitor.<m>.bank.<i>.bytes; label bank = bank.<i>.id",
    note=_NOTE + " A 32-bit number in libvirt.",
    set="default",
)
MEMORY_BANDWIDTH_BYTES = Metric(
    "libvirt_domain_memory_bandwidth_bytes_total",
    "counter",
    "Memory traffic of the monitored vCPUs through a memory controller, local and remote (libvirt "
    "memory.bandwidth.monitor.<m>.node.<i>.bytes.total).",
    labels=("domain", "monitor", "controller"),
    unit="bytes",
    source="domstats memory.bandwidth.monitor.<m>.node.<i>.bytes.total; label controller = node.<i>.id",
    note=_NOTE + " Resets when the monitor is made again.",
    set="default",
)
MEMORY_BANDWIDTH_LOCAL_BYTES = Metric(
    "libvirt_domain_memory_bandwidth_local_bytes_total",
    "counter",
    "Memory traffic of the monitored vCPUs through the memory controller of their own socket (libvirt "
    "memory.bandwidth.monitor.<m>.node.<i>.bytes.local).",
    labels=("domain", "monitor", "controller"),
    unit="bytes",
    source="domstats memory.bandwidth.monitor.<m>.node.<i>.bytes.local; label controller = node.<i>.id",
    note=_NOTE + " Resets when the monitor is made again.",
    set="default",
)
ENERGY_CORE_JOULES = Metric(
    "libvirt_domain_energy_core_joules_total",
    "counter",
    "Core energy the monitored vCPUs took on a CPU package (libvirt cpu.energy.monitor.<m>.pkg.<i>.core_energy).",
    labels=("domain", "monitor", "package"),
    unit="joules",
    source="domstats cpu.energy.monitor.<m>.pkg.<i>.core_energy J; label package = pkg.<i>.id",
    note=(
        "Since libvirt 12.4.0 and Linux 7.0. Key taken from the patches, not run: libvirt fixes only the prefix "
        "and .id. Power: rate() gives watts. "
    )
    + _NOTE,
    set="default",
)
ENERGY_ACTIVITY_FARADS = Metric(
    "libvirt_domain_energy_activity_farads_total",
    "counter",
    "Energy activity of the monitored vCPUs on a CPU package, free of frequency and voltage (libvirt "
    "cpu.energy.monitor.<m>.pkg.<i>.activity).",
    labels=("domain", "monitor", "package"),
    unit="farads",
    source="domstats cpu.energy.monitor.<m>.pkg.<i>.activity F; label package = pkg.<i>.id",
    note=(
        "Since libvirt 12.4.0 and Linux 7.0. Key taken from the patches, not run: libvirt fixes only the prefix "
        "and .id. Power: rate() gives watts. "
    )
    + _NOTE,
    set="default",
)
METRICS = (
    RESCTRL_MONITOR_INFO,
    CACHE_OCCUPANCY_BYTES,
    MEMORY_BANDWIDTH_BYTES,
    MEMORY_BANDWIDTH_LOCAL_BYTES,
    ENERGY_CORE_JOULES,
    ENERGY_ACTIVITY_FARADS,
)


CPU_FIELDS = FieldTable(
    "cpu",
    {},
    known=(
        "cache.monitor.count",
        "cache.monitor.<n>.name",
        "cache.monitor.<n>.vcpus",
        "cache.monitor.<n>.bank.count",
        "cache.monitor.<n>.bank.<n>.id",
        "cache.monitor.<n>.bank.<n>.bytes",
        "energy.monitor.count",
        "energy.monitor.<n>.name",
        "energy.monitor.<n>.vcpus",
        "energy.monitor.<n>.pkg.count",
        "energy.monitor.<n>.pkg.<n>.id",
        "energy.monitor.<n>.pkg.<n>.core_energy",
        "energy.monitor.<n>.pkg.<n>.activity",
    ),
)
MEMORY_FIELDS = FieldTable(
    "memory",
    {},
    known=(
        "bandwidth.monitor.count",
        "bandwidth.monitor.<n>.name",
        "bandwidth.monitor.<n>.vcpus",
        "bandwidth.monitor.<n>.node.count",
        "bandwidth.monitor.<n>.node.<n>.id",
        "bandwidth.monitor.<n>.node.<n>.bytes.local",
        "bandwidth.monitor.<n>.node.<n>.bytes.total",
    ),
)


@dataclass(frozen=True)
class Monitors:
    """Where libvirt puts the figures of one kind of monitor: below `prefix`, in numbered `parts` that have an id."""

    resource: str
    prefix: str
    parts: str
    fields: Mapping[str, Metric]


CACHE = Monitors("cache", "cache.monitor", "bank", {"bytes": CACHE_OCCUPANCY_BYTES})
ENERGY = Monitors(
    "energy", "energy.monitor", "pkg", {"core_energy": ENERGY_CORE_JOULES, "activity": ENERGY_ACTIVITY_FARADS}
)
BANDWIDTH = Monitors(
    "memory",
    "bandwidth.monitor",
    "node",
    {"bytes.total": MEMORY_BANDWIDTH_BYTES, "bytes.local": MEMORY_BANDWIDTH_LOCAL_BYTES},
)


def collect_cpu(guest: Guest, record: Record, rows: Sink) -> None:
    """Cache and energy monitors."""
    fields = record.fields("cpu")
    _write(guest, fields, CACHE, rows)
    _write(guest, fields, ENERGY, rows)


def collect_memory(guest: Guest, record: Record, rows: Sink) -> None:
    """Memory bandwidth monitors."""
    _write(guest, record.fields("memory"), BANDWIDTH, rows)


def _write(guest: Guest, fields: Mapping[str, Any], monitors: Monitors, rows: Sink) -> None:
    if not fields.get(f"{monitors.prefix}.count"):
        return
    for number, monitor in numbered(fields, monitors.prefix).items():
        name = str(monitor.get("name", number))
        vcpus = str(monitor.get("vcpus", ""))
        rows.add(RESCTRL_MONITOR_INFO, guest.labels(RESCTRL_MONITOR_INFO.labels, name, monitors.resource, vcpus), 1)
        for place, part in numbered(monitor, monitors.parts).items():
            for field, metric in monitors.fields.items():
                if field in part:
                    labels = guest.labels(metric.labels, name, str(part.get("id", place)))
                    rows.add(metric, labels, part[field])


COLLECTOR = Collector(
    name="domain_resctrl",
    help="Cache, memory bandwidth and energy of guests, for those with resource monitors.",
    metrics=METRICS,
    feeds=(Feed(statistics("cpu"), collect_cpu), Feed(statistics("memory"), collect_memory)),
    cost="the group MEMORY of the bulk call, which is nearly free, and CPU_TOTAL, which domain_cpu asks for",
    fields=(CPU_FIELDS, MEMORY_FIELDS),
    queries=(
        (
            "Power of each guest in watts",
            "sum by (instance, domain) (rate(libvirt_domain_energy_core_joules_total[5m]))",
        ),
    ),
    notes=(not_run("monitors need a processor with resctrl, those of energy also libvirt 12.4"),),
)
