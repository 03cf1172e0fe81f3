"""Gathers what a batch needs from libvirt and lets its collectors write it onto the page."""

import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from typing import Any

import structlog

from exporter.clock import CLOCK, Clock, Moment
from exporter.collection.eventwriter import EventWriter
from exporter.collection.guestcalls import GuestCalls
from exporter.collection.plan import Batch, Slot
from exporter.collection.resting import Resting
from exporter.collection.things import ThingCalls
from exporter.collection.turns import Turns
from exporter.collection.writing import Writing
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
from exporter.guest import Guest
from exporter.hypervisor.agentlane import AgentLane
from exporter.hypervisor.connection import Connection
from exporter.hypervisor.descriptions import Descriptions
from exporter.hypervisor.groups import NO_MONITOR
from exporter.hypervisor.inventory import Changes
from exporter.hypervisor.listings import read_listings
from exporter.hypervisor.record import Record
from exporter.hypervisor.stats import Answers
from exporter.hypervisor.stats import Statistics as BulkStatistics
from exporter.hypervisor.things import Thing
from exporter.hypervisor.unknown import KnownFields
from exporter.outcome import Outcome
from exporter.scope import Scope

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
        self._bulk = bulk
        self._descriptions = descriptions
        self._lifetime = lifetime
        self._on_changes = on_changes
        self._known_fields = known_fields
        self._turns = Turns()
        self._listing = threading.Lock()
        self._things = ThingCalls(figures.pool, scope, page)
        self._writing = Writing(page, figures.inventory)
        self._singly = GuestCalls(figures, self._writing, agents)
        self._resting = Resting(clock)
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
        self._bulk.forget()
        self._things.forget()
        self._singly.forget()

    def list_guests(self) -> None:
        """List the guests anew; those that are gone leave every part at once."""
        # What a listing found is heeded before the next one: else a guest that was away for a moment would leave the
        # page after it came back, and its description is not read again for that.
        with self._listing:
            self._heed(self._figures.pool.submit_short(self._figures.inventory.refresh).result())

    def _heed(self, changes: Changes) -> None:
        inventory = self._figures.inventory
        if changes.gone:
            self._figures.set_aside.keep(set(inventory.everyone))
            self._figures.pool.keep_domains(frozenset(inventory.everyone))
            self._descriptions.keep(inventory.candidates)
            self._figures.history.keep(inventory.guests)
            self._resting.keep(inventory.everyone)
            self._writing.forget(changes.gone)
        if changes.gone or changes.renamed:
            self._page.forget(changes.gone | changes.renamed)
        if changes.gone or changes.changed:
            self._on_changes(changes)

    def _statistics(self, batch: Batch, outcomes: dict[str, Outcome]) -> None:
        self.list_guests()
        guests = list(self._figures.inventory.guests.values())
        expires = self._clock.steady() + self._lifetime(batch.interval)

        def deliver(guest: Guest, record: Record, groups: frozenset[str], asked_at: float) -> None:
            self._observe(guest, record, groups, self._clock.at(asked_at))
            self._known_fields.note_unknown(record, self._figures.unknown_fields)
            self._figures.history.observe(guest, record, asked_at)
            for slot in batch.slots:
                source = slot.feed.source
                # What this guest was not asked for (it is set aside) keeps what it has until that is too old.
                if isinstance(source, Statistics) and not source.every and source.groups <= groups:
                    self._writing.guest(slot, guest, outcomes, expires, record)

        def deliver_asked(guest: Guest, record: Record, groups: frozenset[str], asked_at: float) -> None:
            deliver(guest, record, groups, asked_at)
            self._resting.answered(batch, guest)

        def deliver_resting(guest: Guest, record: Record, groups: frozenset[str], asked_at: float) -> None:
            deliver(guest, record, groups, asked_at)
            self._writing.confirm(batch, [guest], expires)

        asked, resting = self._resting.divide(batch, guests)
        answers = self._bulk.gather(asked, batch.groups, deliver_asked, backing=batch.backing)
        answers += self._filtered(batch, outcomes, expires)
        if resting:
            answers += self._bulk.gather(resting, frozenset({"state"}), deliver_resting)
        self._note_health(guests, answers.missing, batch.groups)
        for error in answers.errors:
            logger.warning("guests not read", host=self._figures.pool.name, error=str(error))
        for slot in batch.slots:
            source = slot.feed.source
            if isinstance(source, Statistics) and source.every:
                for guest in guests:
                    self._writing.guest(slot, guest, outcomes, expires, None)
            elif answers.missing:
                outcomes[slot.collector.name].failures += 1
            self._writing.sums(slot, expires)

    def _filtered(self, batch: Batch, outcomes: dict[str, Outcome], expires: float) -> Answers:
        """Ask guests that the filters leave out what is wanted of all guests: nothing but sums comes of it."""
        slots = [
            slot for slot in batch.slots if isinstance(slot.feed.source, Statistics) and slot.feed.source.unfiltered
        ]
        inventory = self._figures.inventory
        hidden = [guest for uuid, guest in inventory.everyone.items() if uuid not in inventory.guests]
        if not slots or not hidden:
            return Answers()

        def deliver(guest: Guest, record: Record, _groups: frozenset[str], _asked_at: float) -> None:
            self._resting.answered(batch, guest)
            for slot in slots:
                self._writing.guest(slot, guest, outcomes, expires, record)

        asked, _resting = self._resting.divide(batch, hidden)
        return self._bulk.gather(asked, Batch(batch.name, batch.interval, tuple(slots)).groups, deliver)

    def _observe(self, guest: Guest, record: Record, groups: frozenset[str], asked_at: Moment) -> None:
        state = record.fields("state").get("state")
        if state is not None:
            guest.observe(int(state), int(record.fields("state").get("reason", 0)), asked_at)
        if "balloon" in groups and guest.active:
            health = guest.health
            # A job that somebody else holds, or a hung monitor: NOWAIT answers without what needs the monitor.
            health.partial = bool(self._bulk.bulk) and "rss" not in record.fields("balloon")
            if not health.partial:
                health.asked_at = asked_at.wall

    def _note_health(self, guests: Iterable[Guest], missing: set[str], groups: frozenset[str]) -> None:
        if groups <= NO_MONITOR:
            return
        set_aside = self._figures.set_aside
        for guest in guests:
            health = guest.health
            health.set_aside_at = set_aside.since.get(guest.uuid)
            health.timed_out = guest.uuid in missing or health.set_aside_at is not None
            health.timeouts = set_aside.timeouts[guest.uuid]
            if not guest.active:
                health.partial = False

    def _describe(self, batch: Batch, outcomes: dict[str, Outcome]) -> None:
        self.list_guests()
        inventory = self._figures.inventory
        expires = self._clock.steady() + self._lifetime(batch.interval)
        described, failing = set(), set()
        for changed, failed in self._descriptions.read(batch, list(inventory.candidates.values())):
            if [uuid for uuid, root in changed.items() if inventory.choose(uuid, root)]:
                self.list_guests()
            for uuid, root in changed.items():
                guest = inventory.guests.get(uuid)
                if guest is not None:
                    described.add(uuid)
                    for slot in batch.slots:
                        self._writing.guest(slot, guest, outcomes, expires, root)
            for slot in batch.slots:
                outcomes[slot.collector.name].failures += len(failed & inventory.guests.keys())
            failing |= failed
        # Of the others no change was told; what could not be read is no longer known to be true.
        known = [guest for uuid, guest in inventory.guests.items() if uuid not in described and uuid not in failing]
        self._writing.confirm(batch, known, expires)
        for slot in batch.slots:
            self._writing.sums(slot, expires)

    def _listings(self, batch: Batch, outcomes: dict[str, Outcome]) -> None:
        def read(connection: Connection) -> tuple[Mapping[str, frozenset[str]], int]:
            connection.take_failures()
            return read_listings(connection, sorted(batch.listings)), connection.take_failures()

        self.list_guests()
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
        data, failures = self._figures.pool.submit(read).result()
        for slot in batch.slots:
            outcome = outcomes[slot.collector.name]
            outcome.failures += failures
            self._writing.subject(slot, HOST, outcome, expires, data)

    def _guest_call(self, batch: Batch, source: GuestCall, outcomes: dict[str, Outcome]) -> None:
        self.list_guests()
        self._singly.ask(batch, source, outcomes, self._clock.steady() + self._lifetime(batch.interval))

    def _thing_call(self, batch: Batch, source: ThingCall, outcomes: dict[str, Outcome]) -> None:
        expires = self._clock.steady() + self._lifetime(batch.interval)

        def write(slot: Slot, subject: str, thing: Thing, data: Any) -> Any:
            return self._writing.subject(slot, subject, outcomes[slot.collector.name], expires, thing, data)

        values, listed = self._things.run(batch, source, outcomes, write)
        self.events.note_listed(batch, listed)
        for slot in batch.slots:
            self._writing.summary(slot, values[slot], listed, expires)
