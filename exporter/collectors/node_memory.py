"""Memory of the host."""

from exporter.collectors.collector import FAST, Collector, Feed, not_run
from exporter.collectors.source import HostCall
from exporter.collectors.units import kibibytes, mebibytes
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Rows
from exporter.hypervisor.node import NodeMemory, read_node_memory

TOTAL_BYTES = Metric(
    "libvirt_node_memory_total_bytes",
    "gauge",
    "Memory of the host (libvirt getMemoryStats total).",
    unit="bytes",
    source="getMemoryStats(-1) total KiB -> bytes",
    note="getInfo()[1] is MiB in Python, so it is not used.",
)
FREE_BYTES = Metric(
    "libvirt_node_memory_free_bytes",
    "gauge",
    "Unused memory of the host (libvirt getMemoryStats free).",
    unit="bytes",
    source="getMemoryStats(-1) free KiB -> bytes",
    note=(
        "The free column of free(1); libvirt's documentation says that it includes caches, the Linux driver does not."
    ),
)
BUFFERS_BYTES = Metric(
    "libvirt_node_memory_buffers_bytes",
    "gauge",
    "Memory the host uses for block buffers (libvirt getMemoryStats buffers).",
    unit="bytes",
    source="getMemoryStats(-1) buffers KiB -> bytes",
)
CACHED_BYTES = Metric(
    "libvirt_node_memory_cached_bytes",
    "gauge",
    "Memory the host uses for the page cache (libvirt getMemoryStats cached).",
    unit="bytes",
    source="getMemoryStats(-1) cached KiB -> bytes",
)
AVAILABLE_BYTES = Metric(
    "libvirt_node_memory_available_bytes",
    "gauge",
    "Memory the host could give to guests without swapping (libvirt getMemoryStats available).",
    unit="bytes",
    source="getMemoryStats(-1) available KiB -> bytes",
    note="Since libvirt 12.3.0; absent before.",
)
METRICS = (TOTAL_BYTES, FREE_BYTES, BUFFERS_BYTES, CACHED_BYTES, AVAILABLE_BYTES)


_KINDS = {
    "total": TOTAL_BYTES,
    "free": FREE_BYTES,
    "buffers": BUFFERS_BYTES,
    "cached": CACHED_BYTES,
    "available": AVAILABLE_BYTES,
}


def collect(memory: NodeMemory, rows: Rows) -> None:
    """What getMemoryStats gives, else total and free from the older calls."""
    for kind, metric in _KINDS.items():
        if kind in memory.stats:
            rows.one(metric, kibibytes(memory.stats[kind]))
    if not memory.stats:
        if memory.total_mebibytes is not None:
            rows.one(TOTAL_BYTES, mebibytes(memory.total_mebibytes))
        rows.one(FREE_BYTES, memory.free_bytes)


COLLECTOR = Collector(
    name="node_memory",
    help="Memory of the host: total, free, buffers, cache.",
    metrics=METRICS,
    feeds=(Feed(HostCall(read_node_memory), collect),),
    interval=FAST,
    cost="one getMemoryStats",
    queries=(
        (
            "Share of a host's memory that is neither free nor cache",
            "1 - (libvirt_node_memory_free_bytes + libvirt_node_memory_buffers_bytes + "
            "libvirt_node_memory_cached_bytes) / libvirt_node_memory_total_bytes",
        ),
        (
            "The same from libvirt 12.3 on, as the kernel reckons",
            "1 - libvirt_node_memory_available_bytes / libvirt_node_memory_total_bytes",
        ),
    ),
    notes=(not_run("the figure `available` came with libvirt 12.3"),),
)
