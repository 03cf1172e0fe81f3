"""Snapshots of guests."""

from exporter.collectors.collector import RARE, Collector, Feed, given
from exporter.collectors.source import GuestCall
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import DOMAIN, Guest
from exporter.hypervisor.snapshots import Snapshots, read_snapshots, with_snapshots

SNAPSHOTS = Metric(
    "libvirt_domain_snapshots",
    "gauge",
    "Snapshots of the guest (libvirt virDomainListAllSnapshots).",
    labels=DOMAIN,
    source="0, or len(dom.listAllSnapshots()) for guests in listAllDomains(HAS_SNAPSHOT)",
    note=(
        "Guests that have any are found by one call, listAllDomains(HAS_SNAPSHOT); only those cost a call"
        " for each snapshot."
    ),
    set="default",
)
SNAPSHOTS_EXTERNAL = Metric(
    "libvirt_domain_snapshots_external",
    "gauge",
    "Snapshots of the guest kept in further images, which lengthen the backing chain (libvirt domain snapshot XML).",
    labels=DOMAIN,
    source="listAllSnapshots(EXTERNAL)",
    note=(
        "Guests that have any are found by one call, listAllDomains(HAS_SNAPSHOT); only those cost a call"
        " for each snapshot."
    ),
    set="default",
)
SNAPSHOT_OLDEST_TIMESTAMP_SECONDS = Metric(
    "libvirt_domain_snapshot_oldest_timestamp_seconds",
    "gauge",
    "When the oldest snapshot of the guest was made, absent without one (libvirt domain snapshot XML creationTime).",
    labels=DOMAIN,
    unit="seconds",
    source="min of snapshot.getXMLDesc() creationTime s",
    note=(
        "Guests that have any are found by one call, listAllDomains(HAS_SNAPSHOT); only those cost a call"
        " for each snapshot."
    ),
    set="default",
)
SNAPSHOT_NEWEST_TIMESTAMP_SECONDS = Metric(
    "libvirt_domain_snapshot_newest_timestamp_seconds",
    "gauge",
    "When the newest snapshot of the guest was made, absent without one (libvirt domain snapshot XML creationTime).",
    labels=DOMAIN,
    unit="seconds",
    source="max of snapshot.getXMLDesc() creationTime s",
    note=(
        "Guests that have any are found by one call, listAllDomains(HAS_SNAPSHOT); only those cost a call"
        " for each snapshot."
    ),
    set="default",
)
METRICS = (SNAPSHOTS, SNAPSHOTS_EXTERNAL, SNAPSHOT_OLDEST_TIMESTAMP_SECONDS, SNAPSHOT_NEWEST_TIMESTAMP_SECONDS)


def collect(guest: Guest, snapshots: Snapshots, rows: Sink) -> None:
    """How many there are, and when the oldest and the newest were made."""
    rows.add(SNAPSHOTS, guest.domain, snapshots.count)
    if snapshots.external is not None:
        rows.add(SNAPSHOTS_EXTERNAL, guest.domain, snapshots.external)
    if snapshots.made:
        rows.add(SNAPSHOT_OLDEST_TIMESTAMP_SECONDS, guest.domain, min(snapshots.made))
        rows.add(SNAPSHOT_NEWEST_TIMESTAMP_SECONDS, guest.domain, max(snapshots.made))


COLLECTOR = Collector(
    name="domain_snapshot",
    help="Snapshots of guests: how many, and the age of the oldest and the newest.",
    metrics=METRICS,
    feeds=(
        Feed(
            GuestCall(read_snapshots, enters_monitor=False, inactive=True, among=with_snapshots, otherwise=Snapshots()),
            collect,
            made_of=given,
        ),
    ),
    interval=RARE,
    cost="one listing for all guests; for each that has snapshots two calls, and one for each snapshot",
    queries=(("Snapshots older than a week", "time() - libvirt_domain_snapshot_oldest_timestamp_seconds > 604800"),),
)
