"""What guests take of each logical CPU of the host."""

from collections.abc import Mapping, Sequence

from exporter.collectors.collector import SLOW, Collector, Feed, not_run
from exporter.collectors.source import GuestCall
from exporter.collectors.units import nanoseconds
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import Guest
from exporter.hypervisor.placement import read_logical_cpus

_LABELS = ("domain", "cpu")
_NOTE = (
    "Off: six requests a guest, and a series for each CPU of the host. Hosts with control groups of version 2 do not "
    "give it."
)

LOGICAL_CPU_SECONDS = Metric(
    "libvirt_domain_logical_cpu_seconds_total",
    "counter",
    "Time the guest took of one logical CPU of the host (libvirt virDomainGetCPUStats cpu_time).",
    labels=_LABELS,
    unit="seconds",
    source="dom.getCPUStats(False)[n]['cpu_time'] ns -> s",
    note=_NOTE,
    set="optional",
)
LOGICAL_CPU_VCPU_SECONDS = Metric(
    "libvirt_domain_logical_cpu_vcpu_seconds_total",
    "counter",
    "The part of it that the guest's vCPUs took, without its emulator (libvirt virDomainGetCPUStats vcpu_time).",
    labels=_LABELS,
    unit="seconds",
    source="dom.getCPUStats(False)[n]['vcpu_time'] ns -> s",
    note=_NOTE,
    set="optional",
)
METRICS = (LOGICAL_CPU_SECONDS, LOGICAL_CPU_VCPU_SECONDS)

_KEYS = {"cpu_time": LOGICAL_CPU_SECONDS, "vcpu_time": LOGICAL_CPU_VCPU_SECONDS}


def collect(guest: Guest, cpus: Sequence[Mapping[str, int]], rows: Sink) -> None:
    """Each CPU by its number."""
    for key, metric in _KEYS.items():
        for number, times in enumerate(cpus):
            if key in times:
                rows.add(metric, guest.labels(_LABELS, str(number)), nanoseconds(times[key]))


COLLECTOR = Collector(
    name="domain_logical_cpu",
    help="What guests take of each logical CPU of the host.",
    metrics=METRICS,
    feeds=(Feed(GuestCall(read_logical_cpus, enters_monitor=False), collect),),
    interval=SLOW,
    cost="getCPUStats, six requests a guest; neither job nor monitor",
    queries=(
        (
            "Share of each CPU of a host that guests take",
            "sum by (instance, cpu) (rate(libvirt_domain_logical_cpu_seconds_total[5m]))",
        ),
    ),
    notes=(not_run("it needs control groups of version 1; only what the test driver invents was run"),),
)
