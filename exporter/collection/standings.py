"""What the guests of one host were last known to be, so that what happened unheard is found out."""

from collections.abc import Iterable
from math import inf

from exporter.clock import CLOCK, Moment
from exporter.collection.changes import Missed, Stale, compare
from exporter.events.event import Event
from exporter.events.journal import Journal
from exporter.guest import Guest
from exporter.hypervisor.connection import Connection
from exporter.hypervisor.enums import STATES, state_reason
from exporter.hypervisor.errors import NotFound
from exporter.hypervisor.events import Standing, read_standing
from exporter.hypervisor.inventory import Inventory


class Standings:
    """Standings by uuid, kept up to date by events; used by one thread."""

    def __init__(self, inventory: Inventory, journal: Journal) -> None:
        self._inventory = inventory
        self._journal = journal
        self._known: dict[str, Standing] | None = None
        self._replaced_at = -inf

    def replace(self, found: dict[str, Standing], at: Moment, stale: Stale) -> None:
        """Take standings that were read anew; what differs happened unheard and is told.

        `stale` is what was heard before they were read, and after those they replace.
        """
        found = {uuid: standing for uuid, standing in found.items() if self._inventory.allows(standing.name)}
        heard = {uuid: event for uuid, event in stale.states.items() if event.at.steady > self._replaced_at}
        missed = [] if self._known is None else list(compare(self._known, heard, found))
        self._known, self._replaced_at = found, at.steady
        for each in missed:
            guest = self._inventory.guests.get(each.uuid)
            if each.restarted:  # when nobody saw it
                stale.forget_process(each.uuid)
                if guest is not None:
                    guest.started_at = None
            self._journal.tell(_told(each, at))

    def observe(self, at: Moment) -> list[Guest]:
        """Let the guests know their standings, which were read at `at`; the guests."""
        guests = []
        for uuid, standing in (self._known or {}).items():
            guest = self._inventory.guests.get(uuid)
            if guest is not None:
                guest.observe(standing.state, standing.reason, at)
                guests.append(guest)
        return guests

    def redefine(self, uuids: Iterable[str]) -> None:
        """Let the guests that run know that they were defined anew, which they are not until they are restarted."""
        for uuid in uuids:
            guest = self._inventory.guests.get(uuid)
            if guest is not None:
                guest.redefined = guest.active

    def read(self, connection: Connection, stale: Stale) -> list[Guest]:
        """Read the states that events changed, so that each reason is libvirt's own; the guests. Raises
        ConnectionLost."""
        known = self._known if self._known is not None else {}
        guests = []
        for uuid, event in stale.states.items():
            guest = self._inventory.guests.get(uuid)
            if guest is None:
                known.pop(uuid, None)
                continue
            if uuid in stale.started:
                guest.started_at = stale.started[uuid]
            asked_at = CLOCK.now()
            try:
                standing = read_standing(connection, connection.domain(uuid))
            except NotFound:
                standing = None
            if standing is None:
                continue
            known[uuid] = Standing(guest.name, guest.identifier, standing.state, standing.reason)
            changed = guest.observe(standing.state, standing.reason, asked_at)
            guest.changed_with(event.at, observed=changed)
            guests.append(guest)
        connection.forget_domains(frozenset(self._inventory.guests))
        return guests


def _told(missed: Missed, at: Moment) -> Event:
    standing = missed.now or missed.was
    return Event(
        "domain",
        "missed",
        "missed",
        at,
        "" if standing is None else standing.name,
        missed.uuid,
        fields={
            "was": _words(missed.was),
            "now": _words(missed.now),
            "restarted": int(missed.restarted),
        },
    )


def _words(standing: Standing | None) -> str:
    if standing is None:
        return "absent"
    state = STATES.get(standing.state, "unknown")
    return f"{state} ({state_reason(standing.state, standing.reason)})"
