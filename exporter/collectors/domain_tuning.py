"""What the definition of guests sets for processors, memory and disks."""

from xml.etree.ElementTree import Element

from exporter.collectors.collector import RARE, Collector, Feed
from exporter.collectors.hugepages import hugepages
from exporter.collectors.source import Description
from exporter.collectors.units import microseconds, scaled
from exporter.exposition.labels import Labels
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import DOMAIN, Guest

_NOTE = "Only what the definition sets; no call besides the XML. TUNABLE events refresh it."

CPU_SHARES = Metric(
    "libvirt_domain_tuning_cpu_shares",
    "gauge",
    "Weight of the guest's CPUs against other guests (libvirt cputune shares).",
    labels=DOMAIN,
    source="XMLDesc(0) cputune/shares",
    note=_NOTE,
    set="default",
)
CPU_PERIOD_SECONDS = Metric(
    "libvirt_domain_tuning_cpu_period_seconds",
    "gauge",
    "Period of the CPU limit, by scope: global, vcpu, emulator or iothread (libvirt cputune period).",
    labels=("domain", "scope"),
    unit="seconds",
    source="XMLDesc(0) cputune/{global_period,period,emulator_period,iothread_period} us -> s",
    note=_NOTE,
    set="default",
)
CPU_QUOTA_SECONDS = Metric(
    "libvirt_domain_tuning_cpu_quota_seconds",
    "gauge",
    "CPU time allowed in each period, by scope: global, vcpu, emulator or iothread, absent if unlimited "
    "(libvirt cputune quota).",
    labels=("domain", "scope"),
    unit="seconds",
    source="XMLDesc(0) cputune/{global_quota,quota,emulator_quota,iothread_quota} us -> s when > 0",
    note=_NOTE + " Limit in CPUs: quota / period; for vcpu and iothread it holds for each of them.",
    set="default",
)
MEMORY_HARD_LIMIT_BYTES = Metric(
    "libvirt_domain_tuning_memory_hard_limit_bytes",
    "gauge",
    "Host memory the guest's process may use at most, absent if unlimited (libvirt memtune hard_limit).",
    labels=DOMAIN,
    unit="bytes",
    source="XMLDesc(0) memtune/hard_limit with @unit -> bytes",
    note=_NOTE,
    set="default",
)
MEMORY_SOFT_LIMIT_BYTES = Metric(
    "libvirt_domain_tuning_memory_soft_limit_bytes",
    "gauge",
    "Host memory the guest's process is held to when memory is scarce, absent if unlimited (libvirt memtune "
    "soft_limit).",
    labels=DOMAIN,
    unit="bytes",
    source="XMLDesc(0) memtune/soft_limit with @unit -> bytes",
    note=_NOTE,
    set="default",
)
MEMORY_SWAP_HARD_LIMIT_BYTES = Metric(
    "libvirt_domain_tuning_memory_swap_hard_limit_bytes",
    "gauge",
    "Host memory and swap the guest's process may use at most, absent if unlimited (libvirt memtune swap_hard_limit).",
    labels=DOMAIN,
    unit="bytes",
    source="XMLDesc(0) memtune/swap_hard_limit with @unit -> bytes",
    note=_NOTE,
    set="default",
)
MEMORY_MINIMUM_GUARANTEE_BYTES = Metric(
    "libvirt_domain_tuning_memory_minimum_guarantee_bytes",
    "gauge",
    "Memory the guest is guaranteed, absent if unlimited (libvirt memtune min_guarantee).",
    labels=DOMAIN,
    unit="bytes",
    source="XMLDesc(0) memtune/min_guarantee with @unit -> bytes",
    note=_NOTE + " ESX and OpenVZ.",
    set="default",
)
HUGEPAGES_BYTES = Metric(
    "libvirt_domain_tuning_hugepages_bytes",
    "gauge",
    "Guest memory that the definition backs with huge pages of this size in bytes (libvirt memoryBacking hugepages).",
    labels=("domain", "page_size"),
    unit="bytes",
    source=(
        "XMLDesc(0) memoryBacking/hugepages/page @size, @nodeset with cpu/numa/cell/@memory; page_size default if"
        " none is named"
    ),
    note=_NOTE,
    set="default",
)
MEMORY_LOCKED = Metric(
    "libvirt_domain_tuning_memory_locked",
    "gauge",
    "Whether the guest's memory is locked in host memory, absent if not (libvirt memoryBacking locked).",
    labels=DOMAIN,
    source="XMLDesc(0) memoryBacking/locked present -> 1",
    note=_NOTE,
    set="default",
)
NUMA_INFO = Metric(
    "libvirt_domain_tuning_numa_info",
    "info",
    "NUMA cells the guest's memory is bound to (libvirt numatune memory).",
    labels=("domain", "mode", "cells"),
    source="XMLDesc(0) numatune/memory @mode, @nodeset",
    note=_NOTE,
    set="default",
)
VCPU_PIN_INFO = Metric(
    "libvirt_domain_tuning_vcpu_pin_info",
    "info",
    "Host CPUs the definition pins the vCPU to (libvirt cputune vcpupin).",
    labels=("domain", "vcpu", "cpus"),
    source="XMLDesc(0) cputune/vcpupin @vcpu, @cpuset",
    note=_NOTE,
    set="default",
)
EMULATOR_PIN_INFO = Metric(
    "libvirt_domain_tuning_emulator_pin_info",
    "info",
    "Host CPUs the definition pins the emulator threads to (libvirt cputune emulatorpin).",
    labels=("domain", "cpus"),
    source="XMLDesc(0) cputune/emulatorpin @cpuset",
    note=_NOTE,
    set="default",
)
BLOCK_WEIGHT = Metric(
    "libvirt_domain_tuning_block_weight",
    "gauge",
    "Weight of the guest's block input and output against other guests (libvirt blkiotune weight).",
    labels=DOMAIN,
    source="XMLDesc(0) blkiotune/weight",
    note=_NOTE,
    set="default",
)
DEVICE_READ_BYTES_PER_SECOND = Metric(
    "libvirt_domain_tuning_device_read_bytes_per_second",
    "gauge",
    "Limit on the rate of reads from the guest to a host device, absent if unlimited (libvirt blkiotune device).",
    labels=("domain", "path"),
    unit="bytes_per_second",
    source="XMLDesc(0) blkiotune/device/read_bytes_sec; label path = device/path",
    note=_NOTE,
    set="default",
)
DEVICE_READ_REQUESTS_PER_SECOND = Metric(
    "libvirt_domain_tuning_device_read_requests_per_second",
    "gauge",
    "Limit on read requests a second from the guest to a host device, absent if unlimited (libvirt blkiotune device).",
    labels=("domain", "path"),
    unit="requests_per_second",
    source="XMLDesc(0) blkiotune/device/read_iops_sec; label path = device/path",
    note=_NOTE,
    set="default",
)
DEVICE_WRITE_BYTES_PER_SECOND = Metric(
    "libvirt_domain_tuning_device_write_bytes_per_second",
    "gauge",
    "Limit on the rate of writes from the guest to a host device, absent if unlimited (libvirt blkiotune device).",
    labels=("domain", "path"),
    unit="bytes_per_second",
    source="XMLDesc(0) blkiotune/device/write_bytes_sec; label path = device/path",
    note=_NOTE,
    set="default",
)
DEVICE_WRITE_REQUESTS_PER_SECOND = Metric(
    "libvirt_domain_tuning_device_write_requests_per_second",
    "gauge",
    "Limit on write requests a second from the guest to a host device, absent if unlimited (libvirt blkiotune device).",
    labels=("domain", "path"),
    unit="requests_per_second",
    source="XMLDesc(0) blkiotune/device/write_iops_sec; label path = device/path",
    note=_NOTE,
    set="default",
)
METRICS = (
    CPU_SHARES,
    CPU_PERIOD_SECONDS,
    CPU_QUOTA_SECONDS,
    MEMORY_HARD_LIMIT_BYTES,
    MEMORY_SOFT_LIMIT_BYTES,
    MEMORY_SWAP_HARD_LIMIT_BYTES,
    MEMORY_MINIMUM_GUARANTEE_BYTES,
    HUGEPAGES_BYTES,
    MEMORY_LOCKED,
    NUMA_INFO,
    VCPU_PIN_INFO,
    EMULATOR_PIN_INFO,
    BLOCK_WEIGHT,
    DEVICE_READ_BYTES_PER_SECOND,
    DEVICE_READ_REQUESTS_PER_SECOND,
    DEVICE_WRITE_BYTES_PER_SECOND,
    DEVICE_WRITE_REQUESTS_PER_SECOND,
)


_SCOPES = {"global": "global_", "vcpu": "", "emulator": "emulator_", "iothread": "iothread_"}
_MEMORY = {
    "hard_limit": MEMORY_HARD_LIMIT_BYTES,
    "soft_limit": MEMORY_SOFT_LIMIT_BYTES,
    "swap_hard_limit": MEMORY_SWAP_HARD_LIMIT_BYTES,
    "min_guarantee": MEMORY_MINIMUM_GUARANTEE_BYTES,
}
_DEVICE = {
    "read_bytes_sec": DEVICE_READ_BYTES_PER_SECOND,
    "read_iops_sec": DEVICE_READ_REQUESTS_PER_SECOND,
    "write_bytes_sec": DEVICE_WRITE_BYTES_PER_SECOND,
    "write_iops_sec": DEVICE_WRITE_REQUESTS_PER_SECOND,
}


def describe(guest: Guest, root: Element, rows: Sink) -> None:
    """What is set; what is not is absent."""
    _processors(guest, root, rows)
    for element, metric in _MEMORY.items():
        limit = root.find(f"memtune/{element}")
        if limit is not None:
            rows.add(metric, guest.domain, scaled(limit.text or "", limit.get("unit", "KiB")))
    for size, held in hugepages(root).items():
        rows.add(HUGEPAGES_BYTES, Labels(HUGEPAGES_BYTES.labels, (guest.name, size)), held)
    if root.find("memoryBacking/locked") is not None:
        rows.add(MEMORY_LOCKED, guest.domain, 1)
    numa = root.find("numatune/memory")
    if numa is not None:
        values = (guest.name, numa.get("mode", ""), numa.get("nodeset", numa.get("placement", "")))
        rows.add(NUMA_INFO, Labels(NUMA_INFO.labels, values), 1)
    weight = root.findtext("blkiotune/weight")
    if weight:
        rows.add(BLOCK_WEIGHT, guest.domain, int(weight))
    for device in root.findall("blkiotune/device"):
        for element, metric in _DEVICE.items():
            limit_text = device.findtext(element)
            if limit_text:
                rows.add(metric, Labels(metric.labels, (guest.name, device.findtext("path", ""))), int(limit_text))


def _processors(guest: Guest, root: Element, rows: Sink) -> None:
    shares = root.findtext("cputune/shares")
    if shares:
        rows.add(CPU_SHARES, guest.domain, int(shares))
    for scope, prefix in _SCOPES.items():
        labels = Labels(CPU_PERIOD_SECONDS.labels, (guest.name, scope))
        period, quota = (root.findtext(f"cputune/{prefix}{element}") for element in ("period", "quota"))
        if period:
            rows.add(CPU_PERIOD_SECONDS, labels, microseconds(int(period)))
        if quota and int(quota) > 0:  # negative: no limit
            rows.add(CPU_QUOTA_SECONDS, labels, microseconds(int(quota)))
    for pin in root.findall("cputune/vcpupin"):
        values = (guest.name, pin.get("vcpu", ""), pin.get("cpuset", ""))
        rows.add(VCPU_PIN_INFO, Labels(VCPU_PIN_INFO.labels, values), 1)
    for pin in root.findall("cputune/emulatorpin"):
        rows.add(EMULATOR_PIN_INFO, Labels(EMULATOR_PIN_INFO.labels, (guest.name, pin.get("cpuset", ""))), 1)


COLLECTOR = Collector(
    name="domain_tuning",
    help="What the definition of guests sets for processors, memory and disks: shares, limits, pinning, huge pages.",
    metrics=METRICS,
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
    ),
)
