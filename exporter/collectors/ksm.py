"""Same-page merging of the host."""

from collections.abc import Mapping

from exporter.collectors.collector import SLOW, Collector, Feed
from exporter.collectors.source import HostCall
from exporter.collectors.units import milliseconds
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Rows
from exporter.hypervisor.node import read_memory_parameters

PAGES_SHARED = Metric(
    "libvirt_node_ksm_pages_shared",
    "gauge",
    "Pages that same-page merging keeps once (libvirt getMemoryParameters shm_pages_shared).",
    source="getMemoryParameters() shm_pages_shared",
    set="default",
)
PAGES_SHARING = Metric(
    "libvirt_node_ksm_pages_sharing",
    "gauge",
    "Page references that same-page merging saves (libvirt getMemoryParameters shm_pages_sharing).",
    source="getMemoryParameters() shm_pages_sharing",
    note="Saved memory = this times the page size.",
    set="default",
)
PAGES_UNSHARED = Metric(
    "libvirt_node_ksm_pages_unshared",
    "gauge",
    "Pages that same-page merging checked and found unique (libvirt getMemoryParameters shm_pages_unshared).",
    source="getMemoryParameters() shm_pages_unshared",
    set="default",
)
PAGES_VOLATILE = Metric(
    "libvirt_node_ksm_pages_volatile",
    "gauge",
    "Pages that change too fast for same-page merging (libvirt getMemoryParameters shm_pages_volatile).",
    source="getMemoryParameters() shm_pages_volatile",
    set="default",
)
FULL_SCANS = Metric(
    "libvirt_node_ksm_full_scans_total",
    "counter",
    "Times same-page merging scanned all memory (libvirt getMemoryParameters shm_full_scans).",
    source="getMemoryParameters() shm_full_scans",
    set="default",
)
PAGES_TO_SCAN = Metric(
    "libvirt_node_ksm_pages_to_scan",
    "gauge",
    "Pages same-page merging scans before it sleeps (libvirt getMemoryParameters shm_pages_to_scan).",
    source="getMemoryParameters() shm_pages_to_scan",
    set="default",
)
SLEEP_SECONDS = Metric(
    "libvirt_node_ksm_sleep_seconds",
    "gauge",
    "Pause of same-page merging between scans (libvirt getMemoryParameters shm_sleep_millisecs).",
    unit="seconds",
    source="getMemoryParameters() shm_sleep_millisecs ms -> s",
    set="default",
)
MERGE_ACROSS_NODES = Metric(
    "libvirt_node_ksm_merge_across_nodes",
    "gauge",
    "Whether same-page merging joins pages of different NUMA cells (libvirt getMemoryParameters "
    "shm_merge_across_nodes).",
    source="getMemoryParameters() shm_merge_across_nodes",
    set="default",
)
METRICS = (
    PAGES_SHARED,
    PAGES_SHARING,
    PAGES_UNSHARED,
    PAGES_VOLATILE,
    FULL_SCANS,
    PAGES_TO_SCAN,
    SLEEP_SECONDS,
    MERGE_ACROSS_NODES,
)


_PARAMETERS = {
    "shm_pages_shared": PAGES_SHARED,
    "shm_pages_sharing": PAGES_SHARING,
    "shm_pages_unshared": PAGES_UNSHARED,
    "shm_pages_volatile": PAGES_VOLATILE,
    "shm_full_scans": FULL_SCANS,
    "shm_pages_to_scan": PAGES_TO_SCAN,
    "shm_merge_across_nodes": MERGE_ACROSS_NODES,
}


def collect(parameters: Mapping[str, int], rows: Rows) -> None:
    """What the kernel tells of it; nothing on hosts without it."""
    for name, metric in _PARAMETERS.items():
        rows.one(metric, parameters.get(name))
    pause = parameters.get("shm_sleep_millisecs")
    rows.one(SLEEP_SECONDS, None if pause is None else milliseconds(pause))


COLLECTOR = Collector(
    name="ksm",
    help="Same-page merging of the host (KSM): pages shared and saved, and how it is set up.",
    metrics=METRICS,
    feeds=(Feed(HostCall(read_memory_parameters), collect),),
    interval=SLOW,
    cost="one getMemoryParameters",
    queries=(("Memory that merging saves (4 KiB pages)", "libvirt_node_ksm_pages_sharing * 4096"),),
)
