"""Metrics of what the definition of guests sets."""

from exporter.exposition.metric import Metric
from exporter.guest import DOMAIN

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
NUMA_CELL_INFO = Metric(
    "libvirt_domain_tuning_numa_cell_info",
    "info",
    "NUMA cell that the guest sees: its vCPUs, and how its memory is bound to which cells of the host, empty where "
    "libvirt_domain_tuning_numa_info holds (libvirt cpu numa cell, numatune memnode).",
    labels=("domain", "cell", "vcpus", "mode", "cells"),
    source="XMLDesc(0) cpu/numa/cell @id, @cpus; numatune/memnode @cellid, @mode, @nodeset",
    note=_NOTE + " One series for each cell of the guest.",
    set="default",
)
NUMA_CELL_MEMORY_BYTES = Metric(
    "libvirt_domain_tuning_numa_cell_memory_bytes",
    "gauge",
    "Memory of the NUMA cell that the guest sees (libvirt cpu numa cell).",
    labels=("domain", "cell"),
    unit="bytes",
    source="XMLDesc(0) cpu/numa/cell @id, @memory with @unit -> bytes",
    note=_NOTE,
    set="default",
)
CPUS_INFO = Metric(
    "libvirt_domain_tuning_cpus_info",
    "info",
    "Host CPUs that all threads of the guest without a pin of their own are held to (libvirt vcpu cpuset).",
    labels=("domain", "placement", "cpus"),
    source="XMLDesc(0) vcpu @placement, @cpuset; absent without a cpuset unless placement is auto",
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
IOTHREAD_PIN_INFO = Metric(
    "libvirt_domain_tuning_iothread_pin_info",
    "info",
    "Host CPUs the definition pins the I/O thread to (libvirt cputune iothreadpin).",
    labels=("domain", "iothread", "cpus"),
    source="XMLDesc(0) cputune/iothreadpin @iothread, @cpuset",
    note=_NOTE,
    set="default",
)
SCHEDULER_INFO = Metric(
    "libvirt_domain_tuning_scheduler_info",
    "info",
    "Scheduler of the host for threads of the guest, by scope: vcpu, iothread or emulator, absent for the usual one "
    "(libvirt cputune vcpusched, iothreadsched, emulatorsched).",
    labels=("domain", "scope", "threads", "scheduler", "priority"),
    source="XMLDesc(0) cputune/{vcpusched,iothreadsched,emulatorsched} @vcpus or @iothreads, @scheduler, @priority",
    note=_NOTE + " Real-time guests.",
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
DEVICE_WEIGHT = Metric(
    "libvirt_domain_tuning_device_weight",
    "gauge",
    "Weight of the guest's input and output on a host device against other guests (libvirt blkiotune device weight).",
    labels=("domain", "path"),
    source="XMLDesc(0) blkiotune/device/weight; label path = device/path",
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
    NUMA_CELL_INFO,
    NUMA_CELL_MEMORY_BYTES,
    CPUS_INFO,
    VCPU_PIN_INFO,
    EMULATOR_PIN_INFO,
    IOTHREAD_PIN_INFO,
    SCHEDULER_INFO,
    BLOCK_WEIGHT,
    DEVICE_WEIGHT,
    DEVICE_READ_BYTES_PER_SECOND,
    DEVICE_READ_REQUESTS_PER_SECOND,
    DEVICE_WRITE_BYTES_PER_SECOND,
    DEVICE_WRITE_REQUESTS_PER_SECOND,
)
