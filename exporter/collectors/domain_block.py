"""Block devices of guests: requests, bytes, times and sizes."""

from exporter.collectors.collector import Collector, Feed, Field, FieldTable, not_run
from exporter.collectors.source import statistics
from exporter.collectors.units import nanoseconds
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import DISK, Guest
from exporter.hypervisor.record import Record

READ_BYTES = Metric(
    "libvirt_domain_block_stats_read_bytes_total",
    "counter",
    "Bytes read from the disk (libvirt block.<n>.rd.bytes).",
    labels=DISK,
    unit="bytes",
    source="domstats block.<n>.rd.bytes",
    note=(
        "Resets with a new hypervisor process (start, restore, migration) and when the disk is plugged "
        "again, not on reboot. Active guests only."
    ),
)
READ_REQUESTS = Metric(
    "libvirt_domain_block_stats_read_requests_total",
    "counter",
    "Read requests to the disk (libvirt block.<n>.rd.reqs).",
    labels=DISK,
    source="domstats block.<n>.rd.reqs",
    note=(
        "Resets with a new hypervisor process (start, restore, migration) and when the disk is plugged "
        "again, not on reboot. Active guests only."
    ),
)
READ_TIME_SECONDS = Metric(
    "libvirt_domain_block_stats_read_time_seconds_total",
    "counter",
    "Time spent on reads, summed over requests that may overlap (libvirt block.<n>.rd.times).",
    labels=DISK,
    unit="seconds",
    source="domstats block.<n>.rd.times ns -> s",
    note=(
        "Mean latency: rate of this / rate of read_requests_total. Resets with a new hypervisor process "
        "(start, restore, migration) and when the disk is plugged again, not on reboot. Active guests "
        "only."
    ),
)
WRITE_BYTES = Metric(
    "libvirt_domain_block_stats_write_bytes_total",
    "counter",
    "Bytes written to the disk (libvirt block.<n>.wr.bytes).",
    labels=DISK,
    unit="bytes",
    source="domstats block.<n>.wr.bytes",
    note=(
        "Resets with a new hypervisor process (start, restore, migration) and when the disk is plugged "
        "again, not on reboot. Active guests only."
    ),
)
WRITE_REQUESTS = Metric(
    "libvirt_domain_block_stats_write_requests_total",
    "counter",
    "Write requests to the disk (libvirt block.<n>.wr.reqs).",
    labels=DISK,
    source="domstats block.<n>.wr.reqs",
    note=(
        "Resets with a new hypervisor process (start, restore, migration) and when the disk is plugged "
        "again, not on reboot. Active guests only."
    ),
)
WRITE_TIME_SECONDS = Metric(
    "libvirt_domain_block_stats_write_time_seconds_total",
    "counter",
    "Time spent on writes, summed over requests that may overlap (libvirt block.<n>.wr.times).",
    labels=DISK,
    unit="seconds",
    source="domstats block.<n>.wr.times ns -> s",
    note=(
        "Mean latency: rate of this / rate of write_requests_total. Resets with a new hypervisor process "
        "(start, restore, migration) and when the disk is plugged again, not on reboot. Active guests "
        "only."
    ),
)
FLUSH_REQUESTS = Metric(
    "libvirt_domain_block_stats_flush_requests_total",
    "counter",
    "Flush requests to the disk (libvirt block.<n>.fl.reqs).",
    labels=DISK,
    source="domstats block.<n>.fl.reqs",
    note=(
        "Resets with a new hypervisor process (start, restore, migration) and when the disk is plugged "
        "again, not on reboot. Active guests only."
    ),
)
FLUSH_TIME_SECONDS = Metric(
    "libvirt_domain_block_stats_flush_time_seconds_total",
    "counter",
    "Time spent on flushes, summed over requests that may overlap (libvirt block.<n>.fl.times).",
    labels=DISK,
    unit="seconds",
    source="domstats block.<n>.fl.times ns -> s",
    note=(
        "Resets with a new hypervisor process (start, restore, migration) and when the disk is plugged "
        "again, not on reboot. Active guests only."
    ),
)
CAPACITY_BYTES = Metric(
    "libvirt_domain_block_stats_capacity_bytes",
    "gauge",
    "Size of the disk as the guest sees it (libvirt block.<n>.capacity).",
    labels=DISK,
    unit="bytes",
    source="domstats block.<n>.capacity",
    note=(
        "Also for inactive guests, on a slow schedule, because libvirt then opens the image files. Empty "
        "drives have none: absent, not 0."
    ),
)
ALLOCATION_BYTES = Metric(
    "libvirt_domain_block_stats_allocation_bytes",
    "gauge",
    "Offset of the highest written sector, which is what a thin volume must hold (libvirt block.<n>.allocation).",
    labels=DISK,
    unit="bytes",
    source="domstats block.<n>.allocation",
    note=(
        "Active guests only: for inactive ones libvirt gives something else, the space on the host. Not "
        "the space in use: it may exceed capacity (metadata) or physical size (sparse files), and is 0 "
        "until the first write."
    ),
)
PHYSICALSIZE_BYTES = Metric(
    "libvirt_domain_block_stats_physicalsize_bytes",
    "gauge",
    "Size of the file or device that holds the disk on the host (libvirt block.<n>.physical).",
    labels=DISK,
    unit="bytes",
    source="domstats block.<n>.physical",
)
THRESHOLD_BYTES = Metric(
    "libvirt_domain_block_stats_threshold_bytes",
    "gauge",
    "Write offset at which libvirt will send a threshold event, absent if none is set (libvirt block.<n>.threshold).",
    labels=DISK,
    unit="bytes",
    source="domstats block.<n>.threshold when > 0",
    note="Falls to 0 when the event was sent.",
    set="default",
)
OUT_OF_REQUESTS = Metric(
    "libvirt_domain_block_stats_out_of_requests_total",
    "counter",
    "Times the disk backend had no free request, Xen only (libvirt block.<n>.errors).",
    labels=DISK,
    source="domstats block.<n>.errors",
    note="Absent elsewhere.",
    set="default",
)
METRICS = (
    READ_BYTES,
    READ_REQUESTS,
    READ_TIME_SECONDS,
    WRITE_BYTES,
    WRITE_REQUESTS,
    WRITE_TIME_SECONDS,
    FLUSH_REQUESTS,
    FLUSH_TIME_SECONDS,
    CAPACITY_BYTES,
    ALLOCATION_BYTES,
    PHYSICALSIZE_BYTES,
    THRESHOLD_BYTES,
    OUT_OF_REQUESTS,
)


FIELDS = FieldTable(
    "block.<n>",
    {
        "rd.bytes": Field(READ_BYTES),
        "rd.reqs": Field(READ_REQUESTS),
        "rd.times": Field(READ_TIME_SECONDS, nanoseconds),
        "wr.bytes": Field(WRITE_BYTES),
        "wr.reqs": Field(WRITE_REQUESTS),
        "wr.times": Field(WRITE_TIME_SECONDS, nanoseconds),
        "fl.reqs": Field(FLUSH_REQUESTS),
        "fl.times": Field(FLUSH_TIME_SECONDS, nanoseconds),
        "capacity": Field(CAPACITY_BYTES),
        "allocation": Field(ALLOCATION_BYTES),
        "physical": Field(PHYSICALSIZE_BYTES),
        "errors": Field(OUT_OF_REQUESTS),
    },
    known=("name", "path", "backingIndex", "threshold"),
)
# What libvirt gives as allocation of a guest that is off is the space on the host, which is something else.
INACTIVE_FIELDS = FieldTable("block.<n>", {"capacity": Field(CAPACITY_BYTES), "physical": Field(PHYSICALSIZE_BYTES)})


def collect(guest: Guest, record: Record, rows: Sink) -> None:
    """The samples of each disk that is shown; a disk without a name has none."""
    table = FIELDS if guest.active else INACTIVE_FIELDS
    for fields in record.devices("block").values():
        labels = guest.disk(str(fields["name"])) if "name" in fields else None
        if labels is None:
            continue
        table.write(fields, labels, rows)
        threshold = fields.get("threshold")
        if threshold:
            rows.add(THRESHOLD_BYTES, labels, int(threshold))


COLLECTOR = Collector(
    name="domain_block",
    help="Block devices of guests: requests, bytes, times, sizes.",
    metrics=METRICS,
    feeds=(Feed(statistics("block"), collect),),
    cost="the group BLOCK of the bulk call; for guests that are off libvirt opens the image files",
    fields=(FIELDS, FieldTable("block", {}, known=("count",))),
    queries=(
        (
            "Mean latency of reads",
            "rate(libvirt_domain_block_stats_read_time_seconds_total[5m]) / "
            "rate(libvirt_domain_block_stats_read_requests_total[5m])",
        ),
        (
            "How full thin disks are on the host",
            "libvirt_domain_block_stats_allocation_bytes / libvirt_domain_block_stats_capacity_bytes",
        ),
    ),
    notes=(not_run("requests that found no room are told by Xen alone"),),
)
