"""CPU time of each logical CPU of the host."""

from collections.abc import Mapping

from exporter.collectors.collector import SLOW, Collector, Feed
from exporter.collectors.source import HostCall
from exporter.collectors.units import nanoseconds
from exporter.exposition.labels import Labels
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Rows
from exporter.hypervisor.node import read_logical_cpus

LOGICAL_CPU_SECONDS = Metric(
    "libvirt_node_logical_cpu_seconds_total",
    "counter",
    "CPU time of one logical CPU of the host since it booted, by mode: user, kernel, idle, iowait or "
    "intr (libvirt getCPUStats).",
    labels=("cpu", "mode"),
    unit="seconds",
    source="getCPUStats(n) {user,kernel,idle,iowait,intr} ns -> s",
    note=(
        "Off: one call for each CPU and 4 to 6 series for each; node_exporter gives the same for a local "
        "host. Separate name because a total and its parts must not share one."
    ),
    set="optional",
)
METRICS = (LOGICAL_CPU_SECONDS,)


_MODES = ("user", "kernel", "idle", "iowait", "intr")


def collect(cpus: Mapping[int, Mapping[str, int]], rows: Rows) -> None:
    """Each CPU that is online, by mode; `utilization` of some drivers is no time and left out."""
    for cpu, times in cpus.items():
        for mode in _MODES:
            if mode in times:
                labels = Labels(LOGICAL_CPU_SECONDS.labels, (str(cpu), mode))
                rows.add(LOGICAL_CPU_SECONDS, labels, nanoseconds(times[mode]))


COLLECTOR = Collector(
    name="node_logical_cpu",
    help="CPU time of each logical CPU of the host, by mode.",
    metrics=METRICS,
    feeds=(Feed(HostCall(read_logical_cpus), collect),),
    interval=SLOW,
    cost="one getCPUMap, and one getCPUStats for each CPU",
    queries=(
        (
            "The ten busiest CPUs",
            'topk(10, sum by (instance, cpu) (rate(libvirt_node_logical_cpu_seconds_total{mode!~"idle|iowait"}[5m])))',
        ),
    ),
)
