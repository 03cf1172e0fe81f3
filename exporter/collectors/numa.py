"""NUMA cells of the host: memory, pages, processors, distances."""

from exporter.collectors.collector import SLOW, Collector, Feed, not_run
from exporter.collectors.source import HostCall
from exporter.collectors.units import kibibytes, scaled
from exporter.exposition.labels import Labels
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Rows
from exporter.hypervisor.node import Numa, read_numa

MEMORY_BYTES = Metric(
    "libvirt_node_numa_memory_bytes",
    "gauge",
    "Memory of a NUMA cell (libvirt capabilities host/topology).",
    labels=("cell",),
    unit="bytes",
    source="getCapabilities() host/topology/cells/cell/memory KiB -> bytes",
)
MEMORY_FREE_BYTES = Metric(
    "libvirt_node_numa_memory_free_bytes",
    "gauge",
    "Free memory of a NUMA cell (libvirt getCellsFreeMemory).",
    labels=("cell",),
    unit="bytes",
    source="getCellsFreeMemory(0, cells) bytes",
    note="Drivers without cells: absent, libvirt_node_memory_free_bytes remains.",
)
CPUS = Metric(
    "libvirt_node_numa_cpus",
    "gauge",
    "Logical CPUs of a NUMA cell (libvirt capabilities host/topology).",
    labels=("cell",),
    source="getCapabilities() host/topology/cells/cell/cpus/@num",
)
PAGES = Metric(
    "libvirt_node_numa_pages",
    "gauge",
    "Pages set up on a NUMA cell, by page size in bytes (libvirt capabilities host/topology pages).",
    labels=("cell", "page_size"),
    source="getCapabilities() host/topology/cells/cell/pages, @size KiB -> label in bytes",
    note="Capabilities are cached by the daemon: hugepages reserved later show after the next slow run.",
)
PAGES_FREE = Metric(
    "libvirt_node_numa_pages_free",
    "gauge",
    "Free pages of a NUMA cell, by page size in bytes (libvirt getFreePages).",
    labels=("cell", "page_size"),
    source="getFreePages([sizes], 0, cells)",
    note=("The signal for guests on hugepages: a guest will not start without them. Sizes come from capabilities."),
)
DISTANCE = Metric(
    "libvirt_node_numa_distance",
    "gauge",
    "Relative cost of memory access from one NUMA cell to another, 10 being local (libvirt "
    "capabilities host/topology distances).",
    labels=("cell", "other_cell"),
    source="getCapabilities() host/topology/cells/cell/distances/sibling/@value",
    note="Only on hosts with more than one cell; cells squared series.",
)
METRICS = (MEMORY_BYTES, MEMORY_FREE_BYTES, CPUS, PAGES, PAGES_FREE, DISTANCE)


def collect(numa: Numa, rows: Rows) -> None:
    """Cell by cell; distances only where there are several cells."""
    for cell in numa.cells:
        number = cell.get("id", "0")
        labels = Labels(MEMORY_BYTES.labels, (number,))
        memory = cell.find("memory")
        if memory is not None:
            rows.add(MEMORY_BYTES, labels, scaled(memory.text or "0", memory.get("unit", "KiB")))
        if int(number) in numa.free:
            rows.add(MEMORY_FREE_BYTES, labels, numa.free[int(number)])
        cpus = cell.find("cpus")
        if cpus is not None:
            rows.add(CPUS, labels, int(cpus.get("num", "0")))
        for pages in cell.findall("pages"):
            size = str(scaled(pages.get("size", "0"), pages.get("unit", "KiB")))
            rows.add(PAGES, Labels(PAGES.labels, (number, size)), int(pages.text or "0"))
        for kibibyte_size, free in numa.free_pages.get(int(number), {}).items():
            rows.add(PAGES_FREE, Labels(PAGES_FREE.labels, (number, str(int(kibibytes(kibibyte_size))))), free)
        for sibling in cell.findall("distances/sibling") if len(numa.cells) > 1 else ():
            labels = Labels(DISTANCE.labels, (number, sibling.get("id", "")))
            rows.add(DISTANCE, labels, int(sibling.get("value", "0")))


COLLECTOR = Collector(
    name="numa",
    help="NUMA cells of the host: memory, free memory and pages, processors, distances.",
    metrics=METRICS,
    feeds=(Feed(HostCall(read_numa), collect),),
    interval=SLOW,
    cost="getCapabilities, getCellsFreeMemory, getFreePages",
    queries=(
        (
            "Free share of the memory of each cell",
            "libvirt_node_numa_memory_free_bytes / libvirt_node_numa_memory_bytes",
        ),
        ("Huge pages that are left for guests", 'libvirt_node_numa_pages_free{page_size!="4096"}'),
    ),
    notes=(not_run("distances need more than one cell"),),
)
