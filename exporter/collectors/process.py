"""Figures about the process itself, which stand on `/metrics` and on no page of a host."""

import platform
from collections import Counter
from dataclasses import dataclass, field

from exporter import __version__
from exporter.exposition.labels import NO_LABELS, Labels
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink

BUILD_INFO = Metric(
    "libvirt_exporter_build_info",
    "info",
    "Version of the exporter and of Python (exporter).",
    labels=("version", "revision", "pythonversion"),
    source="package metadata",
    note="Of the process, on the exporter's own /metrics only.",
)
EVENT_QUEUE_LENGTH = Metric(
    "libvirt_exporter_event_queue_length",
    "gauge",
    "Events received and not yet handled (exporter).",
    source="queue size",
    note="Of the host this page describes.",
    set="default",
)
EVENTS_DROPPED = Metric(
    "libvirt_exporter_events_dropped_total",
    "counter",
    "Events lost because the queue was full (exporter).",
    source="count",
    note="Of the host this page describes. Resets when the exporter restarts.",
    set="default",
)
EVENT_LOOP_TIMESTAMP_SECONDS = Metric(
    "libvirt_exporter_event_loop_timestamp_seconds",
    "gauge",
    "When the event loop last turned (exporter clock).",
    unit="seconds",
    source="timer in the event loop thread",
    note="Of the process: libvirt has one event loop. Old: no events and no keepalive any more.",
    set="default",
)
SCHEDULER_DELAY_SECONDS = Metric(
    "libvirt_exporter_scheduler_delay_seconds",
    "gauge",
    "How late the scheduler started its last run (exporter).",
    unit="seconds",
    source="start minus due time",
    note="Of the process, on the exporter's own /metrics only.",
    set="default",
)
CONFIG_LAST_RELOAD_SUCCESS = Metric(
    "libvirt_exporter_config_last_reload_success",
    "gauge",
    "Whether the last reading of the configuration worked (exporter).",
    source="outcome",
    note="Of the process, on the exporter's own /metrics only.",
    set="default",
)
CONFIG_LAST_RELOAD_SUCCESS_TIMESTAMP_SECONDS = Metric(
    "libvirt_exporter_config_last_reload_success_timestamp_seconds",
    "gauge",
    "When the configuration in use was read (exporter clock).",
    unit="seconds",
    source="time",
    note="Of the process, on the exporter's own /metrics only.",
    set="default",
)
CONFIG_RELOAD_FAILURES = Metric(
    "libvirt_exporter_config_reload_failures_total",
    "counter",
    "Times the configuration was read again and refused (exporter).",
    source="count",
    note="Of the process, on the exporter's own /metrics only.",
    set="default",
)
CERTIFICATE_EXPIRY_TIMESTAMP_SECONDS = Metric(
    "libvirt_exporter_certificate_expiry_timestamp_seconds",
    "gauge",
    "When a certificate in use ends: web, libvirt_client or libvirt_ca (exporter).",
    labels=("certificate",),
    unit="seconds",
    source="notAfter of the files",
    note="Of the process, on the exporter's own /metrics only. Only for certificates in use.",
    set="default",
)
LOG_MESSAGES = Metric(
    "libvirt_exporter_log_messages_total",
    "counter",
    "Messages logged, by level (exporter).",
    labels=("level",),
    source="count",
    note="Of the process, on the exporter's own /metrics only.",
    set="default",
)
HTTP_REQUESTS = Metric(
    "libvirt_exporter_http_requests_total",
    "counter",
    "Requests answered, by path and status code (exporter).",
    labels=("path", "code"),
    source="count",
    note="Of the process, on the exporter's own /metrics only. Unknown paths are one label value, other.",
    set="default",
)
HTTP_REQUEST_DURATION_SECONDS = Metric(
    "libvirt_exporter_http_request_duration_seconds",
    "histogram",
    "How long requests took to answer (exporter).",
    labels=("path",),
    unit="seconds",
    source="monotonic clock; buckets 0.001 0.005 0.025 0.1 0.5 2.5 10",
    note="Of the process, on the exporter's own /metrics only.",
    set="default",
)
HTTP_REJECTIONS = Metric(
    "libvirt_exporter_http_rejections_total",
    "counter",
    "Requests and connections refused, by reason: auth, limit, timeout or tls (exporter).",
    labels=("reason",),
    source="count",
    note="Of the process, on the exporter's own /metrics only.",
    set="default",
)
METRICS = (
    BUILD_INFO,
    EVENT_QUEUE_LENGTH,
    EVENTS_DROPPED,
    EVENT_LOOP_TIMESTAMP_SECONDS,
    SCHEDULER_DELAY_SECONDS,
    CONFIG_LAST_RELOAD_SUCCESS,
    CONFIG_LAST_RELOAD_SUCCESS_TIMESTAMP_SECONDS,
    CONFIG_RELOAD_FAILURES,
    CERTIFICATE_EXPIRY_TIMESTAMP_SECONDS,
    LOG_MESSAGES,
    HTTP_REQUESTS,
    HTTP_REQUEST_DURATION_SECONDS,
    HTTP_REJECTIONS,
)


@dataclass
class ProcessFigures:
    """What the process knows about itself; times are Unix seconds, None before anything happened."""

    revision: str = ""
    event_queue_length: int = 0
    events_dropped: int = 0
    event_loop_at: float | None = None
    scheduler_delay: float = 0.0
    log_messages: Counter[str] = field(default_factory=Counter)

    def count_log(self, level: str) -> None:
        """Count a message that was logged."""
        self.log_messages[level] += 1


def collect(process: ProcessFigures, rows: Sink) -> None:
    """Who this is, then its queues, configuration and log; the web side counts its requests itself."""
    build = (__version__, process.revision, platform.python_version())
    rows.add(BUILD_INFO, Labels(BUILD_INFO.labels, build), 1)
    rows.add(EVENT_QUEUE_LENGTH, NO_LABELS, process.event_queue_length)
    rows.add(EVENTS_DROPPED, NO_LABELS, process.events_dropped)
    if process.event_loop_at is not None:
        rows.add(EVENT_LOOP_TIMESTAMP_SECONDS, NO_LABELS, process.event_loop_at)
    rows.add(SCHEDULER_DELAY_SECONDS, NO_LABELS, process.scheduler_delay)
    for level, count in sorted(process.log_messages.items()):
        rows.add(LOG_MESSAGES, Labels(LOG_MESSAGES.labels, (level,)), count)
