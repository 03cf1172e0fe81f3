"""Settings that migrations of guests go by."""

from exporter.collectors.collector import RARE, Collector, Feed
from exporter.collectors.source import GuestCall
from exporter.collectors.units import milliseconds
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import DOMAIN, Guest
from exporter.hypervisor.jobs import read_migration_settings

MAXIMUM_DOWNTIME_SECONDS = Metric(
    "libvirt_domain_migration_maximum_downtime_seconds",
    "gauge",
    "Longest pause a migration of the guest may cause (libvirt virDomainMigrateGetMaxDowntime).",
    labels=DOMAIN,
    unit="seconds",
    source="dom.migrateGetMaxDowntime() ms -> s",
    note="Off: a monitor request a guest for settings.",
    set="optional",
)
COMPRESSION_CACHE_BYTES = Metric(
    "libvirt_domain_migration_compression_cache_bytes",
    "gauge",
    "Size of the compression cache for migrations of the guest (libvirt virDomainMigrateGetCompressionCache).",
    labels=DOMAIN,
    unit="bytes",
    source="dom.migrateGetCompressionCache()",
    note="Off: a monitor request a guest for settings.",
    set="optional",
)
METRICS = (MAXIMUM_DOWNTIME_SECONDS, COMPRESSION_CACHE_BYTES)


def collect(guest: Guest, settings: tuple[int | None, int | None], rows: Sink) -> None:
    """What is set; a guest that is told nothing has the hypervisor's defaults."""
    downtime, cache = settings
    if downtime is not None:
        rows.add(MAXIMUM_DOWNTIME_SECONDS, guest.domain, milliseconds(downtime))
    if cache is not None:
        rows.add(COMPRESSION_CACHE_BYTES, guest.domain, cache)


COLLECTOR = Collector(
    name="domain_migration",
    help="Settings for migrations of guests: longest pause, compression cache.",
    metrics=METRICS,
    feeds=(Feed(GuestCall(read_migration_settings), collect),),
    interval=RARE,
    cost="three calls for each active guest, two of which enter its monitor",
    queries=(
        (
            "Guests that a migration may pause for longer than a second",
            "libvirt_domain_migration_maximum_downtime_seconds > 1",
        ),
    ),
)
