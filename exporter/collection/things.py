"""Lets collectors write about storage pools and virtual networks, each a subject of its own on the page."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from exporter.collection.plan import Batch, Slot
from exporter.collectors.source import ThingCall
from exporter.exposition.page import Page
from exporter.hypervisor.pool import WorkerPool
from exporter.hypervisor.things import Find, Thing, Things
from exporter.outcome import Outcome
from exporter.scope import Scope


class ThingCalls:
    """The things of one host, by what lists them, and whose samples stand on the page."""

    def __init__(self, pool: WorkerPool, scope: Scope, page: Page) -> None:
        self._pool = pool
        self._scope = scope
        self._page = page
        self._things: dict[Find, Things] = {}
        self._shown: dict[Slot, set[str]] = {}
        self._told: set[ThingCall] = set()

    def forget(self) -> None:
        """The host was away: its things are listed anew, and what hung is asked again."""
        for things in self._things.values():
            things.forget()

    def run(
        self,
        batch: Batch,
        source: ThingCall,
        outcomes: Mapping[str, Outcome],
        write: Callable[[Slot, str, Thing, Any], Any],
    ) -> tuple[dict[Slot, dict[str, Any]], tuple[Thing, ...]]:
        """Ask about each thing; `write(slot, subject, thing, data)` lets a feed write about it.

        The values for each slot's sum, by name, and everything that was listed.
        """
        things = self._things.get(source.find)
        if things is None:
            things = self._things[source.find] = Things(self._pool, source.find, source.chooses, self._scope)
        values: dict[Slot, dict[str, Any]] = {slot: {} for slot in batch.slots}
        present = set()
        inside: list[str] = []
        complete = True
        for answer in things.ask(source.read):
            subject = f"thing {answer.thing.name}"
            present.add(subject)
            complete = complete and answer.data is not None
            if source.inside is not None and source not in self._told and answer.data is not None:
                inside += answer.data.names
            for slot in batch.slots:
                outcomes[slot.collector.name].failures += answer.failures
                if answer.data is not None or answer.timed_out:
                    values[slot][answer.thing.name] = write(slot, subject, answer.thing, answer.data)
        for slot in batch.slots:
            outcomes[slot.collector.name].failures += things.unlisted
            self._drop(slot, self._shown.get(slot, set()) - present)
            self._shown[slot] = present
        if complete and inside:
            self._tell_unmatched(source, inside)
        return values, things.listed or ()

    def _tell_unmatched(self, source: ThingCall, names: Sequence[str]) -> None:
        """Once, when there is something in the things that are shown."""
        if source.inside is not None:
            self._told.add(source)
            source.inside(self._scope).tell_unmatched(names, self._pool.name)

    def _drop(self, slot: Slot, gone: set[str]) -> None:
        with self._page.writing() as parts:
            for subject in gone:
                parts[slot.collector.name].drop(slot.number, subject)
