"""Latency of block devices: histograms, and extremes over windows of time."""

from collections.abc import Mapping
from typing import Any

from exporter.collectors.collector import Collector, Feed, Field, FieldTable, not_run
from exporter.collectors.source import statistics
from exporter.collectors.units import nanoseconds
from exporter.exposition.labels import Labels
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink, number
from exporter.guest import DISK, Guest
from exporter.hypervisor.record import Record, numbered

WINDOW = (*DISK, "interval")

_NOTE = (
    "Since libvirt 11.10.0; only for disks with <statistic interval='..'>. Computed by QEMU over the window, so a"
    " peak between two collections is not lost. Minima and zone_append are left out."
)

READ_LATENCY_SECONDS = Metric(
    "libvirt_domain_block_read_latency_seconds",
    "histogram",
    "Latency of read requests in the hypervisor, where the guest's definition asks for it (libvirt "
    "block.<n>.latency_histogram.read).",
    labels=DISK,
    unit="seconds",
    source=(
        "domstats block.<n>.latency_histogram.read.bin.<i>.{start,value} ns -> s; le of bin i = start of bin i+1,"
        " last +Inf; count = sum of values; sum = block.<n>.rd.times ns -> s"
    ),
    note=(
        "Since libvirt 12.1.0; the bins are chosen in the disk's <statistics>, so the host's owner chooses the "
        "cardinality. Bins are not cumulative in libvirt, here they are. Resets like the other disk counters and "
        "when the bins change. libvirt counts the total time for all requests: without sum and count while the "
        "bins' sum differs from the request counter."
    ),
    set="default",
)
WRITE_LATENCY_SECONDS = Metric(
    "libvirt_domain_block_write_latency_seconds",
    "histogram",
    "Latency of write requests in the hypervisor, where the guest's definition asks for it (libvirt "
    "block.<n>.latency_histogram.write).",
    labels=DISK,
    unit="seconds",
    source=(
        "domstats block.<n>.latency_histogram.write.bin.<i>.{start,value} ns -> s; le of bin i = start of bin "
        "i+1, last +Inf; count = sum of values; sum = block.<n>.wr.times ns -> s"
    ),
    note=(
        "Since libvirt 12.1.0; the bins are chosen in the disk's <statistics>, so the host's owner chooses the "
        "cardinality. Bins are not cumulative in libvirt, here they are. Resets like the other disk counters and "
        "when the bins change. libvirt counts the total time for all requests: without sum and count while the "
        "bins' sum differs from the request counter."
    ),
    set="default",
)
FLUSH_LATENCY_SECONDS = Metric(
    "libvirt_domain_block_flush_latency_seconds",
    "histogram",
    "Latency of flush requests in the hypervisor, where the guest's definition asks for it (libvirt "
    "block.<n>.latency_histogram.flush).",
    labels=DISK,
    unit="seconds",
    source=(
        "domstats block.<n>.latency_histogram.flush.bin.<i>.{start,value} ns -> s; le of bin i = start of bin "
        "i+1, last +Inf; count = sum of values; sum = block.<n>.fl.times ns -> s"
    ),
    note=(
        "Since libvirt 12.1.0; the bins are chosen in the disk's <statistics>, so the host's owner chooses the "
        "cardinality. Bins are not cumulative in libvirt, here they are. Resets like the other disk counters and "
        "when the bins change. libvirt counts the total time for all requests: without sum and count while the "
        "bins' sum differs from the request counter."
    ),
    set="default",
)
ZONE_APPEND_LATENCY_SECONDS = Metric(
    "libvirt_domain_block_zone_append_latency_seconds",
    "histogram",
    "Latency of zone append requests in the hypervisor, where the guest's definition asks for it (libvirt "
    "block.<n>.latency_histogram.zone_append).",
    labels=DISK,
    unit="seconds",
    source=(
        "domstats block.<n>.latency_histogram.zone_append.bin.<i>.{start,value} ns -> s; le of bin i = start of "
        "bin i+1, last +Inf; count = sum of values; sum = absent"
    ),
    note=(
        "Since libvirt 12.1.0; the bins are chosen in the disk's <statistics>, so the host's owner chooses the "
        "cardinality. Bins are not cumulative in libvirt, here they are. Resets like the other disk counters and "
        "when the bins change. libvirt gives no total time: no sum and count."
    ),
    set="default",
)
READ_LATENCY_MAXIMUM_SECONDS = Metric(
    "libvirt_domain_block_read_latency_maximum_seconds",
    "gauge",
    "Maximum latency of read requests within the configured interval (libvirt "
    "block.<n>.timed_group.<i>.rd_latency_max).",
    labels=("domain", "target_device", "interval"),
    unit="seconds",
    source=(
        "domstats block.<n>.timed_group.<i>.rd_latency_max ns -> s; label interval = timed_group.<i>.interval in "
        "seconds"
    ),
    note=_NOTE,
    set="default",
)
READ_LATENCY_AVERAGE_SECONDS = Metric(
    "libvirt_domain_block_read_latency_average_seconds",
    "gauge",
    "Average latency of read requests within the configured interval (libvirt "
    "block.<n>.timed_group.<i>.rd_latency_avg).",
    labels=("domain", "target_device", "interval"),
    unit="seconds",
    source=(
        "domstats block.<n>.timed_group.<i>.rd_latency_avg ns -> s; label interval = timed_group.<i>.interval in "
        "seconds"
    ),
    note=_NOTE,
    set="default",
)
READ_QUEUE_DEPTH_AVERAGE = Metric(
    "libvirt_domain_block_read_queue_depth_average",
    "gauge",
    "Average number of read requests in flight within the configured interval (libvirt "
    "block.<n>.timed_group.<i>.rd_queue_depth_avg).",
    labels=("domain", "target_device", "interval"),
    source="domstats block.<n>.timed_group.<i>.rd_queue_depth_avg",
    note=_NOTE,
    set="default",
)
WRITE_LATENCY_MAXIMUM_SECONDS = Metric(
    "libvirt_domain_block_write_latency_maximum_seconds",
    "gauge",
    "Maximum latency of write requests within the configured interval (libvirt "
    "block.<n>.timed_group.<i>.wr_latency_max).",
    labels=("domain", "target_device", "interval"),
    unit="seconds",
    source=(
        "domstats block.<n>.timed_group.<i>.wr_latency_max ns -> s; label interval = timed_group.<i>.interval in "
        "seconds"
    ),
    note=_NOTE,
    set="default",
)
WRITE_LATENCY_AVERAGE_SECONDS = Metric(
    "libvirt_domain_block_write_latency_average_seconds",
    "gauge",
    "Average latency of write requests within the configured interval (libvirt "
    "block.<n>.timed_group.<i>.wr_latency_avg).",
    labels=("domain", "target_device", "interval"),
    unit="seconds",
    source=(
        "domstats block.<n>.timed_group.<i>.wr_latency_avg ns -> s; label interval = timed_group.<i>.interval in "
        "seconds"
    ),
    note=_NOTE,
    set="default",
)
WRITE_QUEUE_DEPTH_AVERAGE = Metric(
    "libvirt_domain_block_write_queue_depth_average",
    "gauge",
    "Average number of write requests in flight within the configured interval (libvirt "
    "block.<n>.timed_group.<i>.wr_queue_depth_avg).",
    labels=("domain", "target_device", "interval"),
    source="domstats block.<n>.timed_group.<i>.wr_queue_depth_avg",
    note=_NOTE,
    set="default",
)
FLUSH_LATENCY_MAXIMUM_SECONDS = Metric(
    "libvirt_domain_block_flush_latency_maximum_seconds",
    "gauge",
    "Maximum latency of flush requests within the configured interval (libvirt "
    "block.<n>.timed_group.<i>.flush_latency_max).",
    labels=("domain", "target_device", "interval"),
    unit="seconds",
    source=(
        "domstats block.<n>.timed_group.<i>.flush_latency_max ns -> s; label interval = timed_group.<i>.interval "
        "in seconds"
    ),
    note=_NOTE,
    set="default",
)
FLUSH_LATENCY_AVERAGE_SECONDS = Metric(
    "libvirt_domain_block_flush_latency_average_seconds",
    "gauge",
    "Average latency of flush requests within the configured interval (libvirt "
    "block.<n>.timed_group.<i>.flush_latency_avg).",
    labels=("domain", "target_device", "interval"),
    unit="seconds",
    source=(
        "domstats block.<n>.timed_group.<i>.flush_latency_avg ns -> s; label interval = timed_group.<i>.interval "
        "in seconds"
    ),
    note=_NOTE,
    set="default",
)
METRICS = (
    READ_LATENCY_SECONDS,
    WRITE_LATENCY_SECONDS,
    FLUSH_LATENCY_SECONDS,
    ZONE_APPEND_LATENCY_SECONDS,
    READ_LATENCY_MAXIMUM_SECONDS,
    READ_LATENCY_AVERAGE_SECONDS,
    READ_QUEUE_DEPTH_AVERAGE,
    WRITE_LATENCY_MAXIMUM_SECONDS,
    WRITE_LATENCY_AVERAGE_SECONDS,
    WRITE_QUEUE_DEPTH_AVERAGE,
    FLUSH_LATENCY_MAXIMUM_SECONDS,
    FLUSH_LATENCY_AVERAGE_SECONDS,
)


_HISTOGRAMS = (
    ("read", READ_LATENCY_SECONDS, "rd"),
    ("write", WRITE_LATENCY_SECONDS, "wr"),
    ("flush", FLUSH_LATENCY_SECONDS, "fl"),
    ("zone_append", ZONE_APPEND_LATENCY_SECONDS, ""),
)
"""Name in the keys, metric, and the prefix of the counters of requests and of their time."""

WINDOW_FIELDS = FieldTable(
    "timed_group",
    {
        "rd_latency_max": Field(READ_LATENCY_MAXIMUM_SECONDS, nanoseconds),
        "rd_latency_avg": Field(READ_LATENCY_AVERAGE_SECONDS, nanoseconds),
        "rd_queue_depth_avg": Field(READ_QUEUE_DEPTH_AVERAGE),
        "wr_latency_max": Field(WRITE_LATENCY_MAXIMUM_SECONDS, nanoseconds),
        "wr_latency_avg": Field(WRITE_LATENCY_AVERAGE_SECONDS, nanoseconds),
        "wr_queue_depth_avg": Field(WRITE_QUEUE_DEPTH_AVERAGE),
        "flush_latency_max": Field(FLUSH_LATENCY_MAXIMUM_SECONDS, nanoseconds),
        "flush_latency_avg": Field(FLUSH_LATENCY_AVERAGE_SECONDS, nanoseconds),
    },
)
KNOWN = FieldTable(
    "block.<n>",
    {},
    known=(
        "timed_group.count",
        "timed_group.<n>.interval",
        *(
            f"timed_group.<n>.{kind}_latency_{figure}"
            for kind in ("rd", "wr", "flush", "zone_append")
            for figure in ("min", "max", "avg")
        ),
        *(f"timed_group.<n>.{kind}_queue_depth_avg" for kind in ("rd", "wr", "zone_append")),
        *(
            f"latency_histogram.{kind}.bin.{field}"
            for kind, _metric, _counters in _HISTOGRAMS
            for field in ("count", "<n>.start", "<n>.value")
        ),
    ),
)


def collect(guest: Guest, record: Record, rows: Sink) -> None:
    """Histograms and windows of each disk that has them."""
    for fields in record.devices("block").values():
        labels = guest.disk(str(fields["name"])) if "name" in fields else None
        if labels is None:
            continue
        if fields.get("timed_group.count"):
            for window in numbered(fields, "timed_group").values():
                interval = str(window.get("interval", ""))
                WINDOW_FIELDS.write(window, guest.labels(WINDOW, str(fields["name"]), interval), rows)
        for kind, metric, counters in _HISTOGRAMS:
            if fields.get(f"latency_histogram.{kind}.bin.count"):
                _histogram(fields, kind, metric, counters, labels, rows)


def _histogram(fields: Mapping[str, Any], kind: str, metric: Metric, counters: str, labels: Labels, rows: Sink) -> None:
    """Bins as Prometheus has them: cumulative, each named by its upper bound, which is where the next one starts."""
    bins = [one for _, one in sorted(numbered(fields, f"latency_histogram.{kind}.bin").items())]
    bounds = [number(nanoseconds(int(one["start"]))) for one in bins[1:]]
    buckets = []
    count = 0
    for bound, one in zip((*bounds, "+Inf"), bins, strict=True):
        count += int(one["value"])
        buckets.append((bound, count))
    time = fields.get(f"{counters}.times")
    # The time is that of all requests since the guest started, the bins count since they were set up.
    whole = time is not None and fields.get(f"{counters}.reqs") == count
    rows.histogram(metric, labels, buckets, nanoseconds(int(fields[f"{counters}.times"])) if whole else None)


COLLECTOR = Collector(
    name="domain_block_latency",
    help="Latency of block devices, for disks whose definition asks QEMU to keep such statistics.",
    metrics=METRICS,
    feeds=(Feed(statistics("block"), collect),),
    cost="nothing of its own: comes with the group BLOCK",
    fields=(KNOWN,),
    queries=(
        ("99th percentile", "histogram_quantile(0.99, rate(libvirt_domain_block_read_latency_seconds_bucket[5m]))"),
    ),
    notes=(not_run("these statistics came with libvirt 11.10 and 12.1"),),
)
