"""Which guests there are: listed anew in each cycle, known by uuid."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

import structlog

from exporter.filters import NameFilter
from exporter.guest import DeviceFilters, Guest
from exporter.hypervisor.connection import Connection

Element = ElementTree.Element

logger = structlog.get_logger()


@dataclass(frozen=True)
class Changes:
    """What a listing found different from the one before, by uuid."""

    gone: frozenset[str] = frozenset()
    """No longer there, or no longer shown."""
    changed: frozenset[str] = frozenset()
    """New, renamed, started or stopped: what was known from the description no longer holds."""
    renamed: frozenset[str] = frozenset()


@dataclass
class Inventory:
    """The guests of a host. `refresh` runs in one thread at a time; readers see a whole listing or the one before.

    `named` chooses by name, `chooses` by description. `guests` are shown; `candidates` have a name that is allowed;
    `everyone` is all there are.
    """

    named: NameFilter
    filters: DeviceFilters
    chooses: Callable[[Element], bool] | None = None
    host: str = ""
    guests: dict[str, Guest] = field(default_factory=dict)
    candidates: dict[str, Guest] = field(default_factory=dict)
    everyone: dict[str, Guest] = field(default_factory=dict)
    total: int = 0
    active: int = 0
    excluded: int = 0
    _chosen: dict[str, bool] = field(default_factory=dict)

    def allows(self, name: str) -> bool:
        """Whether a guest of this name may be shown."""
        return self.named.allows(name)

    def refresh(self, connection: Connection) -> Changes:
        """List all guests (one listAllDomains) and say what changed; a new one may have to be described first."""
        listed = connection.call(connection.libvirt.listAllDomains, 0)
        seen = sorted(((domain.name(), domain.UUIDString(), domain) for domain in listed), key=lambda each: each[:2])
        names = Counter[str]()
        everyone: dict[str, Guest] = {}
        candidates: dict[str, Guest] = {}
        changed = set()
        renamed = set()
        for plain_name, uuid, domain in seen:
            names[plain_name] += 1
            # Some drivers allow two guests of one name; a page does not.
            name = plain_name if names[plain_name] == 1 else f"{plain_name}~{uuid[:8]}"
            guest = self.everyone.get(uuid)
            identifier = domain.ID()
            if guest is None or guest.name != name:
                if guest is not None:
                    renamed.add(uuid)
                guest = Guest(uuid, name, self.filters)
                changed.add(uuid)
            elif guest.identifier != identifier:
                guest.restarted()
                changed.add(uuid)
            guest.identifier = identifier
            guest.active = identifier != -1
            everyone[uuid] = guest
            if self.allows(plain_name):
                candidates[uuid] = guest
                if self.chooses is not None and uuid not in self._chosen:
                    self._describe(connection, domain, guest)
        guests = {uuid: guest for uuid, guest in candidates.items() if self._shows(uuid)}
        gone = (self.everyone.keys() - everyone.keys()) | (self.guests.keys() - guests.keys())
        appeared = guests.keys() - self.guests.keys()
        for uuid in self._chosen.keys() - everyone.keys():
            del self._chosen[uuid]
        if not self.everyone:
            self.named.tell_unmatched([name for name, _, _ in seen], self.host)
            if candidates and not guests:
                logger.warning(
                    "filter matches nothing", host=self.host, option="domain.metadata", guests=len(candidates)
                )
        self.everyone, self.candidates, self.guests = everyone, candidates, guests
        self.total = len(seen)
        self.active = sum(1 for guest in everyone.values() if guest.active)
        self.excluded = len(seen) - len(guests)
        return Changes(frozenset(gone), frozenset((changed & candidates.keys()) | appeared), frozenset(renamed))

    def choose(self, uuid: str, description: Element) -> bool:
        """Decide by its description whether a guest is shown; whether that is news, for the next `refresh` to heed."""
        if self.chooses is None:
            return False
        before = self._chosen.get(uuid)
        self._chosen[uuid] = self.chooses(description)
        return self._chosen[uuid] != before

    def _shows(self, uuid: str) -> bool:
        return self.chooses is None or self._chosen.get(uuid, False)

    def _describe(self, connection: Connection, domain: Any, guest: Guest) -> None:
        """A guest that cannot be described is not shown until it can be."""
        text = connection.optional(domain.XMLDesc, 0, about=f"domain '{guest.name}'")
        try:
            self._chosen[guest.uuid] = False
            if text is not None:
                self.choose(guest.uuid, ElementTree.fromstring(text))
        except ElementTree.ParseError as error:
            logger.warning("description not read", guest=guest.name, uuid=guest.uuid, error=str(error))
