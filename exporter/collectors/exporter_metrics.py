"""Declarations of the figures about the exporter's own work for a host."""

from exporter.exposition.metric import Metric

COLLECTOR_SUCCESS = Metric(
    "libvirt_exporter_collector_success",
    "gauge",
    "Whether the collector's last run gave everything it should (1) or failed in part or whole (0) (exporter).",
    labels=("collector",),
    source="outcome of the last run",
    note="Of the host this page describes. Not supported here counts as success, see collector_supported.",
)
COLLECTOR_DURATION_SECONDS = Metric(
    "libvirt_exporter_collector_duration_seconds",
    "gauge",
    "How long the collector's last finished run took (exporter).",
    labels=("collector",),
    unit="seconds",
    source="monotonic clock around the run",
    note="Of the host this page describes.",
)
COLLECTOR_LAST_RUN_TIMESTAMP_SECONDS = Metric(
    "libvirt_exporter_collector_last_run_timestamp_seconds",
    "gauge",
    "When the collector's last finished run started (exporter clock).",
    labels=("collector",),
    unit="seconds",
    source="time at the start of the run",
    note="Of the host this page describes.",
)
COLLECTOR_LAST_SUCCESS_TIMESTAMP_SECONDS = Metric(
    "libvirt_exporter_collector_last_success_timestamp_seconds",
    "gauge",
    "When the collector's last run with full success started (exporter clock).",
    labels=("collector",),
    unit="seconds",
    source="time at the start of the last run with success",
    note=(
        "Of the host this page describes. Age: time() - this. The one to alert on; for single guests "
        "libvirt_domain_stats_timestamp_seconds."
    ),
)
COLLECTOR_INTERVAL_SECONDS = Metric(
    "libvirt_exporter_collector_interval_seconds",
    "gauge",
    "How often the collector is to run (configuration).",
    labels=("collector",),
    unit="seconds",
    source="settings",
    note="Of the host this page describes. Compare the age with it.",
)
COLLECTOR_SUPPORTED = Metric(
    "libvirt_exporter_collector_supported",
    "gauge",
    "Whether host and connection can give what the collector asks for (1) or not (0) (exporter).",
    labels=("collector",),
    source="0 after VIR_ERR_NO_SUPPORT, VIR_ERR_OPERATION_UNSUPPORTED or VIR_ERR_OPERATION_DENIED",
    note="Of the host this page describes. Remembered until the next reconnect.",
)
COLLECTOR_WITHDRAWN = Metric(
    "libvirt_exporter_collector_withdrawn",
    "gauge",
    "Whether the collector's part of the page is withdrawn because it is too old (1) (exporter).",
    labels=("collector",),
    source="age of the part beyond its limit",
    note="Of the host this page describes. Its series are gone then, never repeated for ever.",
)
COLLECTOR_RUNNING = Metric(
    "libvirt_exporter_collector_running",
    "gauge",
    "Whether a run of the collector is going on (exporter).",
    labels=("collector",),
    source="state of the runner",
    note="Of the host this page describes. 1 for longer than the interval: stuck.",
)
COLLECTOR_SERIES = Metric(
    "libvirt_exporter_collector_series",
    "gauge",
    "Series the collector has on this page (exporter).",
    labels=("collector",),
    source="count of samples in its part",
    note="Of the host this page describes. Histogram buckets count one by one.",
)
COLLECTOR_RUNS = Metric(
    "libvirt_exporter_collector_runs_total",
    "counter",
    "Runs of the collector, failed ones included (exporter).",
    labels=("collector",),
    source="count",
    note="Of the host this page describes. Resets when the exporter restarts.",
)
COLLECTOR_FAILURES = Metric(
    "libvirt_exporter_collector_failures_total",
    "counter",
    "Runs of the collector that failed in part or whole (exporter).",
    labels=("collector",),
    source="count",
    note="Of the host this page describes. Resets when the exporter restarts.",
)
COLLECTOR_SKIPS = Metric(
    "libvirt_exporter_collector_skips_total",
    "counter",
    "Runs of the collector that were due and did not happen, by reason: running, late or disconnected (exporter).",
    labels=("collector", "reason"),
    source="scheduler events max_instances and missed, or no connection",
    note=("Of the host this page describes. running is the sign of a hung call. Resets when the exporter restarts."),
)
CALL_DURATION_SECONDS = Metric(
    "libvirt_exporter_call_duration_seconds",
    "histogram",
    "How long calls to libvirt took, by call (exporter).",
    labels=("call",),
    unit="seconds",
    source="monotonic clock around each libvirt call; buckets 0.005 0.025 0.1 0.5 2.5 10 30",
    note=(
        "Of the host this page describes. label call is the API name, such as domainListGetStats; about "
        "40 names. Calls ended at their deadline count with the time they had. Resets when the exporter "
        "restarts."
    ),
)
CALL_ERRORS = Metric(
    "libvirt_exporter_call_errors_total",
    "counter",
    "Calls to libvirt that failed, by call and error code (exporter).",
    labels=("call", "code"),
    source="libvirtError.get_error_code() -> name without VIR_ERR_, lower case",
    note=(
        "Of the host this page describes. Only combinations that happened. Calls in all: "
        "call_duration_seconds_count. Resets when the exporter restarts."
    ),
)
CALL_TIMEOUTS = Metric(
    "libvirt_exporter_call_timeouts_total",
    "counter",
    "Calls to libvirt that missed their deadline (exporter).",
    labels=("call",),
    source="count",
    note=(
        "Of the host this page describes. Such a call is ended by closing its connection: "
        'libvirt_connection_closes_total{reason="abandoned"}. Resets when the exporter restarts.'
    ),
)
CALLS_IN_FLIGHT = Metric(
    "libvirt_exporter_calls_in_flight",
    "gauge",
    "Calls to libvirt that have not returned (exporter).",
    source="count",
    note="Of the host this page describes. At most one a connection.",
)
OLDEST_CALL_TIMESTAMP_SECONDS = Metric(
    "libvirt_exporter_oldest_call_timestamp_seconds",
    "gauge",
    "When the oldest call that has not returned was made, absent without one (exporter clock).",
    unit="seconds",
    source="min of start times",
    note="Of the host this page describes.",
)
DOMAINS_SET_ASIDE = Metric(
    "libvirt_exporter_domains_set_aside",
    "gauge",
    "Guests set aside because their monitor does not answer (exporter).",
    source="count of quarantine",
    note=(
        "Of the host this page describes. Each may hold a worker of the daemon, which has 20 by default: "
        "at 20 the daemon stops for everyone."
    ),
)
DOMAINS_SET_ASIDE_LIMIT = Metric(
    "libvirt_exporter_domains_set_aside_limit",
    "gauge",
    "At how many guests set aside no monitor of any guest is entered any more (exporter).",
    source="--libvirt.max-set-aside",
    note="Of the host this page describes. Reached: statistics that need a monitor are withdrawn for all guests.",
)
DOMAINS_EXCLUDED = Metric(
    "libvirt_exporter_domains_excluded",
    "gauge",
    "Guests left out by --domain.include and --domain.exclude (exporter).",
    source="count",
    note="Of the host this page describes.",
)
UNKNOWN_FIELDS = Metric(
    "libvirt_exporter_unknown_fields",
    "gauge",
    "Statistics libvirt gave that this exporter does not know, by group (exporter).",
    labels=("group",),
    source="distinct keys, numbers replaced by <n>, that no table row matches",
    note="Of the host this page describes. A newer libvirt than the exporter; the keys are in the log.",
)
SERIES_DROPPED = Metric(
    "libvirt_exporter_series_dropped",
    "gauge",
    "Series left out of this page, by reason: duplicate, invalid or limit (exporter).",
    labels=("collector", "reason"),
    source="count of what was written last of each guest and of the host",
    note=(
        "Of the host this page describes. duplicate: the same labels twice. invalid: figures that cannot be; a guest "
        "of which a collector could make nothing counts as one."
    ),
)
PAGE_SERIES = Metric(
    "libvirt_exporter_page_series",
    "gauge",
    "Series on this page (exporter).",
    source="count of samples",
    note="Of the host this page describes.",
    set="default",
)
PAGE_BYTES = Metric(
    "libvirt_exporter_page_bytes",
    "gauge",
    "Size of this page before compression (exporter).",
    unit="bytes",
    source="length of the text form",
    note="Of the host this page describes. Compare with body_size_limit.",
    set="default",
)
THREADS = Metric(
    "libvirt_exporter_threads",
    "gauge",
    "Threads of the exporter by pool: collector, call, web or event (exporter).",
    labels=("pool",),
    source="count",
    note="Of the process, on the exporter's own /metrics only.",
    set="default",
)
THREADS_BUSY = Metric(
    "libvirt_exporter_threads_busy",
    "gauge",
    "Threads of the exporter that work, by pool (exporter).",
    labels=("pool",),
    source="count",
    note="Of the process, on the exporter's own /metrics only.",
    set="default",
)
QUEUE_LENGTH = Metric(
    "libvirt_exporter_queue_length",
    "gauge",
    "Work that waits for a thread, by pool (exporter).",
    labels=("pool",),
    source="queue size",
    note="Of the process, on the exporter's own /metrics only.",
    set="default",
)
HOST_METRICS = (
    COLLECTOR_SUCCESS,
    COLLECTOR_DURATION_SECONDS,
    COLLECTOR_LAST_RUN_TIMESTAMP_SECONDS,
    COLLECTOR_LAST_SUCCESS_TIMESTAMP_SECONDS,
    COLLECTOR_INTERVAL_SECONDS,
    COLLECTOR_SUPPORTED,
    COLLECTOR_WITHDRAWN,
    COLLECTOR_RUNNING,
    COLLECTOR_SERIES,
    COLLECTOR_RUNS,
    COLLECTOR_FAILURES,
    COLLECTOR_SKIPS,
    CALL_DURATION_SECONDS,
    CALL_ERRORS,
    CALL_TIMEOUTS,
    CALLS_IN_FLIGHT,
    OLDEST_CALL_TIMESTAMP_SECONDS,
    DOMAINS_SET_ASIDE,
    DOMAINS_SET_ASIDE_LIMIT,
    DOMAINS_EXCLUDED,
    UNKNOWN_FIELDS,
    SERIES_DROPPED,
    PAGE_SERIES,
    PAGE_BYTES,
    THREADS,
    THREADS_BUSY,
    QUEUE_LENGTH,
)
