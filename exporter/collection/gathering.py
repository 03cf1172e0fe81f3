"""Gathers what a batch needs from libvirt and lets its collectors write it onto the page."""

import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from math import inf
from typing import Any

import structlog

from exporter.clock import CLOCK, Clock
from exporter.collection.eventwriter import EventWriter
from exporter.collection.guestcalls import GuestCalls
from exporter.collection.gueststatistics import GuestStatistics
from exporter.collection.plan import Batch, Slot
from exporter.collection.things import ThingCalls
from exporter.collection.turns import Turns
from exporter.collection.writing import Writing
from exporter.collectors.collector import SLOW
from exporter.collectors.source import (
    AgentCall,
    Description,
    Events,
    GuestCall,
    HostCall,
    Listing,
    Statistics,
    ThingCall,
)
from exporter.exposition.page import Page
from exporter.exposition.part import HOST
from exporter.figures import HostFigures
from exporter.hypervisor.agentlane import AgentLane
from exporter.hypervisor.connection import Connection
from exporter.hypervisor.descriptions import Descriptions
from exporter.hypervisor.errors import Abandoned, CallFailed
from exporter.hypervisor.inventory import Changes
from exporter.hypervisor.listings import read_listings
from exporter.hypervisor.stats import Statistics as BulkStatistics
from exporter.hypervisor.things import Thing
from exporter.hypervisor.unknown import KnownFields
from exporter.hypervisor.waits import Waits
from exporter.outcome import Outcome
from exporter.scope import Scope

_SHARED = 0.25
"""A listing of the guests will do for a batch that is not older than this part of its interval, or of a minute."""

logger = structlog.get_logger()


class Gathering:
    """The gatherings of one host. `lifetime(interval)` is for how many seconds figures may be shown; `on_changes` is
    told what a listing found different; `retention` is for how many seconds events of a guest that is gone stay."""

    def __init__(
        self,
        figures: HostFigures,
        page: Page,
        bulk: BulkStatistics,
        descriptions: Descriptions,
        lifetime: Callable[[float], float],
        on_changes: Callable[[Changes], None],
        known_fields: KnownFields,
        retention: float,
        scope: Scope,
        agents: AgentLane | None,
        clock: Clock = CLOCK,
    ) -> None:
        self._clock = clock
        self._figures = figures
        self._page = page
        self._descriptions = descriptions
        self._lifetime = lifetime
        self._on_changes = on_changes
        self._turns = Turns()
        self._listing = threading.Lock()
        self._listed_at = -inf
        self._things = ThingCalls(figures.pool, scope, page)
        self._writing = Writing(page, figures.inventory)
        self._singly = GuestCalls(figures, self._writing, agents)
        self._bulk = GuestStatistics(figures, bulk, self._writing, known_fields, self._expiry, clock)
        self._hanging = Waits(clock.steady)
        """Batches whose calls did not answer."""
        self.events = EventWriter(figures, page, lifetime, retention, self._writing, clock)

    def gather(self, batch: Batch) -> dict[str, Outcome]:
        """Run a batch; the outcome of each of its collectors. Raises HypervisorError when all of them failed."""
        outcomes = {slot.collector.name: Outcome() for slot in batch.slots}
        with self._turns.turn() if batch.enters_monitor else nullcontext():
            self._gather(batch, outcomes)
        return outcomes

    def _gather(self, batch: Batch, outcomes: dict[str, Outcome]) -> None:
        match batch.source:
            case Statistics():
                self._statistics(batch, outcomes)
            case Description():
                self._describe(batch, outcomes)
            case Listing():
                self._listings(batch, outcomes)
            case HostCall() as source:
                self._host_call(batch, source, outcomes)
            case GuestCall() as source:
                self._guest_call(batch, source, outcomes)
            case Events():
                self.events.write_all(batch.slots, outcomes)
            case ThingCall() as source:
                self._thing_call(batch, source, outcomes)
            case AgentCall() as source:
                self._singly.ask_agents(batch, source, outcomes, self._clock.steady() + self._lifetime(batch.interval))

    def host_returned(self) -> None:
        """The host was away: what hung in it no longer does, and it may be a newer one."""
        self._listed_at = -inf
        self._bulk.forget()
        self._things.forget()
        self._singly.forget()
        self._hanging.clear()

    def guests_changed(self, uuids: Collection[str]) -> None:
        """Events told that something of these guests is other than it was."""
        self._bulk.changed(uuids)

    def list_guests(self, *, within: float = 0.0) -> None:
        """List the guests anew, if that was not done `within` so many seconds; those that are gone leave every part at
        once."""
        # What a listing found is heeded before the next one: else a guest that was away for a moment would leave the
        # page after it came back, and its description is not read again for that.
        with self._listing:
            now = self._clock.steady()
            if now - self._listed_at >= within:
                self._heed(self._figures.pool.submit_short(self._figures.inventory.refresh).result())
                self._listed_at = now

    def _list_guests(self, batch: Batch) -> None:
        self.list_guests(within=min(batch.interval, SLOW) * _SHARED)

    def _heed(self, changes: Changes) -> None:
        inventory = self._figures.inventory
        if changes.gone:
            self._figures.set_aside.keep(set(inventory.everyone))
            self._figures.pool.keep_domains(frozenset(inventory.everyone))
            self._descriptions.keep(inventory.candidates)
            self._figures.history.keep(inventory.guests)
            self._bulk.keep(inventory.everyone)
            self._writing.forget(changes.gone)
        if changes.gone or changes.renamed:
            self._page.forget(changes.gone | changes.renamed)
        if changes.gone or changes.changed:
            self._on_changes(changes)

    def _statistics(self, batch: Batch, outcomes: dict[str, Outcome]) -> None:
        self._list_guests(batch)
        self._bulk.run(batch, outcomes)

    def _expiry(self, batch: Batch) -> dict[Slot, float]:
        """Until when (steady seconds) what each slot of a batch writes now may stand."""
        now = self._clock.steady()
        return {slot: now + self._lifetime(slot.interval) for slot in batch.slots}

    def _describe(self, batch: Batch, outcomes: dict[str, Outcome]) -> None:
        self._list_guests(batch)
        inventory = self._figures.inventory
        expires = self._expiry(batch)
        described, failing = set(), set()
        for changed, failed in self._descriptions.read(batch, list(inventory.candidates.values())):
            if [uuid for uuid, root in changed.items() if inventory.choose(uuid, root)]:
                self.list_guests()
            for uuid, root in changed.items():
                guest = inventory.guests.get(uuid)
                if guest is not None:
                    described.add(uuid)
                    for slot in batch.slots:
                        self._writing.guest(slot, guest, outcomes, expires[slot], root)
            for slot in batch.slots:
                outcomes[slot.collector.name].failures += len(failed & inventory.guests.keys())
            failing |= failed
        # Of the others no change was told; what could not be read is no longer known to be true.
        known = [guest for uuid, guest in inventory.guests.items() if uuid not in described and uuid not in failing]
        self._writing.confirm(known, expires)
        for slot in batch.slots:
            self._writing.sums(slot, expires[slot])

    def _listings(self, batch: Batch, outcomes: dict[str, Outcome]) -> None:
        def read(connection: Connection) -> tuple[Mapping[str, frozenset[str]], int]:
            connection.take_failures()
            return read_listings(connection, sorted(batch.listings)), connection.take_failures()

        self._list_guests(batch)
        expires = self._clock.steady() + self._lifetime(batch.interval)
        found, failures = self._figures.pool.submit(read).result()
        for guest in self._figures.inventory.everyone.values():
            guest.list(found)
        for slot in batch.slots:
            outcomes[slot.collector.name].failures += failures
            for guest in self._figures.inventory.guests.values():
                self._writing.guest(slot, guest, outcomes, expires, None)
        for slot in self._writing.summed():
            # Sums of other feeds of the collector may be over the guests of a listing.
            if slot.collector.name in outcomes:
                self._writing.sums(slot, self._clock.steady() + self._lifetime(slot.interval))

    def _host_call(self, batch: Batch, source: HostCall, outcomes: dict[str, Outcome]) -> None:
        def read(connection: Connection) -> tuple[Any, int]:
            connection.take_failures()
            return source.read(connection), connection.take_failures()

        expires = self._clock.steady() + self._lifetime(batch.interval)
        with self._pausing(batch, source):
            data, failures = self._figures.pool.submit(read).result()
        for slot in batch.slots:
            outcome = outcomes[slot.collector.name]
            outcome.failures += failures
            self._writing.subject(slot, HOST, outcome, expires, data)

    def _guest_call(self, batch: Batch, source: GuestCall, outcomes: dict[str, Outcome]) -> None:
        self._list_guests(batch)
        with self._pausing(batch, source):
            self._singly.ask(batch, source, outcomes, self._clock.steady() + self._lifetime(batch.interval))

    @contextmanager
    def _pausing(self, batch: Batch, source: HostCall | GuestCall) -> Iterator[None]:
        """Around calls that may be passed on to another daemon: while that hangs, each holds a worker of ours."""
        if not self._hanging.over(batch.name):
            raise CallFailed(f"call {source.read.__name__}", "it hung when last tried, and is tried again later")
        began = self._clock.steady()
        try:
            yield
        except Abandoned:
            # From the run that was due: an answer that is late once costs no other.
            self._hanging.lengthen(batch.name, first=batch.interval, since=began - batch.interval / 2)
            raise
        self._hanging.reset(batch.name)

    def _thing_call(self, batch: Batch, source: ThingCall, outcomes: dict[str, Outcome]) -> None:
        expires = self._clock.steady() + self._lifetime(batch.interval)

        def write(slot: Slot, subject: str, thing: Thing, data: Any) -> Any:
            return self._writing.subject(slot, subject, outcomes[slot.collector.name], expires, thing, data)

        values, listed = self._things.run(batch, source, outcomes, write)
        self.events.note_listed(batch, listed)
        for slot in batch.slots:
            self._writing.summary(slot, values[slot], listed, expires)
