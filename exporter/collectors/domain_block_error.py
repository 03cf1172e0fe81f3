"""Errors that disks of guests are in."""

from collections.abc import Mapping

from exporter.collectors.collector import FAST, Collector, Feed
from exporter.collectors.source import GuestCall
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import DOMAIN, Guest
from exporter.hypervisor.jobs import read_disk_errors

BLOCK_ERROR = Metric(
    "libvirt_domain_block_error",
    "gauge",
    "Error the disk is in at present, absent for a disk without one (libvirt virDomainGetDiskErrors).",
    labels=("domain", "target_device", "error"),
    source="dom.diskErrors(): unspecified or no_space -> 1",
    note=(
        "A monitor request: asked only for guests paused by an I/O error, so it costs nothing on a healthy host. A "
        "disk whose errors are reported to the guest is in none: QEMU remembers one only if it paused the guest, and "
        "until that goes on. libvirt_domain_io_errors_total counts them all."
    ),
    set="default",
)
DISKS_IN_ERROR = Metric(
    "libvirt_domain_disks_in_error",
    "gauge",
    "Disks of the guest that are in error at present (libvirt virDomainGetDiskErrors).",
    labels=DOMAIN,
    source="len(dom.diskErrors()), 0 when it was not necessary to ask",
    note="Always there, so it can be alerted on.",
    set="default",
)
METRICS = (BLOCK_ERROR, DISKS_IN_ERROR)


def collect(guest: Guest, errors: Mapping[str, str], rows: Sink) -> None:
    """The disks that are in error, and their number."""
    shown = {disk: error for disk, error in errors.items() if guest.disk(disk) is not None}
    for disk, error in shown.items():
        rows.add(BLOCK_ERROR, guest.labels(BLOCK_ERROR.labels, disk, error), 1)
    rows.add(DISKS_IN_ERROR, guest.domain, len(shown))


COLLECTOR = Collector(
    name="domain_block_error",
    help="Disks of guests that are in error at present.",
    metrics=METRICS,
    feeds=(Feed(GuestCall(read_disk_errors), collect, made_of=lambda _guest, errors: tuple(errors.items())),),
    interval=FAST,
    cost="nothing, but one monitor request for each guest that is paused by an I/O error",
    queries=(("Guests that lack space on the host", 'libvirt_domain_block_error{error="no_space"}'),),
)
