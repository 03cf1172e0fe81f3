"""What happened: events of guests, networks, pools and devices, counted as they come."""

from exporter.collectors import domain_event_metrics as guests
from exporter.collectors import event_metrics as host
from exporter.collectors.collector import Collector, Feed
from exporter.collectors.source import Description, Events
from exporter.events.counts import EventCounts, GuestCounts
from exporter.exposition.labels import Labels
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Rows, Sink
from exporter.guest import DISK, Guest

TALLIES: dict[str, Metric] = {
    "events": guests.EVENTS,
    "lifecycle": guests.LIFECYCLE_EVENTS,
    "starts": guests.STARTS,
    "stops": guests.STOPS,
    "crashes": guests.CRASHES,
    "reboots": guests.REBOOTS,
    "panics": guests.PANICS,
    "io_errors": guests.IO_ERRORS,
    "io_error_reasons": guests.IO_ERROR_REASONS,
    "watchdogs": guests.WATCHDOG_EVENTS,
    "memory_failures": guests.MEMORY_FAILURES,
    "agent_disconnects": guests.AGENT_DISCONNECTS,
    "block_jobs": guests.BLOCKJOBS,
    "jobs": guests.JOBS,
    "thresholds": guests.BLOCK_THRESHOLD_EVENTS,
    "graphics": guests.GRAPHICS_SESSIONS,
}
"""What a guest's tallies are on the page."""

FROM_ZERO = ("starts", "stops", "crashes", "reboots", "panics")


def collect_host(counts: EventCounts, rows: Rows) -> None:
    """What is subscribed, totals by kind, and what happened to anything but guests."""
    for key, subscribed in counts.subscribed.items():
        rows.add(host.EVENT_SUBSCRIBED, Labels(host.EVENT_SUBSCRIBED.labels, key), int(subscribed))
    for key, count in counts.totals.items():
        rows.add(host.EVENTS, Labels(host.EVENTS.labels, key), count)
    for key, at in counts.last.items():
        rows.add(host.LAST_EVENT, Labels(host.LAST_EVENT.labels, key), at)
    rows.one(host.EVENT_GAPS, counts.gaps)
    for metric, tally in (
        (host.JOBS, counts.jobs),
        (host.NETWORK_LIFECYCLE_EVENTS, counts.networks),
        (host.STORAGE_POOL_LIFECYCLE_EVENTS, counts.pools),
    ):
        for key, count in tally.items():
            rows.add(metric, Labels(metric.labels, key), count)
    for metric, simple in (
        (host.STORAGE_POOL_REFRESHES, counts.pool_refreshes),
        (host.NODE_DEVICE_LIFECYCLE_EVENTS, counts.node_devices),
    ):
        for name, count in simple.items():
            rows.add(metric, Labels(metric.labels, (name,)), count)


def collect_guest(name: str, counts: GuestCounts, guest: Guest | None, rows: Sink) -> None:
    """The counters of one guest; those that alerts use start at 0, as far as its devices are known."""
    tallies = {tally: dict(counted) for tally, counted in counts.tallies.items()}
    for tally in FROM_ZERO:
        tallies.setdefault(tally, {(): 0})
    if guest is not None and guest.devices is not None:
        errors = tallies.setdefault("io_errors", {})
        for target in guest.devices.disks:
            errors.setdefault((target,), 0)
        if guest.devices.agent:
            tallies.setdefault("agent_disconnects", {(): 0})
    for tally, metric in TALLIES.items():
        for key, count in tallies.get(tally, {}).items():
            if _shown(metric, key, guest):
                rows.add(metric, Labels(metric.labels, (name, *key)), count)
    for kind, at in counts.last.items():
        rows.add(guests.LAST_EVENT, Labels(guests.LAST_EVENT.labels, (name, kind)), at)
    for target, excess in counts.excess.items():
        if _shown(guests.BLOCK_THRESHOLD_EXCESS_BYTES, (target,), guest):
            rows.add(guests.BLOCK_THRESHOLD_EXCESS_BYTES, Labels(DISK, (name, target)), excess)
    if counts.rtc_offset is not None:
        rows.add(guests.RTC_OFFSET_SECONDS, Labels(guests.RTC_OFFSET_SECONDS.labels, (name,)), counts.rtc_offset)


def _shown(metric: Metric, key: tuple[str, ...], guest: Guest | None) -> bool:
    """Whether the disk that a series is about passes the filters; without its guest nobody can say."""
    about_disk = metric.labels[:2] == DISK
    return not about_disk or guest is None or guest.disk(key[0]) is not None


def know_devices(_guest: Guest, _root: object, _rows: Sink) -> None:
    """Nothing of its own: for the description to be read, which says what the devices in events are called."""


COLLECTOR = Collector(
    name="event",
    help="What happened: starts, stops, crashes, I/O errors and all else that libvirt tells at once.",
    metrics=(*host.METRICS, *guests.METRICS),
    feeds=(
        Feed(Events(), collect_host),
        Feed(Events(guests=True, gone=True), collect_guest),
        Feed(Description(), know_devices, interval=300.0),
    ),
    cost="no calls while nothing happens; after an event of a guest, its state",
    queries=(
        ("Guests that crashed within an hour", "increase(libvirt_domain_crashes_total[1h]) > 0"),
        (
            "Guests whose disk reported an error within ten minutes",
            'time() - libvirt_domain_last_event_timestamp_seconds{event="io_error"} < 600',
        ),
    ),
)
