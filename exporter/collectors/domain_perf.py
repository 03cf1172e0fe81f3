"""Performance counters of guests."""

from exporter.collectors.collector import Collector, Feed, Field, FieldTable, not_run
from exporter.collectors.source import statistics
from exporter.collectors.units import nanoseconds
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import DOMAIN, Guest
from exporter.hypervisor.record import Record

_NOTE = (
    "Only for guests whose definition enables the event, so the host's owner chooses the cardinality; no monitor "
    "request. Resets when the guest starts or the event is enabled again."
)

CACHE_MISSES = Metric(
    "libvirt_domain_perf_cache_misses_total",
    "counter",
    "Cache misses of the guest (libvirt perf.cache_misses).",
    labels=DOMAIN,
    source="domstats perf.cache_misses",
    note=_NOTE,
    set="default",
)
CACHE_REFERENCES = Metric(
    "libvirt_domain_perf_cache_references_total",
    "counter",
    "Cache references of the guest (libvirt perf.cache_references).",
    labels=DOMAIN,
    source="domstats perf.cache_references",
    note=_NOTE,
    set="default",
)
INSTRUCTIONS = Metric(
    "libvirt_domain_perf_instructions_total",
    "counter",
    "Instructions the guest executed (libvirt perf.instructions).",
    labels=DOMAIN,
    source="domstats perf.instructions",
    note=_NOTE,
    set="default",
)
CPU_CYCLES = Metric(
    "libvirt_domain_perf_cpu_cycles_total",
    "counter",
    "CPU cycles the guest took (libvirt perf.cpu_cycles).",
    labels=DOMAIN,
    source="domstats perf.cpu_cycles",
    note=_NOTE,
    set="default",
)
REFERENCE_CPU_CYCLES = Metric(
    "libvirt_domain_perf_reference_cpu_cycles_total",
    "counter",
    "CPU cycles the guest took, not affected by frequency scaling (libvirt perf.ref_cpu_cycles).",
    labels=DOMAIN,
    source="domstats perf.ref_cpu_cycles",
    note=_NOTE,
    set="default",
)
BRANCH_INSTRUCTIONS = Metric(
    "libvirt_domain_perf_branch_instructions_total",
    "counter",
    "Branch instructions the guest executed (libvirt perf.branch_instructions).",
    labels=DOMAIN,
    source="domstats perf.branch_instructions",
    note=_NOTE,
    set="default",
)
BRANCH_MISSES = Metric(
    "libvirt_domain_perf_branch_misses_total",
    "counter",
    "Branches of the guest that were predicted wrong (libvirt perf.branch_misses).",
    labels=DOMAIN,
    source="domstats perf.branch_misses",
    note=_NOTE,
    set="default",
)
BUS_CYCLES = Metric(
    "libvirt_domain_perf_bus_cycles_total",
    "counter",
    "Bus cycles the guest took (libvirt perf.bus_cycles).",
    labels=DOMAIN,
    source="domstats perf.bus_cycles",
    note=_NOTE,
    set="default",
)
STALLED_CYCLES_FRONTEND = Metric(
    "libvirt_domain_perf_stalled_cycles_frontend_total",
    "counter",
    "CPU cycles stalled in the front end of the instruction pipeline (libvirt perf.stalled_cycles_frontend).",
    labels=DOMAIN,
    source="domstats perf.stalled_cycles_frontend",
    note=_NOTE,
    set="default",
)
STALLED_CYCLES_BACKEND = Metric(
    "libvirt_domain_perf_stalled_cycles_backend_total",
    "counter",
    "CPU cycles stalled in the back end of the instruction pipeline (libvirt perf.stalled_cycles_backend).",
    labels=DOMAIN,
    source="domstats perf.stalled_cycles_backend",
    note=_NOTE,
    set="default",
)
PAGE_FAULTS = Metric(
    "libvirt_domain_perf_page_faults_total",
    "counter",
    "Page faults of the guest's process (libvirt perf.page_faults).",
    labels=DOMAIN,
    source="domstats perf.page_faults",
    note=_NOTE,
    set="default",
)
MINOR_PAGE_FAULTS = Metric(
    "libvirt_domain_perf_minor_page_faults_total",
    "counter",
    "Minor page faults of the guest's process (libvirt perf.page_faults_min).",
    labels=DOMAIN,
    source="domstats perf.page_faults_min",
    note=_NOTE,
    set="default",
)
MAJOR_PAGE_FAULTS = Metric(
    "libvirt_domain_perf_major_page_faults_total",
    "counter",
    "Major page faults of the guest's process (libvirt perf.page_faults_maj).",
    labels=DOMAIN,
    source="domstats perf.page_faults_maj",
    note=_NOTE,
    set="default",
)
CONTEXT_SWITCHES = Metric(
    "libvirt_domain_perf_context_switches_total",
    "counter",
    "Context switches of the guest's process (libvirt perf.context_switches).",
    labels=DOMAIN,
    source="domstats perf.context_switches",
    note=_NOTE,
    set="default",
)
CPU_MIGRATIONS = Metric(
    "libvirt_domain_perf_cpu_migrations_total",
    "counter",
    "Moves of the guest's threads between host CPUs (libvirt perf.cpu_migrations).",
    labels=DOMAIN,
    source="domstats perf.cpu_migrations",
    note=_NOTE,
    set="default",
)
ALIGNMENT_FAULTS = Metric(
    "libvirt_domain_perf_alignment_faults_total",
    "counter",
    "Alignment faults of the guest's process (libvirt perf.alignment_faults).",
    labels=DOMAIN,
    source="domstats perf.alignment_faults",
    note=_NOTE,
    set="default",
)
EMULATION_FAULTS = Metric(
    "libvirt_domain_perf_emulation_faults_total",
    "counter",
    "Emulation faults of the guest's process (libvirt perf.emulation_faults).",
    labels=DOMAIN,
    source="domstats perf.emulation_faults",
    note=_NOTE,
    set="default",
)
CPU_CLOCK_SECONDS = Metric(
    "libvirt_domain_perf_cpu_clock_seconds_total",
    "counter",
    "CPU clock time of the guest's process (libvirt perf.cpu_clock).",
    labels=DOMAIN,
    unit="seconds",
    source="domstats perf.cpu_clock ns -> s",
    note=_NOTE,
    set="default",
)
TASK_CLOCK_SECONDS = Metric(
    "libvirt_domain_perf_task_clock_seconds_total",
    "counter",
    "Task clock time of the guest's process (libvirt perf.task_clock).",
    labels=DOMAIN,
    unit="seconds",
    source="domstats perf.task_clock ns -> s",
    note=_NOTE,
    set="default",
)
CACHE_OCCUPANCY_BYTES = Metric(
    "libvirt_domain_perf_cache_occupancy_bytes",
    "gauge",
    "Last level cache the guest occupies (libvirt perf.cmt).",
    labels=DOMAIN,
    unit="bytes",
    source="domstats perf.cmt",
    note="Kernels since 4.14 have no cmt, mbmt and mbml; domain_resctrl replaces them.",
    set="default",
)
MEMORY_BANDWIDTH_TOTAL_BYTES_PER_SECOND = Metric(
    "libvirt_domain_perf_memory_bandwidth_total_bytes_per_second",
    "gauge",
    "Memory bandwidth of the guest on all controllers (libvirt perf.mbmt).",
    labels=DOMAIN,
    unit="bytes_per_second",
    source="domstats perf.mbmt",
    note="Kernels since 4.14 have no cmt, mbmt and mbml; domain_resctrl replaces them.",
    set="default",
)
MEMORY_BANDWIDTH_LOCAL_BYTES_PER_SECOND = Metric(
    "libvirt_domain_perf_memory_bandwidth_local_bytes_per_second",
    "gauge",
    "Memory bandwidth of the guest on the local controller (libvirt perf.mbml).",
    labels=DOMAIN,
    unit="bytes_per_second",
    source="domstats perf.mbml",
    note="Kernels since 4.14 have no cmt, mbmt and mbml; domain_resctrl replaces them.",
    set="default",
)
METRICS = (
    CACHE_MISSES,
    CACHE_REFERENCES,
    INSTRUCTIONS,
    CPU_CYCLES,
    REFERENCE_CPU_CYCLES,
    BRANCH_INSTRUCTIONS,
    BRANCH_MISSES,
    BUS_CYCLES,
    STALLED_CYCLES_FRONTEND,
    STALLED_CYCLES_BACKEND,
    PAGE_FAULTS,
    MINOR_PAGE_FAULTS,
    MAJOR_PAGE_FAULTS,
    CONTEXT_SWITCHES,
    CPU_MIGRATIONS,
    ALIGNMENT_FAULTS,
    EMULATION_FAULTS,
    CPU_CLOCK_SECONDS,
    TASK_CLOCK_SECONDS,
    CACHE_OCCUPANCY_BYTES,
    MEMORY_BANDWIDTH_TOTAL_BYTES_PER_SECOND,
    MEMORY_BANDWIDTH_LOCAL_BYTES_PER_SECOND,
)


FIELDS = FieldTable(
    "perf",
    {
        "cache_misses": Field(CACHE_MISSES),
        "cache_references": Field(CACHE_REFERENCES),
        "instructions": Field(INSTRUCTIONS),
        "cpu_cycles": Field(CPU_CYCLES),
        "ref_cpu_cycles": Field(REFERENCE_CPU_CYCLES),
        "branch_instructions": Field(BRANCH_INSTRUCTIONS),
        "branch_misses": Field(BRANCH_MISSES),
        "bus_cycles": Field(BUS_CYCLES),
        "stalled_cycles_frontend": Field(STALLED_CYCLES_FRONTEND),
        "stalled_cycles_backend": Field(STALLED_CYCLES_BACKEND),
        "page_faults": Field(PAGE_FAULTS),
        "page_faults_min": Field(MINOR_PAGE_FAULTS),
        "page_faults_maj": Field(MAJOR_PAGE_FAULTS),
        "context_switches": Field(CONTEXT_SWITCHES),
        "cpu_migrations": Field(CPU_MIGRATIONS),
        "alignment_faults": Field(ALIGNMENT_FAULTS),
        "emulation_faults": Field(EMULATION_FAULTS),
        "cpu_clock": Field(CPU_CLOCK_SECONDS, nanoseconds),
        "task_clock": Field(TASK_CLOCK_SECONDS, nanoseconds),
        "cmt": Field(CACHE_OCCUPANCY_BYTES),
        "mbmt": Field(MEMORY_BANDWIDTH_TOTAL_BYTES_PER_SECOND),
        "mbml": Field(MEMORY_BANDWIDTH_LOCAL_BYTES_PER_SECOND),
    },
)


def collect(guest: Guest, record: Record, rows: Sink) -> None:
    """One sample an event that the guest's definition enables."""
    FIELDS.write(record.fields("perf"), guest.domain, rows)


COLLECTOR = Collector(
    name="domain_perf",
    help="Performance counters of guests, for those whose definition enables them.",
    metrics=METRICS,
    feeds=(Feed(statistics("perf"), collect),),
    cost="the group PERF of the bulk call, which is nearly free",
    fields=(FIELDS,),
    queries=(
        (
            "Instructions a cycle of each guest",
            "rate(libvirt_domain_perf_instructions_total[5m]) / rate(libvirt_domain_perf_cpu_cycles_total[5m])",
        ),
    ),
    notes=(not_run("events of the processor need its performance counters; those that the kernel counts were run"),),
)
