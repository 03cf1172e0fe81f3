"""Which feeds run together: those with the same need and interval share one gathering, and of bulk statistics also
those that are wanted less often, since a guest can be asked for a part of the groups."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isclose

from exporter.collectors.collector import Collector, Feed
from exporter.collectors.source import (
    AgentCall,
    Description,
    Events,
    GuestCall,
    HostCall,
    Listing,
    Live,
    Runs,
    Source,
    Statistics,
    ThingCall,
)
from exporter.hypervisor.groups import NO_MONITOR


@dataclass(frozen=True, eq=False)
class Slot:
    """One feed of one collector that is on; `number` is its place among the collector's feeds."""

    collector: Collector
    number: int
    feed: Feed
    interval: float

    @property
    def groups(self) -> frozenset[str]:
        """The groups of bulk statistics it asks for."""
        source = self.feed.source
        return source.groups if isinstance(source, Statistics) else frozenset()

    @property
    def every(self) -> bool:
        """Whether it writes about each guest, answered or not: what it asks for is to show whether guests answer."""
        source = self.feed.source
        return isinstance(source, Statistics) and source.every


@dataclass(frozen=True, eq=False)
class Batch:
    """Feeds that run together, every `interval` seconds; slots with a longer one do not want each guest each time."""

    name: str
    interval: float
    slots: tuple[Slot, ...]

    @property
    def source(self) -> Source:
        """The need of the first feed; the others have the same, or other groups of the same call."""
        return self.slots[0].feed.source

    @cached_property
    def groups(self) -> frozenset[str]:
        """All groups of bulk statistics the batch asks for."""
        return self.read_at(self.intervals) | self.shown_at(self.intervals)

    @cached_property
    def slow(self) -> Mapping[float, frozenset[str]]:
        """The groups that are read less often, by interval."""
        return {interval: self.read_at((interval,)) for interval in self.intervals if interval > self.interval}

    @cached_property
    def unfiltered(self) -> "Batch":
        """What of it is wanted of guests that the filters leave out, too."""
        sources = [(slot, slot.feed.source) for slot in self.slots]
        slots = tuple(slot for slot, source in sources if isinstance(source, Statistics) and source.unfiltered)
        return Batch(f"{self.name}-unfiltered", self.interval, slots)

    @cached_property
    def intervals(self) -> tuple[float, ...]:
        """The intervals of its slots, shortest first."""
        return tuple(sorted({slot.interval for slot in self.slots}))

    def read_at(self, intervals: Collection[float]) -> frozenset[str]:
        """The groups of which slots with these intervals read something."""
        return self._groups(intervals, every=False)

    def shown_at(self, intervals: Collection[float]) -> frozenset[str]:
        """The groups that show slots with these intervals whether a guest answers."""
        return self._groups(intervals, every=True)

    def _groups(self, intervals: Collection[float], *, every: bool) -> frozenset[str]:
        slots = (slot for slot in self.slots if slot.interval in intervals and slot.every == every)
        return frozenset().union(*(slot.groups for slot in slots))

    @property
    def enters_monitor(self) -> bool:
        """Whether gathering it enters the monitors of guests."""
        source = self.source
        if isinstance(source, GuestCall):
            return source.enters_monitor
        return isinstance(source, Statistics) and not self.groups <= NO_MONITOR

    @property
    def waits_apart(self) -> bool:
        """Whether it may wait for something other than a free connection: its turn in the monitors, or guest agents."""
        return self.enters_monitor or isinstance(self.source, AgentCall)

    @property
    def backing(self) -> bool:
        """Whether statistics are to say something of every image behind a disk."""
        source = self.source
        return isinstance(source, Statistics) and source.backing

    @property
    def listings(self) -> frozenset[str]:
        """All listings of guests the batch asks for."""
        sources = [slot.feed.source for slot in self.slots]
        return frozenset().union(*(source.names for source in sources if isinstance(source, Listing)))


def plan(collectors: Sequence[Collector], intervals: Mapping[str, float]) -> list[Batch]:
    """The batches of the collectors that are on, which are those with an interval (seconds)."""
    needs: defaultdict[tuple[object, ...], list[Slot]] = defaultdict(list)
    for collector in collectors:
        if collector.name not in intervals:
            continue
        for number, feed in enumerate(collector.feeds):
            if isinstance(feed.source, Live | Runs):
                continue
            interval = feed.paced(intervals[collector.name])
            needs[_key(feed.source)].append(Slot(collector, number, feed, interval))
    batches: dict[str, Batch] = {}
    for interval, slots in (found for same in needs.values() for found in _paced(same)):
        name = _name(interval, slots)
        if name in batches:
            name = f"{name}-{len(batches)}"
        batches[name] = Batch(name, interval, tuple(slots))
    # What is wanted most often is wanted first.
    return sorted(batches.values(), key=lambda batch: (not isinstance(batch.source, Statistics), batch.interval))


def threads_for(batches: Collection[Batch], lanes: int) -> int:
    """How many threads the batches of a host keep busy at most, where `lanes` calls can be under way: more would wait
    for a free connection, whatever hangs. One needs none, to write what was counted of events."""
    apart = sum(batch.waits_apart for batch in batches)
    return max(1, min(len(batches), apart + lanes + 1))


def _paced(slots: Iterable[Slot]) -> Iterator[tuple[float, list[Slot]]]:
    """Slots of one need by the interval of their batch: statistics that are wanted in every second or hundredth run of
    faster ones go with those."""
    by_interval: defaultdict[float, list[Slot]] = defaultdict(list)
    for slot in sorted(slots, key=lambda slot: slot.interval):
        joins = by_interval if isinstance(slot.feed.source, Statistics) else ()
        interval = next((each for each in joins if _multiple(slot.interval, each)), slot.interval)
        by_interval[interval].append(slot)
    yield from by_interval.items()


def _multiple(interval: float, of: float) -> bool:
    return isclose(interval / of, round(interval / of))


def _key(source: Source) -> tuple[object, ...]:
    match source:
        case Statistics():
            return ("statistics", source.groups if source.apart else None, source.backing)
        case Description():
            return ("description",)
        case Listing():
            return ("listing",)
        case HostCall():
            return ("host", source.read)
        case GuestCall():
            return ("guest", source)
        case Events():
            return ("events",)
        case ThingCall():
            return ("things", source)
        case AgentCall():
            return ("agent", source)
        case Live() | Runs():
            return ("live",)


def _name(seconds: float, slots: Sequence[Slot]) -> str:
    """A name for the log and the scheduler: the need, and the collector if there is but one."""
    kind = str(_key(slots[0].feed.source)[0])
    names = sorted({slot.collector.name for slot in slots})
    interval = f"{seconds:g}s"
    return f"{kind}-{interval}-{names[0]}" if len(names) == 1 else f"{kind}-{interval}-{len(names)}-collectors"
