"""CPU time of the whole host."""

from collections.abc import Mapping

from exporter.collectors.collector import FAST, Collector, Feed, not_run
from exporter.collectors.source import HostCall
from exporter.collectors.units import nanoseconds, percent
from exporter.exposition.labels import Labels
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Rows
from exporter.hypervisor.node import read_node_cpu

SECONDS = Metric(
    "libvirt_node_cpu_seconds_total",
    "counter",
    "CPU time of the whole host since it booted, by mode: user, kernel, idle, iowait or intr (libvirt getCPUStats).",
    labels=("mode",),
    unit="seconds",
    source="getCPUStats(-1) {user,kernel,idle,iowait,intr} ns -> s",
    note=(
        "All CPUs together; steal is in none of them. On Linux kernel holds interrupts too, and intr is "
        "absent. On by default because remote hosts often have no node_exporter. iowait can step back by "
        "a tick."
    ),
)
GUEST_SECONDS = Metric(
    "libvirt_node_cpu_guest_seconds_total",
    "counter",
    "CPU time the whole host spent in guests since it booted, which is part of mode user (libvirt getCPUStats guest).",
    unit="seconds",
    source="getCPUStats(-1) guest ns -> s",
    note="Since libvirt 11.8.0. Not a mode, because the sum over modes would count it twice.",
)
UTILIZATION_RATIO = Metric(
    "libvirt_node_cpu_utilization_ratio",
    "gauge",
    "Share of all host CPUs in use, where the driver gives no times (libvirt getCPUStats utilization).",
    unit="ratio",
    source="getCPUStats(-1) utilization percent/100",
    note="ESX and Hyper-V only; QEMU gives times instead.",
)
METRICS = (SECONDS, GUEST_SECONDS, UTILIZATION_RATIO)


def collect(figures: Mapping[str, int], rows: Rows) -> None:
    """CPU time by mode; guest time is part of user and so no mode."""
    for mode, value in figures.items():
        if mode == "utilization":
            rows.one(UTILIZATION_RATIO, percent(value))
        elif mode == "guest":
            rows.one(GUEST_SECONDS, nanoseconds(value))
        else:
            rows.add(SECONDS, Labels(SECONDS.labels, (mode,)), nanoseconds(value))


COLLECTOR = Collector(
    name="node_cpu",
    help="CPU time of the whole host by mode.",
    metrics=METRICS,
    feeds=(Feed(HostCall(read_node_cpu), collect),),
    interval=FAST,
    cost="one getCPUStats",
    queries=(
        (
            "Share of its CPU time that a host is busy",
            '1 - sum by (instance) (rate(libvirt_node_cpu_seconds_total{mode=~"idle|iowait"}[5m])) / '
            "sum by (instance) (rate(libvirt_node_cpu_seconds_total[5m]))",
        ),
    ),
    notes=(not_run("the time of guests came with libvirt 11.8, a utilization comes from drivers without times"),),
)
