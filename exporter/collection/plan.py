"""Which feeds run together: those with the same need and interval share one gathering."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True, eq=False)
class Batch:
    """Feeds that run together, every `interval` seconds."""

    name: str
    interval: float
    slots: tuple[Slot, ...]

    @property
    def source(self) -> Source:
        """The need of the first feed; the others have the same, or other groups of the same call."""
        return self.slots[0].feed.source

    @property
    def groups(self) -> frozenset[str]:
        """All groups of bulk statistics the batch asks for."""
        sources = [slot.feed.source for slot in self.slots]
        return frozenset().union(*(source.groups for source in sources if isinstance(source, Statistics)))

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
    together: dict[tuple[object, ...], list[Slot]] = {}
    for collector in collectors:
        if collector.name not in intervals:
            continue
        for number, feed in enumerate(collector.feeds):
            if isinstance(feed.source, Live | Runs):
                continue
            interval = max(intervals[collector.name], feed.interval or 0.0)
            slot = Slot(collector, number, feed, interval)
            together.setdefault((*_key(feed.source), interval), []).append(slot)
    batches: dict[str, Batch] = {}
    for slots in together.values():
        name = _name(slots)
        if name in batches:
            name = f"{name}-{len(batches)}"
        batches[name] = Batch(name, slots[0].interval, tuple(slots))
    # What is wanted most often is wanted first.
    return sorted(batches.values(), key=lambda batch: (not isinstance(batch.source, Statistics), batch.interval))


def threads_for(batches: Collection[Batch], lanes: int) -> int:
    """How many threads the batches of a host keep busy at most, where `lanes` calls can be under way: more would wait
    for a free connection, whatever hangs. One needs none, to write what was counted of events."""
    apart = sum(batch.waits_apart for batch in batches)
    return max(1, min(len(batches), apart + lanes + 1))


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


def _name(slots: Sequence[Slot]) -> str:
    """A name for the log and the scheduler: the need, and the collector if there is but one."""
    kind = str(_key(slots[0].feed.source)[0])
    names = sorted({slot.collector.name for slot in slots})
    interval = f"{slots[0].interval:g}s"
    return f"{kind}-{interval}-{names[0]}" if len(names) == 1 else f"{kind}-{interval}-{len(names)}-collectors"
