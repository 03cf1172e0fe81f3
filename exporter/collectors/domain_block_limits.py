"""Limits of the block layer: what a disk can take in one request."""

from exporter.collectors.collector import Collector, Feed, FieldTable, not_run
from exporter.collectors.source import statistics
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import Guest
from exporter.hypervisor.record import Record

BLOCK_LIMIT_BYTES = Metric(
    "libvirt_domain_block_limit_bytes",
    "gauge",
    "Limit of the disk image in the hypervisor: request_alignment, discard_max, discard_alignment, "
    "write_zeroes_max, write_zeroes_alignment, transfer_optimal, transfer_max, transfer_hw_max, "
    "memory_alignment_minimal or memory_alignment_optimal (libvirt block.<n>.limits).",
    labels=("domain", "target_device", "limit"),
    unit="bytes",
    source="domstats block.<n>.limits.<limit>",
    note=(
        "Off: 12 series a disk that hardly ever change. Since libvirt 11.10.0 with a recent QEMU; absent where "
        "QEMU names no limit. One name with a label, because these are settings to look at, not figures to add."
    ),
    set="optional",
)
BLOCK_LIMIT_IO_VECTORS = Metric(
    "libvirt_domain_block_limit_io_vectors",
    "gauge",
    "Most scatter-gather elements in a request to the disk image: iov_max or iov_hw_max (libvirt block.<n>.limits).",
    labels=("domain", "target_device", "limit"),
    source="domstats block.<n>.limits.{iov_max,iov_hw_max}",
    note=(
        "Off: 12 series a disk that hardly ever change. Since libvirt 11.10.0 with a recent QEMU; absent where "
        "QEMU names no limit. One name with a label, because these are settings to look at, not figures to add."
    ),
    set="optional",
)
METRICS = (BLOCK_LIMIT_BYTES, BLOCK_LIMIT_IO_VECTORS)


_VECTORS = frozenset({"iov_max", "iov_hw_max"})
_BYTES = frozenset(
    {
        "request_alignment",
        "discard_max",
        "discard_alignment",
        "write_zeroes_max",
        "write_zeroes_alignment",
        "transfer_optimal",
        "transfer_max",
        "transfer_hw_max",
        "memory_alignment_minimal",
        "memory_alignment_optimal",
    }
)
KNOWN = FieldTable("block.<n>", {}, known=tuple(f"limits.{name}" for name in sorted(_VECTORS | _BYTES)))


def collect(guest: Guest, record: Record, rows: Sink) -> None:
    """The limits of each disk that is shown."""
    for fields in record.devices("block").values():
        if "name" not in fields or guest.disk(str(fields["name"])) is None:
            continue
        for key, value in fields.items():
            group, _, limit = key.partition(".")
            if group == "limits" and (limit in _BYTES or limit in _VECTORS):
                metric = BLOCK_LIMIT_BYTES if limit in _BYTES else BLOCK_LIMIT_IO_VECTORS
                rows.add(metric, guest.labels(metric.labels, str(fields["name"]), limit), int(value))


COLLECTOR = Collector(
    name="domain_block_limits",
    help="Limits of the block layer: what a disk can take in one request.",
    metrics=METRICS,
    feeds=(Feed(statistics("block"), collect),),
    cost="nothing of its own: comes with the group BLOCK",
    fields=(KNOWN,),
    queries=(
        (
            "Disks that take less than 1 MiB in one request",
            'libvirt_domain_block_limit_bytes{limit="transfer_max"} < 1048576',
        ),
    ),
    notes=(not_run("these statistics came with libvirt 11.10"),),
)
