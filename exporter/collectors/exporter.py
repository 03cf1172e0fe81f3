"""The exporter's own work for a host: collectors, calls to libvirt, the page."""

from collections.abc import Iterable

from exporter.collectors import process
from exporter.collectors.collector import Collector, Feed
from exporter.collectors.exporter_metrics import (
    CALL_DURATION_SECONDS,
    CALL_ERRORS,
    CALL_TIMEOUTS,
    CALLS_IN_FLIGHT,
    COLLECTOR_DURATION_SECONDS,
    COLLECTOR_FAILURES,
    COLLECTOR_INTERVAL_SECONDS,
    COLLECTOR_LAST_RUN_TIMESTAMP_SECONDS,
    COLLECTOR_LAST_SUCCESS_TIMESTAMP_SECONDS,
    COLLECTOR_RUNNING,
    COLLECTOR_RUNS,
    COLLECTOR_SERIES,
    COLLECTOR_SKIPS,
    COLLECTOR_SUCCESS,
    COLLECTOR_SUPPORTED,
    COLLECTOR_WITHDRAWN,
    DOMAINS_EXCLUDED,
    DOMAINS_SET_ASIDE,
    DOMAINS_SET_ASIDE_LIMIT,
    HOST_METRICS,
    OLDEST_CALL_TIMESTAMP_SECONDS,
    PAGE_BYTES,
    PAGE_SERIES,
    QUEUE_LENGTH,
    SERIES_DROPPED,
    THREADS,
    THREADS_BUSY,
    UNKNOWN_FIELDS,
)
from exporter.collectors.source import Live, Runs
from exporter.exposition.labels import remembered
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Rows
from exporter.figures import CollectorFigures, HostFigures, SkipReason
from exporter.hypervisor.calls import BUCKETS

_BOUNDS = (*map(str, BUCKETS), "+Inf")
SKIP_REASONS: tuple[SkipReason, ...] = ("running", "late", "disconnected")


def collect(host: HostFigures, rows: Rows) -> None:
    """What goes on at this moment: runs, calls, threads, guests set aside."""
    for name, figures in host.collectors.items():
        rows.add(COLLECTOR_RUNNING, remembered(COLLECTOR_RUNNING.labels, name), int(figures.running > 0))
    in_flight = host.calls.in_flight()
    rows.one(CALLS_IN_FLIGHT, len(in_flight))
    rows.one(OLDEST_CALL_TIMESTAMP_SECONDS, min((call.started_at for call in in_flight), default=None))
    rows.one(DOMAINS_SET_ASIDE, len(host.set_aside.since))
    rows.one(DOMAINS_SET_ASIDE_LIMIT, host.set_aside.limit)
    pool = remembered(THREADS.labels, "worker")
    rows.add(THREADS, pool, host.pool.threads)
    rows.add(THREADS_BUSY, pool, host.pool.busy)
    rows.add(QUEUE_LENGTH, pool, host.pool.waiting)


def collect_runs(host: HostFigures, rows: Rows) -> None:
    """What came of the runs so far: collectors, calls, then the page."""
    for name, figures in host.collectors.items():
        _collector(name, figures, rows)
    for name, part in host.parts.items():
        labels = remembered(COLLECTOR_SERIES.labels, name)
        rows.add(COLLECTOR_SERIES, labels, part.series)
        rows.add(COLLECTOR_WITHDRAWN, labels, int(part.withdrawn))
        dropped = {"duplicate": part.duplicates, "invalid": part.invalid, "limit": part.cut}
        for reason, count in dropped.items():
            rows.add(SERIES_DROPPED, remembered(SERIES_DROPPED.labels, name, reason), count)
    _calls(host, rows)
    rows.one(DOMAINS_EXCLUDED, host.inventory.excluded)
    for group, keys in sorted(host.unknown_fields.items()):
        rows.add(UNKNOWN_FIELDS, remembered(UNKNOWN_FIELDS.labels, group), len(keys))
    rows.one(PAGE_SERIES, sum(part.series for part in host.parts.values()))
    rows.one(PAGE_BYTES, sum(len(segment.data) for part in host.parts.values() for _, _, segment in part.published))


def _collector(name: str, figures: CollectorFigures, rows: Rows) -> None:
    labels = remembered(COLLECTOR_SUCCESS.labels, name)
    optional: Iterable[tuple[Metric, float | None]] = (
        (COLLECTOR_SUCCESS, None if figures.success is None else int(figures.success)),
        (COLLECTOR_DURATION_SECONDS, figures.duration),
        (COLLECTOR_LAST_RUN_TIMESTAMP_SECONDS, figures.last_run),
        (COLLECTOR_LAST_SUCCESS_TIMESTAMP_SECONDS, figures.last_success),
    )
    for metric, value in optional:
        if value is not None:
            rows.add(metric, labels, value)
    rows.add(COLLECTOR_INTERVAL_SECONDS, labels, figures.interval)
    rows.add(COLLECTOR_SUPPORTED, labels, int(figures.supported))
    rows.add(COLLECTOR_RUNS, labels, figures.runs)
    rows.add(COLLECTOR_FAILURES, labels, figures.failures)
    for reason in SKIP_REASONS:
        rows.add(COLLECTOR_SKIPS, remembered(COLLECTOR_SKIPS.labels, name, reason), figures.skips[reason])


def _calls(host: HostFigures, rows: Rows) -> None:
    for call, duration in sorted(host.calls.durations.items()):
        labels = remembered(CALL_DURATION_SECONDS.labels, call)
        count = 0
        buckets = []
        for bound, observed in zip(_BOUNDS, list(duration.counts), strict=True):
            count += observed
            buckets.append((bound, count))
        rows.histogram(CALL_DURATION_SECONDS, labels, buckets, duration.seconds)
    for (call, code), count in sorted(host.calls.errors.items()):
        rows.add(CALL_ERRORS, remembered(CALL_ERRORS.labels, call, code), count)
    for call, count in sorted(host.calls.timeouts.items()):
        rows.add(CALL_TIMEOUTS, remembered(CALL_TIMEOUTS.labels, call), count)


COLLECTOR = Collector(
    name="exporter",
    help="The exporter's own work: runs of collectors, calls to libvirt, threads, pages, web requests.",
    metrics=(*HOST_METRICS, *process.METRICS),
    feeds=(Feed(Live(), collect), Feed(Runs(), collect_runs)),
    cost="no calls",
    queries=(
        ("Collectors whose newest run failed", "libvirt_exporter_collector_success == 0"),
        (
            "Mean time of each call to libvirt",
            "rate(libvirt_exporter_call_duration_seconds_sum[5m]) / "
            "rate(libvirt_exporter_call_duration_seconds_count[5m])",
        ),
    ),
)
