"""Every image of the chains behind the disks of guests."""

from exporter.collectors.collector import SLOW, Collector, Feed, Field, FieldTable
from exporter.collectors.source import statistics
from exporter.exposition.labels import Labels
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import Guest
from exporter.hypervisor.record import Record

_NOTE = "Off: a series for each image of each chain, and a bulk call with the flag BACKING."

BLOCK_BACKING_INFO = Metric(
    "libvirt_domain_block_backing_info",
    "info",
    "Image in the backing chain of the disk (libvirt block.<n>.path with BACKING).",
    labels=("domain", "target_device", "backing_index", "path"),
    source="domstats(BACKING) block.<n>.{name,backingIndex,path}",
    note=_NOTE,
    set="optional",
)
BLOCK_BACKING_ALLOCATION_BYTES = Metric(
    "libvirt_domain_block_backing_allocation_bytes",
    "gauge",
    "Highest written offset of an image in the backing chain (libvirt block.<n>.allocation with BACKING).",
    labels=("domain", "target_device", "backing_index"),
    unit="bytes",
    source="domstats(BACKING) block.<n>.allocation",
    note=_NOTE,
    set="optional",
)
BLOCK_BACKING_CAPACITY_BYTES = Metric(
    "libvirt_domain_block_backing_capacity_bytes",
    "gauge",
    "Size of an image in the backing chain (libvirt block.<n>.capacity with BACKING).",
    labels=("domain", "target_device", "backing_index"),
    unit="bytes",
    source="domstats(BACKING) block.<n>.capacity",
    note=_NOTE,
    set="optional",
)
BLOCK_BACKING_PHYSICALSIZE_BYTES = Metric(
    "libvirt_domain_block_backing_physicalsize_bytes",
    "gauge",
    "Size on the host of an image in the backing chain (libvirt block.<n>.physical with BACKING).",
    labels=("domain", "target_device", "backing_index"),
    unit="bytes",
    source="domstats(BACKING) block.<n>.physical",
    note=_NOTE,
    set="optional",
)
BLOCK_BACKING_READ_BYTES = Metric(
    "libvirt_domain_block_backing_read_bytes_total",
    "counter",
    "Bytes read from an image in the backing chain (libvirt block.<n>.rd.bytes with BACKING).",
    labels=("domain", "target_device", "backing_index"),
    unit="bytes",
    source="domstats(BACKING) block.<n>.rd.bytes",
    note=_NOTE + " Resets when the guest starts.",
    set="optional",
)
BLOCK_BACKING_WRITE_BYTES = Metric(
    "libvirt_domain_block_backing_write_bytes_total",
    "counter",
    "Bytes written to an image in the backing chain (libvirt block.<n>.wr.bytes with BACKING).",
    labels=("domain", "target_device", "backing_index"),
    unit="bytes",
    source="domstats(BACKING) block.<n>.wr.bytes",
    note=_NOTE + " Resets when the guest starts.",
    set="optional",
)
METRICS = (
    BLOCK_BACKING_INFO,
    BLOCK_BACKING_ALLOCATION_BYTES,
    BLOCK_BACKING_CAPACITY_BYTES,
    BLOCK_BACKING_PHYSICALSIZE_BYTES,
    BLOCK_BACKING_READ_BYTES,
    BLOCK_BACKING_WRITE_BYTES,
)


FIELDS = FieldTable(
    "block.<n>",
    {
        "allocation": Field(BLOCK_BACKING_ALLOCATION_BYTES),
        "capacity": Field(BLOCK_BACKING_CAPACITY_BYTES),
        "physical": Field(BLOCK_BACKING_PHYSICALSIZE_BYTES),
        "rd.bytes": Field(BLOCK_BACKING_READ_BYTES),
        "wr.bytes": Field(BLOCK_BACKING_WRITE_BYTES),
    },
)


def collect(guest: Guest, record: Record, rows: Sink) -> None:
    """Each image that libvirt numbers; entries repeat the name of the disk for every image of its chain."""
    for fields in record.devices("block").values():
        if "backingIndex" not in fields or guest.disk(str(fields.get("name", ""))) is None:
            continue
        place = (str(fields["name"]), str(fields["backingIndex"]))
        # A snapshot brings a new path, so these label sets are not remembered.
        values = (guest.name, *place, str(fields.get("path", "")))
        rows.add(BLOCK_BACKING_INFO, Labels(BLOCK_BACKING_INFO.labels, values), 1)
        FIELDS.write(fields, guest.labels(BLOCK_BACKING_CAPACITY_BYTES.labels, *place), rows)


COLLECTOR = Collector(
    name="domain_block_backing",
    help="Every image of the chains behind the disks of guests.",
    metrics=METRICS,
    feeds=(Feed(statistics("block", backing=True), collect),),
    interval=SLOW,
    cost="the group BLOCK once more, with the flag BACKING",
    queries=(
        (
            "Images in the chain of each disk",
            "count by (instance, domain, target_device) (libvirt_domain_block_backing_info)",
        ),
    ),
)
