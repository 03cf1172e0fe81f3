"""Puts counts of events, and states that events told, onto the page between two runs of their collectors."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from exporter.clock import Clock
from exporter.collection.changes import ABOUT
from exporter.collection.plan import Batch, Slot
from exporter.collection.writing import Writing
from exporter.collectors.source import Events, Statistics
from exporter.exposition.page import Page
from exporter.exposition.part import HOST
from exporter.figures import HostFigures
from exporter.guest import Guest
from exporter.hypervisor.things import Thing
from exporter.outcome import Outcome

# Counts that outlive their guest do not stand under its uuid, which leaves every part with the guest.
_SUBJECT = "event/"


class EventWriter:
    """Writes on the page of one host. `lifetime` and `retention` are as for the gathering."""

    def __init__(
        self,
        figures: HostFigures,
        page: Page,
        lifetime: Callable[[float], float],
        retention: float,
        writing: Writing,
        clock: Clock,
    ) -> None:
        self._clock = clock
        self._figures = figures
        self._page = page
        self._lifetime = lifetime
        self._retention = retention
        self._writing = writing

    def write_all(self, slots: Iterable[Slot], outcomes: dict[str, Outcome]) -> None:
        """Everything that was counted, zeros of guests that are there included; `publish` is left to the caller."""
        counts = self._figures.events
        guests = {guest.name: guest for guest in self._figures.inventory.guests.values()}
        forgotten = counts.keep(guests, self._clock.steady(), self._retention)
        if forgotten:
            self._page.forget({_SUBJECT + name for name in forgotten})
        with counts.lock:
            names = sorted(counts.guests)
        self._put(slots, names, guests, outcomes)

    def note_listed(self, batch: Batch, listed: Iterable[Thing]) -> None:
        """A run listed these pools or networks."""
        names = {thing.name for thing in listed}
        for kind, collectors in ABOUT.items():
            if any(slot.collector.name in collectors for slot in batch.slots):
                self._figures.events.note_listed(kind, names)

    def write_anew(self, slots: Iterable[Slot]) -> None:
        """Everything, published at once: there is a new subscription."""
        counted = [slot for slot in slots if isinstance(slot.feed.source, Events)]
        self.write_all(counted, defaultdict(Outcome))
        self._page.publish(*{slot.collector.name for slot in counted})

    def write_changed(self, slots: Sequence[Slot]) -> None:
        """What changed since the last time, and publish it."""
        guests = {guest.name: guest for guest in self._figures.inventory.guests.values()}
        self._put(slots, sorted(self._figures.events.changed()), guests, defaultdict(Outcome))
        self._page.publish(*{slot.collector.name for slot in slots})

    def write_states(self, slots: Iterable[Slot], guests: Sequence[Guest]) -> None:
        """The feeds that are about every guest, for these guests, and publish them."""
        wanted = [slot for slot in slots if isinstance(slot.feed.source, Statistics) and slot.feed.source.every]
        for slot in wanted:
            expires = self._clock.steady() + self._lifetime(slot.interval)
            for guest in guests:
                self._writing.guest(slot, guest, defaultdict(Outcome), expires, None)
        self._page.publish(*{slot.collector.name for slot in wanted})

    def _put(
        self, slots: Iterable[Slot], names: Iterable[str], guests: dict[str, Guest], outcomes: dict[str, Outcome]
    ) -> None:
        counts = self._figures.events
        for slot in slots:
            source = slot.feed.source
            expires = self._clock.steady() + self._lifetime(slot.interval)
            outcome = outcomes[slot.collector.name]
            if not isinstance(source, Events):
                continue
            if not source.guests:
                with counts.lock:
                    self._writing.subject(slot, HOST, outcome, expires, counts)
                continue
            for name in names:
                guest = guests.get(name)
                if guest is None and not source.gone:
                    continue
                about = None if source.gone else guest
                subject = _SUBJECT + name if about is None else about.uuid
                with counts.lock:
                    known = counts.guests.get(name)
                    if known is None:
                        continue
                    made_of = (known.changes, guest, guest and guest.devices)
                    if not self._writing.repeat(slot, subject, expires, made_of):
                        self._writing.subject(
                            slot, subject, outcome, expires, name, known, guest, about=about, made_of=made_of
                        )
