"""Limits of input and output on the disks of guests."""

from xml.etree.ElementTree import Element

from exporter.collectors.collector import RARE, Collector, Feed
from exporter.collectors.source import Description
from exporter.exposition.labels import Labels
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import DISK, Guest

_NOTE = (
    "From the XML: no monitor request, while dom.blockIoTune() costs one for each disk. 0 means unlimited in "
    "libvirt: absent here. TUNABLE events refresh it."
)

TOTAL_BYTES_PER_SECOND = Metric(
    "libvirt_domain_block_iotune_total_bytes_per_second",
    "gauge",
    "Limit on bytes a second for reads and writes together, absent if unlimited (libvirt iotune total_bytes_sec).",
    labels=DISK,
    unit="bytes_per_second",
    source="XMLDesc(0) devices/disk/iotune/total_bytes_sec",
    note=_NOTE,
    set="default",
)
TOTAL_REQUESTS_PER_SECOND = Metric(
    "libvirt_domain_block_iotune_total_requests_per_second",
    "gauge",
    "Limit on requests a second for reads and writes together, absent if unlimited (libvirt iotune total_iops_sec).",
    labels=DISK,
    unit="requests_per_second",
    source="XMLDesc(0) devices/disk/iotune/total_iops_sec",
    note=_NOTE,
    set="default",
)
TOTAL_BURST_BYTES_PER_SECOND = Metric(
    "libvirt_domain_block_iotune_total_burst_bytes_per_second",
    "gauge",
    "Limit on bytes a second during a burst for reads and writes together (libvirt iotune total_bytes_sec_max).",
    labels=DISK,
    unit="bytes_per_second",
    source="XMLDesc(0) devices/disk/iotune/total_bytes_sec_max",
    note=_NOTE,
    set="default",
)
TOTAL_BURST_REQUESTS_PER_SECOND = Metric(
    "libvirt_domain_block_iotune_total_burst_requests_per_second",
    "gauge",
    "Limit on requests a second during a burst for reads and writes together (libvirt iotune total_iops_sec_max).",
    labels=DISK,
    unit="requests_per_second",
    source="XMLDesc(0) devices/disk/iotune/total_iops_sec_max",
    note=_NOTE,
    set="default",
)
TOTAL_BYTES_BURST_SECONDS = Metric(
    "libvirt_domain_block_iotune_total_bytes_burst_seconds",
    "gauge",
    "How long a burst of bytes may last for reads and writes together (libvirt iotune total_bytes_sec_max_length).",
    labels=DISK,
    unit="seconds",
    source="XMLDesc(0) devices/disk/iotune/total_bytes_sec_max_length s",
    note=_NOTE,
    set="default",
)
TOTAL_REQUESTS_BURST_SECONDS = Metric(
    "libvirt_domain_block_iotune_total_requests_burst_seconds",
    "gauge",
    "How long a burst of requests may last for reads and writes together (libvirt iotune total_iops_sec_max_length).",
    labels=DISK,
    unit="seconds",
    source="XMLDesc(0) devices/disk/iotune/total_iops_sec_max_length s",
    note=_NOTE,
    set="default",
)
READ_BYTES_PER_SECOND = Metric(
    "libvirt_domain_block_iotune_read_bytes_per_second",
    "gauge",
    "Limit on bytes a second for reads, absent if unlimited (libvirt iotune read_bytes_sec).",
    labels=DISK,
    unit="bytes_per_second",
    source="XMLDesc(0) devices/disk/iotune/read_bytes_sec",
    note=_NOTE,
    set="default",
)
READ_REQUESTS_PER_SECOND = Metric(
    "libvirt_domain_block_iotune_read_requests_per_second",
    "gauge",
    "Limit on requests a second for reads, absent if unlimited (libvirt iotune read_iops_sec).",
    labels=DISK,
    unit="requests_per_second",
    source="XMLDesc(0) devices/disk/iotune/read_iops_sec",
    note=_NOTE,
    set="default",
)
READ_BURST_BYTES_PER_SECOND = Metric(
    "libvirt_domain_block_iotune_read_burst_bytes_per_second",
    "gauge",
    "Limit on bytes a second during a burst for reads (libvirt iotune read_bytes_sec_max).",
    labels=DISK,
    unit="bytes_per_second",
    source="XMLDesc(0) devices/disk/iotune/read_bytes_sec_max",
    note=_NOTE,
    set="default",
)
READ_BURST_REQUESTS_PER_SECOND = Metric(
    "libvirt_domain_block_iotune_read_burst_requests_per_second",
    "gauge",
    "Limit on requests a second during a burst for reads (libvirt iotune read_iops_sec_max).",
    labels=DISK,
    unit="requests_per_second",
    source="XMLDesc(0) devices/disk/iotune/read_iops_sec_max",
    note=_NOTE,
    set="default",
)
READ_BYTES_BURST_SECONDS = Metric(
    "libvirt_domain_block_iotune_read_bytes_burst_seconds",
    "gauge",
    "How long a burst of bytes may last for reads (libvirt iotune read_bytes_sec_max_length).",
    labels=DISK,
    unit="seconds",
    source="XMLDesc(0) devices/disk/iotune/read_bytes_sec_max_length s",
    note=_NOTE,
    set="default",
)
READ_REQUESTS_BURST_SECONDS = Metric(
    "libvirt_domain_block_iotune_read_requests_burst_seconds",
    "gauge",
    "How long a burst of requests may last for reads (libvirt iotune read_iops_sec_max_length).",
    labels=DISK,
    unit="seconds",
    source="XMLDesc(0) devices/disk/iotune/read_iops_sec_max_length s",
    note=_NOTE,
    set="default",
)
WRITE_BYTES_PER_SECOND = Metric(
    "libvirt_domain_block_iotune_write_bytes_per_second",
    "gauge",
    "Limit on bytes a second for writes, absent if unlimited (libvirt iotune write_bytes_sec).",
    labels=DISK,
    unit="bytes_per_second",
    source="XMLDesc(0) devices/disk/iotune/write_bytes_sec",
    note=_NOTE,
    set="default",
)
WRITE_REQUESTS_PER_SECOND = Metric(
    "libvirt_domain_block_iotune_write_requests_per_second",
    "gauge",
    "Limit on requests a second for writes, absent if unlimited (libvirt iotune write_iops_sec).",
    labels=DISK,
    unit="requests_per_second",
    source="XMLDesc(0) devices/disk/iotune/write_iops_sec",
    note=_NOTE,
    set="default",
)
WRITE_BURST_BYTES_PER_SECOND = Metric(
    "libvirt_domain_block_iotune_write_burst_bytes_per_second",
    "gauge",
    "Limit on bytes a second during a burst for writes (libvirt iotune write_bytes_sec_max).",
    labels=DISK,
    unit="bytes_per_second",
    source="XMLDesc(0) devices/disk/iotune/write_bytes_sec_max",
    note=_NOTE,
    set="default",
)
WRITE_BURST_REQUESTS_PER_SECOND = Metric(
    "libvirt_domain_block_iotune_write_burst_requests_per_second",
    "gauge",
    "Limit on requests a second during a burst for writes (libvirt iotune write_iops_sec_max).",
    labels=DISK,
    unit="requests_per_second",
    source="XMLDesc(0) devices/disk/iotune/write_iops_sec_max",
    note=_NOTE,
    set="default",
)
WRITE_BYTES_BURST_SECONDS = Metric(
    "libvirt_domain_block_iotune_write_bytes_burst_seconds",
    "gauge",
    "How long a burst of bytes may last for writes (libvirt iotune write_bytes_sec_max_length).",
    labels=DISK,
    unit="seconds",
    source="XMLDesc(0) devices/disk/iotune/write_bytes_sec_max_length s",
    note=_NOTE,
    set="default",
)
WRITE_REQUESTS_BURST_SECONDS = Metric(
    "libvirt_domain_block_iotune_write_requests_burst_seconds",
    "gauge",
    "How long a burst of requests may last for writes (libvirt iotune write_iops_sec_max_length).",
    labels=DISK,
    unit="seconds",
    source="XMLDesc(0) devices/disk/iotune/write_iops_sec_max_length s",
    note=_NOTE,
    set="default",
)
REQUEST_SIZE_BYTES = Metric(
    "libvirt_domain_block_iotune_request_size_bytes",
    "gauge",
    "Size up to which a request counts as one against the request limits (libvirt iotune size_iops_sec).",
    labels=DISK,
    unit="bytes",
    source="XMLDesc(0) devices/disk/iotune/size_iops_sec",
    note=_NOTE,
    set="default",
)
GROUP_INFO = Metric(
    "libvirt_domain_block_iotune_group_info",
    "info",
    "Throttle group whose limits the disk shares (libvirt iotune group_name).",
    labels=("domain", "target_device", "group"),
    source="XMLDesc(0) devices/disk/iotune/group_name; devices/disk/throttlefilters/throttlefilter/@group since 11.2.0",
    note="Disks of one group share the limit: do not add them up.",
    set="default",
)
METRICS = (
    TOTAL_BYTES_PER_SECOND,
    TOTAL_REQUESTS_PER_SECOND,
    TOTAL_BURST_BYTES_PER_SECOND,
    TOTAL_BURST_REQUESTS_PER_SECOND,
    TOTAL_BYTES_BURST_SECONDS,
    TOTAL_REQUESTS_BURST_SECONDS,
    READ_BYTES_PER_SECOND,
    READ_REQUESTS_PER_SECOND,
    READ_BURST_BYTES_PER_SECOND,
    READ_BURST_REQUESTS_PER_SECOND,
    READ_BYTES_BURST_SECONDS,
    READ_REQUESTS_BURST_SECONDS,
    WRITE_BYTES_PER_SECOND,
    WRITE_REQUESTS_PER_SECOND,
    WRITE_BURST_BYTES_PER_SECOND,
    WRITE_BURST_REQUESTS_PER_SECOND,
    WRITE_BYTES_BURST_SECONDS,
    WRITE_REQUESTS_BURST_SECONDS,
    REQUEST_SIZE_BYTES,
    GROUP_INFO,
)


_LIMITS = {
    "total_bytes_sec": TOTAL_BYTES_PER_SECOND,
    "total_iops_sec": TOTAL_REQUESTS_PER_SECOND,
    "total_bytes_sec_max": TOTAL_BURST_BYTES_PER_SECOND,
    "total_iops_sec_max": TOTAL_BURST_REQUESTS_PER_SECOND,
    "total_bytes_sec_max_length": TOTAL_BYTES_BURST_SECONDS,
    "total_iops_sec_max_length": TOTAL_REQUESTS_BURST_SECONDS,
    "read_bytes_sec": READ_BYTES_PER_SECOND,
    "read_iops_sec": READ_REQUESTS_PER_SECOND,
    "read_bytes_sec_max": READ_BURST_BYTES_PER_SECOND,
    "read_iops_sec_max": READ_BURST_REQUESTS_PER_SECOND,
    "read_bytes_sec_max_length": READ_BYTES_BURST_SECONDS,
    "read_iops_sec_max_length": READ_REQUESTS_BURST_SECONDS,
    "write_bytes_sec": WRITE_BYTES_PER_SECOND,
    "write_iops_sec": WRITE_REQUESTS_PER_SECOND,
    "write_bytes_sec_max": WRITE_BURST_BYTES_PER_SECOND,
    "write_iops_sec_max": WRITE_BURST_REQUESTS_PER_SECOND,
    "write_bytes_sec_max_length": WRITE_BYTES_BURST_SECONDS,
    "write_iops_sec_max_length": WRITE_REQUESTS_BURST_SECONDS,
    "size_iops_sec": REQUEST_SIZE_BYTES,
}
"""The metric of each element of iotune."""


def describe(guest: Guest, root: Element, rows: Sink) -> None:
    """The limits that are set; 0 is libvirt's word for none."""
    for disk in root.findall("devices/disk"):
        target = disk.find("target")
        name = "" if target is None else target.get("dev", "")
        if (labels := guest.disk(name) if name else None) is None:
            continue
        for limit in disk.findall("iotune/*"):
            metric = _LIMITS.get(limit.tag)
            if metric is not None and (value := int(limit.text or "0")) > 0:
                rows.add(metric, labels, value)
        for group in _groups(disk):
            rows.add(GROUP_INFO, Labels(GROUP_INFO.labels, (guest.name, name, group)), 1)


def _groups(disk: Element) -> list[str]:
    own = disk.findtext("iotune/group_name")
    filters = [each.get("group") for each in disk.findall("throttlefilters/throttlefilter")]
    return sorted({group for group in (own, *filters) if group})


COLLECTOR = Collector(
    name="domain_iotune",
    help="Limits of input and output on the disks of guests.",
    metrics=METRICS,
    feeds=(Feed(Description(), describe),),
    interval=RARE,
    cost="one XMLDesc for a guest that changed, shared by all that read descriptions",
    queries=(
        (
            "Use of the limit of requests",
            "(rate(libvirt_domain_block_stats_read_requests_total[5m])"
            " + rate(libvirt_domain_block_stats_write_requests_total[5m]))"
            " / on(instance, domain, target_device) libvirt_domain_block_iotune_total_requests_per_second",
        ),
    ),
)
