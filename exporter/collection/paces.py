"""Which guests are asked for what, and when: not all of it each time."""

from collections import defaultdict
from collections.abc import Collection, Container, Iterable
from dataclasses import dataclass, field
from itertools import count

from exporter.clock import Clock
from exporter.collection.plan import Batch
from exporter.collectors.collector import SLOW
from exporter.guest import Guest
from exporter.hypervisor.groups import NO_MONITOR
from exporter.hypervisor.shards import Wanted
from exporter.hypervisor.stats import Asked

STATE = frozenset({"state"})
"""What a guest that rests is asked for."""


@dataclass(slots=True)
class _Due:
    """When a guest is due, by interval, in steady seconds; for as long as it is the same process, or off."""

    identifier: int
    at: dict[float, float] = field(default_factory=dict)


class Paces:
    """Spreads over the runs of a batch what its slower slots want: where that is due in every fourth run, a quarter of
    the guests is asked for it in each. A guest that was just found, started or stopped is asked for everything.

    One that is off rests then for a minute: what it has seldom changes, and libvirt opens its image files to say so.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._due: defaultdict[Batch, dict[str, _Due]] = defaultdict(dict)
        self._places = count()

    def keep(self, present: Container[str]) -> None:
        """Forget guests that are not among these uuids."""
        # Copies, because other batches go on meanwhile.
        for due in list(self._due.values()):
            for uuid in list(due):
                if uuid not in present:
                    due.pop(uuid, None)

    def changed(self, uuids: Collection[str]) -> None:
        """These guests are not what they were, a balloon's size for example: they are asked for everything, once."""
        for due in list(self._due.values()):
            for uuid in uuids:
                due.pop(uuid, None)

    def divide(self, batch: Batch, guests: Iterable[Guest]) -> Wanted:
        """Guests by what they are to be asked for now: first what is cheap, then the most."""
        groups_at: dict[tuple[tuple[float, ...], bool], frozenset[str]] = {}
        wanted: dict[frozenset[str], list[Guest]] = {}
        for guest in guests:
            intervals = self._intervals(batch, guest)
            key = (intervals, guest.disks_show)
            groups = groups_at.get(key)
            if groups is None:
                groups = groups_at[key] = _groups(batch, *key)
            if not intervals and not guest.active:
                groups = STATE
            if groups:
                wanted.setdefault(groups, []).append(guest)
        return dict(sorted(wanted.items(), key=lambda item: (not item[0] <= NO_MONITOR, -len(item[0]))))

    def _intervals(self, batch: Batch, guest: Guest) -> tuple[float, ...]:
        """The intervals of the slots that want this guest in this run."""
        due = self._due[batch].get(guest.uuid)
        if due is None or due.identifier != guest.identifier:
            return batch.intervals
        soon = self._clock.steady() + (batch.interval / 2 if guest.active else 0.0)
        return tuple(each for each in batch.intervals if due.at.get(each, 0.0) <= soon)

    def answered(self, batch: Batch, guest: Guest, asked: Asked) -> None:
        """A guest has answered. One whose monitor was not entered is asked for everything until it is whole again."""
        if asked.whole is False:
            self._due[batch].pop(guest.uuid, None)
            return
        due = self._due[batch].get(guest.uuid)
        if due is None or due.identifier != guest.identifier:
            due = self._due[batch][guest.uuid] = _Due(guest.identifier)
        now = self._clock.steady()
        if guest.active:
            for interval, slow in batch.slow.items():
                if slow <= asked.groups:
                    due.at[interval] = self._next(batch, interval, due.at.get(interval), now)
        elif batch.groups <= asked.groups:
            due.at = dict.fromkeys(batch.intervals, now + SLOW)

    def _next(self, batch: Batch, interval: float, before: float | None, now: float) -> float:
        """When a guest is due next; each keeps its place among the runs, however late one was."""
        if before is None:
            return now + interval - batch.interval * (next(self._places) % round(interval / batch.interval))
        missed = (now + batch.interval / 2 - before) // interval
        return before + interval * (missed + 1) if missed >= 0 else before


def _groups(batch: Batch, intervals: tuple[float, ...], disks_show: bool) -> frozenset[str]:
    """What slots with these intervals want of a guest; its disks may show as well as anything whether it answers."""
    read = batch.read_at(intervals)
    return read if disks_show and "block" in read else read | batch.shown_at(intervals)
