"""What the definition of guests sets for processors, memory and disks."""

from xml.etree.ElementTree import Element

from exporter.collectors import domain_tuning_metrics as metrics
from exporter.collectors.collector import RARE, Collector, Feed, not_run
from exporter.collectors.hugepages import hugepages
from exporter.collectors.nodeset import canonical
from exporter.collectors.source import Description
from exporter.collectors.units import microseconds, scaled
from exporter.exposition.labels import Labels
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import Guest

_SCOPES = {"global": "global_", "vcpu": "", "emulator": "emulator_", "iothread": "iothread_"}
_MEMORY = {
    "hard_limit": metrics.MEMORY_HARD_LIMIT_BYTES,
    "soft_limit": metrics.MEMORY_SOFT_LIMIT_BYTES,
    "swap_hard_limit": metrics.MEMORY_SWAP_HARD_LIMIT_BYTES,
    "min_guarantee": metrics.MEMORY_MINIMUM_GUARANTEE_BYTES,
}
_DEVICE = {
    "weight": metrics.DEVICE_WEIGHT,
    "read_bytes_sec": metrics.DEVICE_READ_BYTES_PER_SECOND,
    "read_iops_sec": metrics.DEVICE_READ_REQUESTS_PER_SECOND,
    "write_bytes_sec": metrics.DEVICE_WRITE_BYTES_PER_SECOND,
    "write_iops_sec": metrics.DEVICE_WRITE_REQUESTS_PER_SECOND,
}
_PINS = {
    "vcpupin": (metrics.VCPU_PIN_INFO, "vcpu"),
    "emulatorpin": (metrics.EMULATOR_PIN_INFO, None),
    "iothreadpin": (metrics.IOTHREAD_PIN_INFO, "iothread"),
}
"""By element: its metric, and the attribute that says which thread is pinned."""
_SCHEDULERS = {
    "vcpusched": ("vcpu", "vcpus"),
    "iothreadsched": ("iothread", "iothreads"),
    "emulatorsched": ("emulator", None),
}
"""By element: its scope, and the attribute that says which threads it is for."""


def describe(guest: Guest, root: Element, rows: Sink) -> None:
    """What is set; what is not is absent."""

    def info(metric: Metric, *values: str) -> None:
        rows.add(metric, Labels(metric.labels, (guest.name, *values)), 1)

    _processors(guest, root, rows)
    vcpu = root.find("vcpu")
    if vcpu is not None and ("cpuset" in vcpu.attrib or vcpu.get("placement") == "auto"):
        info(metrics.CPUS_INFO, vcpu.get("placement", "static"), canonical(vcpu.get("cpuset", "")))
    for element, (metric, thread) in _PINS.items():
        for pin in root.findall(f"cputune/{element}"):
            info(metric, *((pin.get(thread, ""),) if thread else ()), canonical(pin.get("cpuset", "")))
    for element, (scope, threads) in _SCHEDULERS.items():
        for chosen in root.findall(f"cputune/{element}"):
            held = canonical(chosen.get(threads, "")) if threads else ""
            info(metrics.SCHEDULER_INFO, scope, held, chosen.get("scheduler", ""), chosen.get("priority", ""))
    _memory(guest, root, rows)
    weight = root.findtext("blkiotune/weight")
    if weight:
        rows.add(metrics.BLOCK_WEIGHT, guest.domain, int(weight))
    for device in root.findall("blkiotune/device"):
        for element, metric in _DEVICE.items():
            limit = device.findtext(element)
            if limit:
                rows.add(metric, Labels(metric.labels, (guest.name, device.findtext("path", ""))), int(limit))


def _processors(guest: Guest, root: Element, rows: Sink) -> None:
    shares = root.findtext("cputune/shares")
    if shares:
        rows.add(metrics.CPU_SHARES, guest.domain, int(shares))
    for scope, prefix in _SCOPES.items():
        labels = Labels(metrics.CPU_PERIOD_SECONDS.labels, (guest.name, scope))
        period, quota = (root.findtext(f"cputune/{prefix}{element}") for element in ("period", "quota"))
        if period:
            rows.add(metrics.CPU_PERIOD_SECONDS, labels, microseconds(int(period)))
        if quota and int(quota) > 0:  # negative: no limit
            rows.add(metrics.CPU_QUOTA_SECONDS, labels, microseconds(int(quota)))


def _memory(guest: Guest, root: Element, rows: Sink) -> None:
    for element, metric in _MEMORY.items():
        limit = root.find(f"memtune/{element}")
        if limit is not None:
            rows.add(metric, guest.domain, scaled(limit.text or "", limit.get("unit", "KiB")))
    for size, held in hugepages(root).items():
        rows.add(metrics.HUGEPAGES_BYTES, Labels(metrics.HUGEPAGES_BYTES.labels, (guest.name, size)), held)
    if root.find("memoryBacking/locked") is not None:
        rows.add(metrics.MEMORY_LOCKED, guest.domain, 1)
    whole = root.find("numatune/memory")
    if whole is not None:
        cells = canonical(whole.get("nodeset", "")) or whole.get("placement", "")
        rows.add(metrics.NUMA_INFO, Labels(metrics.NUMA_INFO.labels, (guest.name, whole.get("mode", ""), cells)), 1)
    bound = {
        node.get("cellid"): (node.get("mode", ""), canonical(node.get("nodeset", "")))
        for node in root.findall("numatune/memnode")
    }
    for cell in root.findall("cpu/numa/cell"):
        number = cell.get("id", "")
        seen = (guest.name, number, canonical(cell.get("cpus", "")), *bound.get(number, ("", "")))
        rows.add(metrics.NUMA_CELL_INFO, Labels(metrics.NUMA_CELL_INFO.labels, seen), 1)
        labels = Labels(metrics.NUMA_CELL_MEMORY_BYTES.labels, (guest.name, number))
        rows.add(metrics.NUMA_CELL_MEMORY_BYTES, labels, scaled(cell.get("memory", "0"), cell.get("unit", "KiB")))


COLLECTOR = Collector(
    name="domain_tuning",
    help="What the definition of guests sets for processors, memory and disks: shares, limits, pinning, huge pages.",
    metrics=metrics.METRICS,
    feeds=(Feed(Description(), describe),),
    interval=RARE,
    cost="one XMLDesc for a guest that changed, shared by all that read descriptions",
    queries=(
        (
            "Use of CPU as a share of its limit",
            "rate(libvirt_domain_info_cpu_time_seconds_total[5m])"
            ' / on(instance, domain) (libvirt_domain_tuning_cpu_quota_seconds{scope="global"}'
            ' / libvirt_domain_tuning_cpu_period_seconds{scope="global"})',
        ),
        (
            "Memory of guests that is bound to each cell of the host",
            "sum by (instance, cells) (libvirt_domain_tuning_numa_cell_memory_bytes * on(instance, domain, cell)"
            ' group_left(cells) libvirt_domain_tuning_numa_cell_info{cells!=""})',
        ),
    ),
    notes=(
        not_run(
            "hard limits, locked memory, huge pages, weights and real-time schedulers were defined and never started, a"
            " guaranteed minimum is for ESX and OpenVZ"
        ),
    ),
)
