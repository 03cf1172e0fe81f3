"""Jobs of guests that ended while we listened."""

from exporter.events.counts import GuestCounts
from exporter.exposition.labels import Labels
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import Guest

_NOTE = "From the event JOB_COMPLETED, so nothing is consumed that another tool may want; absent until one was seen."

COMPLETED_TIMESTAMP_SECONDS = Metric(
    "libvirt_domain_job_completed_timestamp_seconds",
    "gauge",
    "When a job of this kind last ended (libvirt event JOB_COMPLETED).",
    labels=("domain", "operation"),
    unit="seconds",
    source="time of the JOB_COMPLETED event",
    note=_NOTE,
    set="default",
)
COMPLETED_SUCCESS = Metric(
    "libvirt_domain_job_completed_success",
    "gauge",
    "Whether the last job of this kind succeeded (libvirt event JOB_COMPLETED success).",
    labels=("domain", "operation"),
    source="JOB_COMPLETED params['success'], else type == completed",
    note=_NOTE,
    set="default",
)
COMPLETED_DURATION_SECONDS = Metric(
    "libvirt_domain_job_completed_duration_seconds",
    "gauge",
    "How long the last job of this kind took (libvirt event JOB_COMPLETED time_elapsed).",
    labels=("domain", "operation"),
    unit="seconds",
    source="JOB_COMPLETED params['time_elapsed'] ms -> s",
    note=_NOTE,
    set="default",
)
COMPLETED_DOWNTIME_SECONDS = Metric(
    "libvirt_domain_job_completed_downtime_seconds",
    "gauge",
    "How long the last migration paused the guest (libvirt event JOB_COMPLETED downtime).",
    labels=("domain", "operation"),
    unit="seconds",
    source="JOB_COMPLETED params['downtime'] ms -> s",
    note=_NOTE,
    set="default",
)
COMPLETED_BYTES = Metric(
    "libvirt_domain_job_completed_bytes",
    "gauge",
    "Data that the last job of this kind moved (libvirt event JOB_COMPLETED data_processed).",
    labels=("domain", "operation"),
    unit="bytes",
    source="JOB_COMPLETED params['data_processed']",
    note=_NOTE,
    set="default",
)
COMPLETED_SETUP_SECONDS = Metric(
    "libvirt_domain_job_completed_setup_seconds",
    "gauge",
    "How long the last job of this kind took to set up (libvirt event JOB_COMPLETED setup_time).",
    labels=("domain", "operation"),
    unit="seconds",
    source="JOB_COMPLETED params['setup_time'] ms -> s",
    note=_NOTE,
    set="default",
)
COMPLETED_MEMORY_BYTES = Metric(
    "libvirt_domain_job_completed_memory_bytes",
    "gauge",
    "Memory that the last job of this kind moved (libvirt event JOB_COMPLETED memory_processed).",
    labels=("domain", "operation"),
    unit="bytes",
    source="JOB_COMPLETED params['memory_processed']",
    note=_NOTE,
    set="default",
)
COMPLETED_FILE_BYTES = Metric(
    "libvirt_domain_job_completed_file_bytes",
    "gauge",
    "Disk data that the last job of this kind moved (libvirt event JOB_COMPLETED disk_processed).",
    labels=("domain", "operation"),
    unit="bytes",
    source="JOB_COMPLETED params['disk_processed']",
    note=_NOTE,
    set="default",
)
COMPLETED_MEMORY_BYTES_PER_SECOND = Metric(
    "libvirt_domain_job_completed_memory_bytes_per_second",
    "gauge",
    "Rate at which the last migration moved memory (libvirt event JOB_COMPLETED memory_bps).",
    labels=("domain", "operation"),
    unit="bytes_per_second",
    source="JOB_COMPLETED params['memory_bps']",
    note=_NOTE,
    set="default",
)
COMPLETED_MEMORY_ITERATIONS = Metric(
    "libvirt_domain_job_completed_memory_iterations",
    "gauge",
    "Passes over the guest's memory that the last migration took (libvirt event JOB_COMPLETED memory_iteration).",
    labels=("domain", "operation"),
    source="JOB_COMPLETED params['memory_iteration']",
    note=_NOTE,
    set="default",
)
METRICS = (
    COMPLETED_TIMESTAMP_SECONDS,
    COMPLETED_SUCCESS,
    COMPLETED_DURATION_SECONDS,
    COMPLETED_DOWNTIME_SECONDS,
    COMPLETED_SETUP_SECONDS,
    COMPLETED_BYTES,
    COMPLETED_MEMORY_BYTES,
    COMPLETED_FILE_BYTES,
    COMPLETED_MEMORY_BYTES_PER_SECOND,
    COMPLETED_MEMORY_ITERATIONS,
)

_FIELDS = {
    COMPLETED_DURATION_SECONDS: "duration_seconds",
    COMPLETED_DOWNTIME_SECONDS: "downtime_seconds",
    COMPLETED_SETUP_SECONDS: "setup_seconds",
    COMPLETED_BYTES: "bytes",
    COMPLETED_MEMORY_BYTES: "memory_bytes",
    COMPLETED_FILE_BYTES: "file_bytes",
    COMPLETED_MEMORY_BYTES_PER_SECOND: "memory_bytes_per_second",
    COMPLETED_MEMORY_ITERATIONS: "memory_iterations",
}
"""Under which name an event has each."""


def collect(name: str, counts: GuestCounts, _guest: Guest | None, rows: Sink) -> None:
    """The last job of each kind that ended while we listened, also of a guest that migrated away with it."""
    for operation, event in counts.jobs.items():
        labels = Labels(COMPLETED_SUCCESS.labels, (name, operation))
        rows.add(COMPLETED_TIMESTAMP_SECONDS, labels, event.at.wall)
        rows.add(COMPLETED_SUCCESS, labels, int(event.detail == "completed"))
        for metric, said in _FIELDS.items():
            value = event.fields.get(said)
            if isinstance(value, int | float):
                rows.add(metric, labels, value)
