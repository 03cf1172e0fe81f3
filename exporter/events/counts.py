"""Counts of the events of one host, as its collector shows them."""

import math
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from exporter.clock import Moment
from exporter.events.event import Event

_ONCE_SECONDS = 1.0

JOB_RESULTS = ("completed", "failed", "cancelled")


@dataclass
class GuestCounts:
    """What happened to one guest. `tallies` are counters by name, each by its label values after `domain`; `excess` is
    in bytes by disk, `jobs` the last job_completed of each operation; times are Unix seconds, `gone_at` monotonic."""

    tallies: defaultdict[str, Counter[tuple[str, ...]]] = field(default_factory=lambda: defaultdict(Counter))
    last: dict[str, float] = field(default_factory=dict)
    excess: dict[str, int] = field(default_factory=dict)
    rtc_offset: int | None = None
    jobs: dict[str, Event] = field(default_factory=dict)
    gone_at: float | None = None
    changes: int = 0
    """How many events there were: as long as it is the same, all of it is."""
    _counted: dict[str, float] = field(default_factory=dict)

    def once(self, name: str, at: Moment) -> None:
        """Count what libvirt may tell more than once within a second as one."""
        if at.steady - self._counted.get(name, -math.inf) >= _ONCE_SECONDS:
            self._counted[name] = at.steady
            self.tallies[name][()] += 1


class EventCounts:
    """All counts of a host. One thread counts; whoever reads more than a single value holds `lock`.

    Guests are known by the name their series have, so that a guest made anew goes on counting.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.subscribed: dict[tuple[str, str], bool] = {}
        """By object and identifier of the event: whether libvirt sends it to us."""
        self.totals: Counter[tuple[str, str]] = Counter()
        self.last: dict[tuple[str, str], float] = {}
        self.gaps = 0
        self.guests: defaultdict[str, GuestCounts] = defaultdict(GuestCounts)
        self.networks: Counter[tuple[str, str]] = Counter()
        self.pools: Counter[tuple[str, str]] = Counter()
        self.pool_refreshes: Counter[str] = Counter()
        self.pool_refreshed_at: dict[str, float] = {}
        self.node_devices: Counter[str] = Counter()
        self.jobs: Counter[tuple[str, str]] = Counter(
            {(way, result): 0 for way in ("migration_in", "migration_out") for result in JOB_RESULTS}
        )
        self._changed: set[str] = set()
        self._heard: dict[tuple[str, str], float] = {}
        self._listed: dict[str, frozenset[str]] = {}

    def start(self, kinds: Iterable[tuple[str, str]]) -> None:
        """From now on these kinds (object and kind) can come: they are counted from 0."""
        with self.lock:
            for key in kinds:
                self.totals[key] += 0

    def count(self, event: Event, *, shown: bool) -> None:
        """Count an event; one whose object is filtered out (not `shown`) counts for the host alone."""
        with self.lock:
            key = (event.object, event.kind)
            self.totals[key] += 1
            self.last[key] = event.at.wall
            if event.identifier == "job_completed" and event.object == "domain":
                self.jobs[str(event.fields["operation"]), event.detail] += 1
            if shown:
                _COUNTERS.get(event.object, _ignore)(self, event)

    def changed(self) -> set[str]:
        """Names of guests whose counts changed since this was last asked."""
        with self.lock:
            changed, self._changed = self._changed, set()
        return changed

    def keep(self, present: Iterable[str], now: float, retention: float) -> set[str]:
        """Begin to count for guests that are there, and forget who is gone for `retention` seconds: their names."""
        with self.lock:
            names = set(present)
            for name in names:
                self.guests[name].gone_at = None
            for name in self.guests.keys() - names:
                counts = self.guests[name]
                counts.gone_at = now if counts.gone_at is None else counts.gone_at
            forgotten = {
                name
                for name, counts in self.guests.items()
                if counts.gone_at is not None and now - counts.gone_at >= retention
            }
            for name in forgotten:
                del self.guests[name]
            self._changed -= forgotten
            self._forget_silent(now, retention)
        return forgotten

    def note_listed(self, kind: str, names: Collection[str]) -> None:
        """These pools or networks are there: their counts stay, however long ago anything happened to them."""
        with self.lock:
            self._listed[kind] = frozenset(names)

    def _forget_silent(self, now: float, retention: float) -> None:
        """Pools and networks are known by their events, and transient ones are never undefined: what nothing was heard
        of for so long is gone, unless it is listed."""
        for (kind, name), heard in list(self._heard.items()):
            if name in self._listed.get(kind, ()) or now - heard < retention:
                continue
            del self._heard[kind, name]
            tally = self.pools if kind == "storage_pool" else self.networks
            for key in [key for key in tally if key[0] == name]:
                del tally[key]
            if kind == "storage_pool":
                self.pool_refreshes.pop(name, None)
                self.pool_refreshed_at.pop(name, None)

    def _domain(self, event: Event) -> None:
        counts = self.guests[event.name]
        self._changed.add(event.name)
        counts.changes += 1
        counts.tallies["events"][event.kind,] += 1
        counts.last[event.kind] = event.at.wall
        if event.identifier == "lifecycle":
            _lifecycle(counts, event)
        else:
            _count_kind(counts, event)

    def _network(self, event: Event) -> None:
        self._heard[event.object, event.name] = event.at.steady
        if event.identifier == "lifecycle":
            self.networks[event.name, event.kind] += 1

    def _storage_pool(self, event: Event) -> None:
        self._heard[event.object, event.name] = event.at.steady
        if event.identifier == "lifecycle":
            self.pools[event.name, event.kind] += 1
            if event.kind == "undefined":
                self.pool_refreshed_at.pop(event.name, None)
        elif event.identifier == "refresh":
            self.pool_refreshes[event.name] += 1
            self.pool_refreshed_at[event.name] = event.at.wall

    def _node_device(self, event: Event) -> None:
        if event.identifier == "lifecycle":
            self.node_devices[event.kind] += 1


def _ignore(_counts: EventCounts, _event: Event) -> None:
    """Objects that have no counters of their own."""


_COUNTERS: dict[str, Callable[[EventCounts, Event], None]] = {
    "domain": EventCounts._domain,
    "network": EventCounts._network,
    "storage_pool": EventCounts._storage_pool,
    "node_device": EventCounts._node_device,
}


def _lifecycle(counts: GuestCounts, event: Event) -> None:
    counts.tallies["lifecycle"][event.kind, event.detail] += 1
    match event.kind:
        case "started":
            counts.tallies["starts"][()] += 1
        case "stopped":
            counts.tallies["stops"][()] += 1
            if event.detail in ("crashed", "failed"):
                counts.once("crashes", event.at)
        case "crashed":
            counts.tallies["panics"][()] += 1
            counts.once("crashes", event.at)


def _count_kind(counts: GuestCounts, event: Event) -> None:
    tallies, fields = counts.tallies, event.fields
    target = str(fields.get("target_device", ""))
    match event.identifier:
        case "reboot":
            counts.once("reboots", event.at)
        case "io_error":
            tallies["io_errors"][target,] += 1
            tallies["io_error_reasons"][target, str(fields["action"]), event.detail] += 1
        case "watchdog":
            tallies["watchdogs"][event.detail,] += 1
        case "memory_failure":
            tallies["memory_failures"][str(fields["recipient"]), event.detail] += 1
        case "agent_lifecycle" if event.detail == "disconnected":
            tallies["agent_disconnects"][()] += 1
        case "block_job":
            tallies["block_jobs"][target, str(fields["block_job"]), event.detail] += 1
        case "job_completed":
            operation = str(fields["operation"])
            tallies["jobs"][operation, event.detail] += 1
            counts.jobs[operation] = event
        case "block_threshold":
            tallies["thresholds"][target,] += 1
            counts.excess[target] = int(fields["excess_bytes"])
        case "graphics":
            tallies["graphics"][event.detail,] += 1
        case "rtc_change":
            counts.rtc_offset = int(fields["offset_seconds"])
