"""Block jobs of guests: copies, commits, pulls and backups of disks."""

from collections.abc import Mapping
from typing import Any

from exporter.collectors.collector import SLOW, Collector, Feed
from exporter.collectors.source import GuestCall
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import DISK, Guest
from exporter.hypervisor.jobs import read_block_jobs

INFO = Metric(
    "libvirt_domain_blockjob_info",
    "info",
    "Block job that runs on the disk: pull, copy, commit, active_commit or backup, absent otherwise "
    "(libvirt virDomainGetBlockJobInfo).",
    labels=("domain", "target_device", "block_job"),
    source="dom.blockJobInfo(disk, BANDWIDTH_BYTES)['type']",
    note=(
        "Off: one call for each disk, which takes a job; ends and failures come by event, and mirrors "
        "from the XML, without it."
    ),
    set="optional",
)
PROGRESS_BYTES = Metric(
    "libvirt_domain_blockjob_progress_bytes",
    "gauge",
    "How far the block job has come, to compare with its end (libvirt virDomainBlockJobInfo.cur).",
    labels=DISK,
    unit="bytes",
    source="dom.blockJobInfo()['cur']",
    note=(
        "Off: one call for each disk, which takes a job; ends and failures come by event, and mirrors "
        "from the XML, without it. Not meaningful while end is 1."
    ),
    set="optional",
)
END_BYTES = Metric(
    "libvirt_domain_blockjob_end_bytes",
    "gauge",
    "Where the block job will be done (libvirt virDomainBlockJobInfo.end).",
    labels=DISK,
    unit="bytes",
    source="dom.blockJobInfo()['end']",
    note=(
        "Off: one call for each disk, which takes a job; ends and failures come by event, and mirrors "
        "from the XML, without it. May grow."
    ),
    set="optional",
)
BANDWIDTH_BYTES_PER_SECOND = Metric(
    "libvirt_domain_blockjob_bandwidth_bytes_per_second",
    "gauge",
    "Limit on the rate of the block job, 0 for none (libvirt virDomainBlockJobInfo.bandwidth).",
    labels=DISK,
    unit="bytes_per_second",
    source="dom.blockJobInfo()['bandwidth']",
    note=(
        "Off: one call for each disk, which takes a job; ends and failures come by event, and mirrors "
        "from the XML, without it."
    ),
    set="optional",
)
METRICS = (INFO, PROGRESS_BYTES, END_BYTES, BANDWIDTH_BYTES_PER_SECOND)


def collect(guest: Guest, jobs: Mapping[str, Mapping[str, Any]], rows: Sink) -> None:
    """Disks that have a job."""
    for disk, job in jobs.items():
        labels = guest.disk(disk)
        if labels is not None:
            rows.add(INFO, guest.labels(INFO.labels, disk, job["type"]), 1)
            rows.add(PROGRESS_BYTES, labels, job["cur"])
            rows.add(END_BYTES, labels, job["end"])
            rows.add(BANDWIDTH_BYTES_PER_SECOND, labels, job["bandwidth"])


COLLECTOR = Collector(
    name="domain_blockjob",
    help="Block jobs of guests: kind, progress and limit of each.",
    metrics=METRICS,
    feeds=(Feed(GuestCall(read_block_jobs), collect),),
    interval=SLOW,
    cost="one call for each active guest and one for each of its disks, which take a job",
    queries=(("Progress", "libvirt_domain_blockjob_progress_bytes / (libvirt_domain_blockjob_end_bytes > 1)"),),
)
