"""Lets collectors write onto the page, a subject at a time, and adds up what they say of each guest."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import structlog

from exporter.collection.attempt import WrongData, attempt
from exporter.collection.plan import Batch, Slot
from exporter.collectors.source import Statistics
from exporter.exposition.page import Page
from exporter.exposition.part import HOST
from exporter.exposition.rows import Rows
from exporter.guest import Guest
from exporter.hypervisor.inventory import Inventory
from exporter.outcome import Outcome

Outcomes = Mapping[str, Outcome]
"""Of each collector in a batch, by its name."""

logger = structlog.get_logger()


class Writing:
    """The way from what was gathered onto the page of a host. `expires` is until when (steady seconds) it may stand."""

    def __init__(self, page: Page, inventory: Inventory) -> None:
        self._page = page
        self._inventory = inventory
        self._sums: defaultdict[Slot, dict[str, Any]] = defaultdict(dict)

    def forget(self, uuids: Collection[str]) -> None:
        """These guests no longer add to any sum."""
        with self._page.writing():
            for values in self._sums.values():
                for uuid in uuids:
                    values.pop(uuid, None)

    def summed(self) -> list[Slot]:
        """Feeds that have sums."""
        return list(self._sums)

    def guest(self, slot: Slot, guest: Guest, outcomes: Outcomes, expires: float, data: Any) -> None:
        """Let a feed write about a guest; if this is made of the same as last time, what stands there stays."""
        made_of = _made_of(slot, guest, data)
        if made_of is not None and self.repeat(slot, guest.uuid, expires, made_of):
            return
        outcome = outcomes[slot.collector.name]
        value = self.subject(slot, guest.uuid, outcome, expires, guest, data, about=guest, made_of=made_of)
        if slot.feed.summarise is not None:
            with self._page.writing():
                if self._there(slot, guest):
                    self._sums[slot][guest.uuid] = value

    def sums(self, slot: Slot, expires: float) -> None:
        """Let a feed write what is about all guests."""
        if slot.feed.summarise is not None:
            with self._page.writing():
                values = dict(self._sums[slot])
            self.summary(slot, values, self._inventory, expires)

    def summary(self, slot: Slot, values: Mapping[str, Any], listed: Any, expires: float) -> None:
        """Let a feed write what is about all things of a kind: what each adds, and everything listed."""
        if slot.feed.summarise is None:
            return
        rows = Rows()
        slot.feed.summarise(values, listed, rows)
        with self._page.writing() as parts:
            parts[slot.collector.name].put(slot.number, HOST, rows, expires)

    def subject(
        self,
        slot: Slot,
        subject: str,
        outcome: Outcome,
        expires: float,
        *data: Any,
        about: Guest | None = None,
        made_of: object = None,
    ) -> Any:
        """Let a feed write about a subject; what it gets wrong costs this subject of this collector alone. What is
        about a guest that has gone meanwhile is not written."""
        rows = Rows()
        try:
            value = attempt(slot.feed.collect, *data, rows)
        except WrongData as error:
            outcome.failures += 1
            logger.warning("collector failed", collector=slot.collector.name, subject=str(data[0]), error=str(error))
            # What was true of it before may be no longer, and would be confirmed for as long as it does not change.
            value, rows, made_of = None, Rows(), None
            rows.invalid = 1
        with self._page.writing() as parts:
            # Guests leave the inventory first and the page after that, under its lock: nobody is put back.
            if about is None or self._there(slot, about):
                parts[slot.collector.name].put(slot.number, subject, rows, expires, made_of)
        return value

    def repeat(self, slot: Slot, subject: str, expires: float, made_of: object) -> bool:
        """Whether what a feed says of a subject is made of the same as last time; it stands on, then."""
        with self._page.writing() as parts:
            return parts[slot.collector.name].repeat(slot.number, subject, expires, made_of)

    def _there(self, slot: Slot, guest: Guest) -> bool:
        source = slot.feed.source
        hidden_too = isinstance(source, Statistics) and source.unfiltered
        among = self._inventory.everyone if hidden_too else self._inventory.guests
        return among.get(guest.uuid) is guest

    def confirm(self, guests: Iterable[Guest], expires: Mapping[Slot, float]) -> None:
        """What these guests have on the page of each slot is still true."""
        with self._page.writing() as parts:
            for slot, until in expires.items():
                part = parts[slot.collector.name]
                for guest in guests:
                    part.confirm(slot.number, guest.uuid, until)

    def drop(self, batch: Batch, guests: Iterable[Guest]) -> None:
        """Take what these guests have on the page away."""
        with self._page.writing() as parts:
            for slot in batch.slots:
                for guest in guests:
                    parts[slot.collector.name].drop(slot.number, guest.uuid)


def _made_of(slot: Slot, guest: Guest, data: Any) -> object:
    if slot.feed.made_of is None:
        return None
    try:
        return attempt(slot.feed.made_of, guest, data)
    except WrongData:
        return None  # collecting fails of it as well, and says so
