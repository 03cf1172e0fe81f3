"""Lets collectors write what bulk statistics say of each guest, and notes how asking went."""

from collections.abc import Callable, Collection, Mapping

import structlog

from exporter.clock import Clock
from exporter.collection.paces import STATE, Paces
from exporter.collection.plan import Batch, Slot
from exporter.collection.writing import Writing
from exporter.figures import HostFigures
from exporter.guest import Guest
from exporter.hypervisor.groups import NO_MONITOR
from exporter.hypervisor.record import Record
from exporter.hypervisor.shards import Wanted
from exporter.hypervisor.stats import Answers, Asked, Statistics
from exporter.hypervisor.unknown import KnownFields
from exporter.outcome import Outcome

logger = structlog.get_logger()


class GuestStatistics:
    """The statistics of one host's guests, each asked for what is due. `expiry(batch)` is until when (steady seconds)
    what each slot of a batch writes now may stand."""

    def __init__(
        self,
        figures: HostFigures,
        bulk: Statistics,
        writing: Writing,
        known_fields: KnownFields,
        expiry: Callable[[Batch], Mapping[Slot, float]],
        clock: Clock,
    ) -> None:
        self._clock = clock
        self._figures = figures
        self._bulk = bulk
        self._writing = writing
        self._known_fields = known_fields
        self._expiry = expiry
        self._paces = Paces(clock)

    def forget(self) -> None:
        """The host was away, and may be a newer one."""
        self._bulk.forget()

    def keep(self, present: Collection[str]) -> None:
        """Forget guests that are not among these uuids."""
        self._paces.keep(present)

    def changed(self, uuids: Collection[str]) -> None:
        """Events told that something of these guests is other than it was."""
        self._paces.changed(uuids)

    def run(self, batch: Batch, outcomes: Mapping[str, Outcome]) -> None:
        """Ask the guests that were listed last; raises ConnectionLost."""
        guests = list(self._figures.inventory.guests.values())
        expires = self._expiry(batch)
        reading = [(slot, slot.groups) for slot in batch.slots if not slot.every]

        def deliver(guest: Guest, record: Record, asked: Asked) -> None:
            self._observe(guest, record, asked)
            self._known_fields.note_unknown(record, self._figures.unknown_fields)
            self._figures.history.observe(guest, record, asked.at)
            if not guest.active and asked.groups == STATE:
                # It rests: what it had is still true.
                self._writing.confirm([guest], expires)
            for slot, groups in reading:
                # What a guest was not asked for (it is not due, or set aside) stays until it is too old.
                if groups <= asked.groups:
                    self._writing.guest(slot, guest, outcomes, expires[slot], record)
            self._paces.answered(batch, guest, asked)

        wanted = self._paces.divide(batch, guests)
        answers = self._bulk.gather(wanted, deliver, backing=batch.backing)
        answers += self._filtered(batch.unfiltered, outcomes, expires)
        self._note_health(wanted, answers.missing)
        for error in answers.errors:
            logger.warning("guests not read", host=self._figures.pool.name, error=str(error))
        for slot in batch.slots:
            if slot.every:
                for guest in guests:
                    self._writing.guest(slot, guest, outcomes, expires[slot], None)
            elif answers.missing:
                outcomes[slot.collector.name].failures += 1
            self._writing.sums(slot, expires[slot])

    def _filtered(self, batch: Batch, outcomes: Mapping[str, Outcome], expires: Mapping[Slot, float]) -> Answers:
        """Ask guests that the filters leave out what is wanted of all guests: nothing but sums comes of it."""
        inventory = self._figures.inventory
        hidden = [guest for uuid, guest in inventory.everyone.items() if uuid not in inventory.guests]
        if not batch.slots or not hidden:
            return Answers()

        def deliver(guest: Guest, record: Record, asked: Asked) -> None:
            for slot in batch.slots:
                if slot.groups <= asked.groups:
                    self._writing.guest(slot, guest, outcomes, expires[slot], record)
            self._paces.answered(batch, guest, asked)

        wanted = self._paces.divide(batch, hidden)
        # A sum has nothing of a state.
        return self._bulk.gather({groups: some for groups, some in wanted.items() if groups != STATE}, deliver)

    def _observe(self, guest: Guest, record: Record, asked: Asked) -> None:
        at = self._clock.at(asked.at)
        state = record.fields("state").get("state")
        if state is not None:
            guest.observe(int(state), int(record.fields("state").get("reason", 0)), at)
        if asked.whole is not None:
            guest.health.partial = not asked.whole
            if asked.whole:
                guest.health.asked_at = at.wall

    def _note_health(self, wanted: Wanted, missing: set[str]) -> None:
        set_aside = self._figures.set_aside
        for guest in (guest for groups, guests in wanted.items() if not groups <= NO_MONITOR for guest in guests):
            health = guest.health
            health.set_aside_at = set_aside.since.get(guest.uuid)
            health.timed_out = guest.uuid in missing or health.set_aside_at is not None
            health.timeouts = set_aside.timeouts[guest.uuid]
            if not guest.active:
                health.partial = False
