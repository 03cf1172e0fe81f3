"""Jobs of guests, such as migration, save and backup: the one that runs, and how the last ones ended."""

from collections.abc import Callable, Mapping
from typing import Any

from exporter.collectors import finished_jobs
from exporter.collectors.collector import SLOW, Collector, Feed, Field, not_run
from exporter.collectors.source import Events, GuestCall
from exporter.collectors.units import milliseconds, percent
from exporter.exposition.labels import Labels
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import DOMAIN, Guest
from exporter.hypervisor.jobs import read_job

TYPE = Metric(
    "libvirt_domain_job_info_type",
    "gauge",
    "Job that runs on the guest as libvirt's number: 0 none, 1 bounded, 2 unbounded (libvirt virDomainGetJobStats).",
    labels=DOMAIN,
    source="dom.jobStats()['type']",
    note=(
        "One call an active guest; it takes a job, so guests whose control state is not ok are left out, "
        "or it would wait 30 s. 1 or 2 for hours means that something is stuck."
    ),
    set="default",
)
OPERATION_INFO = Metric(
    "libvirt_domain_job_info_operation_info",
    "info",
    "What the running job does: migration_out, save, snapshot, backup and so on, absent without a job"
    " (libvirt job operation).",
    labels=("domain", "operation"),
    source="dom.jobStats()['operation'] -> name from virDomainJobOperation",
    note="Since libvirt 3.3.0.",
    set="default",
)


_NOTE = "Only while a job runs."


def _field(
    key: str, name: str, unit: str, text: str, convert: Callable[[float], float] | None = None, note: str = ""
) -> tuple[str, Field]:
    """A figure of the running job, by its key in jobStats()."""
    metric = Metric(
        f"libvirt_domain_job_info_{name}",
        "gauge",
        f"{text} (libvirt job {key}).",
        labels=DOMAIN,
        unit=unit,
        source=f"dom.jobStats()['{key}']{_CONVERSIONS[convert] if convert else ''}",
        note=f"{_NOTE} {note}".rstrip(),
        set="default",
    )
    return key, Field(metric, convert)


_CONVERSIONS: Mapping[Callable[[float], float], str] = {milliseconds: " ms -> s", percent: " percent/100"}

FIELDS: Mapping[str, Field] = dict(
    [
        _field("time_elapsed", "time_elapsed_seconds", "seconds", "Time since the job started", milliseconds),
        _field(
            "time_elapsed_net",
            "time_elapsed_net_seconds",
            "seconds",
            "Time since the migration started, without the hand-over between the hosts",
            milliseconds,
        ),
        _field(
            "time_remaining",
            "time_remaining_seconds",
            "seconds",
            "Time until the job ends, as estimated by the hypervisor",
            milliseconds,
        ),
        _field(
            "downtime", "downtime_seconds", "seconds", "Pause of the guest that the migration will cause", milliseconds
        ),
        _field(
            "downtime_net",
            "downtime_net_seconds",
            "seconds",
            "Pause of the guest that the migration caused, without the hand-over between the hosts",
            milliseconds,
        ),
        _field("setup_time", "setup_time_seconds", "seconds", "Time the job took to set up", milliseconds),
        _field(
            "data_total",
            "data_total_bytes",
            "bytes",
            "Data the job has to move",
            note="Grows while memory is dirtied again.",
        ),
        _field("data_processed", "data_processed_bytes", "bytes", "Data the job has moved"),
        _field("data_remaining", "data_remaining_bytes", "bytes", "Data the job still has to move"),
        _field(
            "memory_total",
            "memory_total_bytes",
            "bytes",
            "Memory the job has to move",
            note="Grows while memory is dirtied again.",
        ),
        _field("memory_processed", "memory_processed_bytes", "bytes", "Memory the job has moved"),
        _field("memory_remaining", "memory_remaining_bytes", "bytes", "Memory the job still has to move"),
        _field(
            "disk_total",
            "file_total_bytes",
            "bytes",
            "Disk data the job has to move",
            note="Grows while memory is dirtied again.",
        ),
        _field("disk_processed", "file_processed_bytes", "bytes", "Disk data the job has moved"),
        _field("disk_remaining", "file_remaining_bytes", "bytes", "Disk data the job still has to move"),
        _field(
            "memory_normal_bytes",
            "memory_normal_bytes",
            "bytes",
            "Memory moved as it is, neither compressed nor constant",
        ),
        _field("memory_page_size", "memory_page_size_bytes", "bytes", "Page size of the migration"),
        _field("compression_cache", "compression_cache_bytes", "bytes", "Size of the cache for compressing pages"),
        _field("compression_bytes", "compression_bytes", "bytes", "Compressed memory moved"),
        _field("disk_temp_used", "disk_temporary_used_bytes", "bytes", "Temporary disk space the backup uses"),
        _field("disk_temp_total", "disk_temporary_total_bytes", "bytes", "Temporary disk space the backup may use"),
        _field(
            "vfio_data_transferred",
            "vfio_transferred_bytes",
            "bytes",
            "State of assigned devices moved",
            note="Since libvirt 10.6.0.",
        ),
        _field("memory_bps", "memory_bytes_per_second", "bytes_per_second", "Rate at which the migration moves memory"),
        _field("disk_bps", "disk_bytes_per_second", "bytes_per_second", "Rate at which the migration moves disk data"),
        _field("memory_iteration", "memory_iteration", "", "Pass over the guest's memory in which the migration is"),
        _field("memory_constant", "memory_constant_pages", "", "Pages of a single repeated byte moved"),
        _field("memory_postcopy_requests", "postcopy_requests", "", "Pages the destination asked for during post-copy"),
        _field("compression_pages", "compression_pages", "", "Compressed pages moved"),
        _field(
            "compression_cache_misses",
            "compression_cache_misses",
            "",
            "Changing pages that were not in the compression cache",
        ),
        _field(
            "compression_overflow",
            "compression_overflows",
            "",
            "Changing pages that grew by compression and were moved as they are",
        ),
        _field(
            "auto_converge_throttle",
            "auto_converge_throttle_ratio",
            "ratio",
            "Share by which the guest's CPUs are throttled so that the migration can end",
            percent,
        ),
    ]
)
DIRTY_RATE = Metric(
    "libvirt_domain_job_info_memory_dirty_bytes_per_second",
    "gauge",
    "Rate at which the guest dirties memory during the migration (libvirt job memory_dirty_rate).",
    labels=DOMAIN,
    unit="bytes_per_second",
    source="dom.jobStats()['memory_dirty_rate'] pages/s times memory_page_size -> bytes/s",
    note=f"{_NOTE} Above memory_bytes_per_second the migration never ends.",
    set="default",
)
METRICS = (
    TYPE,
    OPERATION_INFO,
    *(field.metric for field in FIELDS.values()),
    DIRTY_RATE,
    *finished_jobs.METRICS,
)
_RUNNING = (1, 2)  # bounded and unbounded: the end is known, or not


def collect(guest: Guest, stats: Mapping[str, Any], rows: Sink) -> None:
    """Whether a job runs, and its figures while it does."""
    rows.add(TYPE, guest.domain, stats["type"])
    if stats["type"] not in _RUNNING:
        return
    if "operation" in stats:
        rows.add(OPERATION_INFO, Labels(OPERATION_INFO.labels, (guest.name, stats["operation"])), 1)
    for key, field in FIELDS.items():
        value = stats.get(key)
        if value is not None:
            rows.add(field.metric, guest.domain, field.convert(value) if field.convert else value)
    rate, page = stats.get("memory_dirty_rate"), stats.get("memory_page_size")
    if rate is not None and page:
        rows.add(DIRTY_RATE, guest.domain, rate * page)


def _at_rest(_guest: Guest, stats: Mapping[str, Any]) -> int | None:
    """The type, which is all that is told of a guest without a job."""
    return None if stats["type"] in _RUNNING else stats["type"]


COLLECTOR = Collector(
    name="domain_job",
    help="Jobs of guests, such as migration, save and backup: progress, speed, expected pause.",
    metrics=METRICS,
    feeds=(
        Feed(GuestCall(read_job), collect, made_of=_at_rest),
        Feed(Events(guests=True, gone=True), finished_jobs.collect),
    ),
    interval=SLOW,
    cost="two calls for each active guest, one of which takes a job; guests whose control channel is busy are left out",
    queries=(
        ("Progress", "libvirt_domain_job_info_data_processed_bytes / libvirt_domain_job_info_data_total_bytes"),
        (
            "Migrations that never end",
            "libvirt_domain_job_info_memory_dirty_bytes_per_second > libvirt_domain_job_info_memory_bytes_per_second",
        ),
    ),
    notes=(
        not_run(
            "compression, throttling, copies of disks, assigned devices and the hand-over between hosts in a migration"
        ),
    ),
)
