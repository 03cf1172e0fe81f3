"""Checkpoints of guests, which incremental backups start from."""

from exporter.collectors.collector import RARE, Collector, Feed, given
from exporter.collectors.source import GuestCall
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import DOMAIN, Guest
from exporter.hypervisor.snapshots import Snapshots, read_checkpoints, with_checkpoints

CHECKPOINTS = Metric(
    "libvirt_domain_checkpoints",
    "gauge",
    "Checkpoints of the guest, which incremental backups start from (libvirt virDomainListAllCheckpoints).",
    labels=DOMAIN,
    source="0, or len(dom.listAllCheckpoints()) for guests in listAllDomains(HAS_CHECKPOINT)",
    note="Guests that have any are found by one call, listAllDomains(HAS_CHECKPOINT).",
    set="default",
)
CHECKPOINT_NEWEST_TIMESTAMP_SECONDS = Metric(
    "libvirt_domain_checkpoint_newest_timestamp_seconds",
    "gauge",
    "When the newest checkpoint of the guest was made, absent without one (libvirt domain checkpoint "
    "XML creationTime).",
    labels=DOMAIN,
    unit="seconds",
    source="max of checkpoint.getXMLDesc(NO_DOMAIN) creationTime s",
    note=(
        "Guests that have any are found by one call, listAllDomains(HAS_CHECKPOINT). Tells the age of the"
        " last backup where backups use checkpoints."
    ),
    set="default",
)
METRICS = (CHECKPOINTS, CHECKPOINT_NEWEST_TIMESTAMP_SECONDS)


def collect(guest: Guest, checkpoints: Snapshots, rows: Sink) -> None:
    """How many there are, and when the newest was made."""
    rows.add(CHECKPOINTS, guest.domain, checkpoints.count)
    if checkpoints.made:
        rows.add(CHECKPOINT_NEWEST_TIMESTAMP_SECONDS, guest.domain, max(checkpoints.made))


COLLECTOR = Collector(
    name="domain_checkpoint",
    help="Checkpoints of guests: how many, and the age of the newest.",
    metrics=METRICS,
    feeds=(
        Feed(
            GuestCall(
                read_checkpoints, enters_monitor=False, inactive=True, among=with_checkpoints, otherwise=Snapshots()
            ),
            collect,
            made_of=given,
        ),
    ),
    interval=RARE,
    cost="one listing for all guests; for each that has checkpoints one call, and one for each checkpoint",
    queries=(
        ("Age of the newest checkpoint of each guest", "time() - libvirt_domain_checkpoint_newest_timestamp_seconds"),
    ),
)
