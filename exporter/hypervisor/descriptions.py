"""Domain XML, read once and again only when it changed."""

from collections import defaultdict, deque
from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from itertools import islice
from typing import Any
from xml.etree import ElementTree

import structlog

from exporter.filters import Filters
from exporter.guest import Devices, Guest
from exporter.hypervisor.connection import Connection
from exporter.hypervisor.errors import ConnectionLost, HypervisorError, NotFound
from exporter.hypervisor.pool import WorkerPool

_CHUNK = 10  # parsed descriptions that stand in memory at once, for each worker

Element = ElementTree.Element

logger = structlog.get_logger()


class Descriptions:
    """Which guests' XML is known to be as each of its readers has read it; nothing of the XML itself is kept here.

    With `events` a change is told by an event, and only what was told is read again; without, everything is. Who reads
    at another pace has not seen what others have.
    """

    def __init__(self, pool: WorkerPool, filters: Filters) -> None:
        self._pool = pool
        self._filters = filters
        self._told = False
        self._read: defaultdict[Hashable, set[str]] = defaultdict(set)
        self.events = False

    def changed(self, uuids: Iterable[str]) -> None:
        """The XML of these guests is to be read again."""
        changed = frozenset(uuids)
        for read in list(self._read.values()):
            read.difference_update(changed)

    def all_changed(self) -> None:
        """Nothing is known any more: the host was gone for a while."""
        for read in list(self._read.values()):
            read.clear()

    def keep(self, uuids: Collection[str]) -> None:
        """Forget guests that are not among these."""
        for read in list(self._read.values()):
            read.intersection_update(uuids)

    def read(self, reader: Hashable, guests: Sequence[Guest]) -> Iterator[tuple[dict[str, Element], set[str]]]:
        """The XML of the guests for which it changed since this reader had it, by uuid, and the guests whose XML could
        not be had, some guests at a time: a parsed description takes ten times its text. Raises ConnectionLost.
        """
        read = self._read[reader]
        wanted = [guest for guest in guests if not self.events or guest.uuid not in read]
        read.update(guest.uuid for guest in wanted)
        chunks = iter([wanted[start : start + _CHUNK] for start in range(0, len(wanted), _CHUNK)])
        ahead = deque(map(self._submit, islice(chunks, self._pool.lanes)))
        left = {guest.uuid for guest in wanted}
        try:
            while ahead:
                some, failed = ahead.popleft().result()
                ahead.extend(map(self._submit, islice(chunks, 1)))
                left -= some.keys()
                yield some, failed
        finally:
            read -= left
        self._tell_unmatched(guests)

    def _tell_unmatched(self, guests: Iterable[Guest]) -> None:
        """Once, when the first devices are known."""
        if self._told:
            return
        known = [guest.devices for guest in guests if guest.devices is not None]
        if known:
            self._told = True
            disks = [name for devices in known for name in devices.disks]
            interfaces = [name for devices in known for name in devices.interfaces]
            self._filters.disk.tell_unmatched(disks, self._pool.name)
            self._filters.interface.tell_unmatched(interfaces, self._pool.name)

    def _submit(self, guests: Sequence[Guest]) -> "Future[tuple[dict[str, Element], set[str]]]":
        return self._pool.submit(lambda connection: _read(connection, guests))


def _read(connection: Connection, guests: Iterable[Guest]) -> tuple[dict[str, Element], set[str]]:
    found: dict[str, Element] = {}
    failed: set[str] = set()
    for guest in guests:
        about = f"domain '{guest.name}'"
        try:
            text = connection.call(connection.domain(guest.uuid).XMLDesc, 0, about=about)
            root = ElementTree.fromstring(text)
            guest.devices = Devices.read(root)
            guest.updated = _updated(connection, guest)
            found[guest.uuid] = root
        except NotFound:
            logger.debug("guest vanished", guest=guest.name, uuid=guest.uuid)
        except ConnectionLost:
            raise
        except (HypervisorError, ElementTree.ParseError) as error:
            failed.add(guest.uuid)
            logger.warning("description not read", guest=guest.name, uuid=guest.uuid, error=str(error))
    return found, failed


def _updated(connection: Connection, guest: Guest) -> bool | None:
    """Whether a running guest's definition is another by now (isPersistent, isUpdated); None for those without one,
    and where the driver does not tell."""
    if not guest.active:
        return None
    domain, about = connection.domain(guest.uuid), f"domain '{guest.name}'"
    if not connection.optional(domain.isPersistent, about=about):
        return None
    answer = connection.optional(domain.isUpdated, about=about)
    return None if answer is None else bool(answer)


def devices_of(connection: Connection, domain: Any, guest: Guest) -> Devices:
    """The devices of a guest, from its description if that was not read yet. Raises HypervisorError."""
    if guest.devices is None:
        text = connection.call(domain.XMLDesc, 0, about=f"domain '{guest.name}'")
        guest.devices = Devices.read(ElementTree.fromstring(text))
    return guest.devices
