"""Calls about one guest at a time, several guests side by side."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import Any
from xml.etree import ElementTree

import structlog

from exporter.guest import Guest
from exporter.hypervisor.connection import Connection
from exporter.hypervisor.errors import Abandoned, ConnectionLost, HypervisorError, NotFound, NotSupported
from exporter.hypervisor.pool import WorkerPool
from exporter.hypervisor.setaside import SetAside

_CHUNK = 10

Read = Callable[[Connection, Any, Guest], Any]

logger = structlog.get_logger()


def ask_guests(
    pool: WorkerPool, guests: Sequence[Guest], read: Read, monitors: SetAside | None = None
) -> Iterator[tuple[Guest, Any, int]]:
    """What `read(connection, domain, guest)` gives for each guest, None if it failed, and how many calls failed.

    A guest that vanished is left out; one whose call misses its deadline fails alone, those after it are asked again.
    For calls that enter `monitors` such a guest is set aside, and nobody is asked who is, or once the limit is reached.
    Raises NotSupported if the first guest says so, and ConnectionLost.
    """

    def submit(some: Sequence[Guest]) -> "Future[tuple[_Answers, Sequence[Guest]]]":
        return pool.submit(lambda connection: _ask(connection, some, read, monitors))

    futures = deque(submit(guests[start : start + _CHUNK]) for start in range(0, len(guests), _CHUNK))
    while futures:
        answered, unasked = futures.popleft().result()
        if unasked:
            futures.append(submit(unasked))
        yield from answered


_Answers = list[tuple[Guest, Any, int]]


def _ask(
    connection: Connection, guests: Sequence[Guest], read: Read, monitors: SetAside | None
) -> tuple[_Answers, Sequence[Guest]]:
    """Answers, and the guests that were not asked because the connection had to be given up before their turn."""
    answered: _Answers = []
    connection.take_failures()
    for position, guest in enumerate(guests):
        if monitors is not None and (guest.uuid in monitors or not monitors.enter()):
            continue
        try:
            data = _read(connection, guest, read, monitors)
            failures = connection.take_failures()
            if failures and _ended(connection, guest):
                raise NotFound(f"read domain '{guest.name}'", "it stopped meanwhile")
            answered.append((guest, data, failures))
        except NotFound:
            connection.take_failures()
            logger.debug("guest vanished", guest=guest.name, uuid=guest.uuid)
        except Abandoned as error:
            logger.warning("guest not read", guest=guest.name, error=str(error))
            answered.append((guest, None, connection.take_failures() + 1))
            return answered, guests[position + 1 :]
        except ConnectionLost:
            raise
        except NotSupported:
            if not answered:
                raise
            answered.append((guest, None, connection.take_failures()))
        except (HypervisorError, ElementTree.ParseError) as error:
            logger.warning("guest not read", guest=guest.name, error=str(error))
            answered.append((guest, None, connection.take_failures() + 1))
    return answered, ()


def _read(connection: Connection, guest: Guest, read: Read, monitors: SetAside | None) -> Any:
    """Ask one guest; `monitors` was entered, and is left again."""
    try:
        return read(connection, connection.domain(guest.uuid), guest)
    except Abandoned:
        if monitors is not None:
            monitors.add(guest.uuid, guest.name)
        raise
    finally:
        if monitors is not None:
            monitors.leave()


def _ended(connection: Connection, guest: Guest) -> bool:
    """Whether a guest that was listed as active no longer is (isActive, high priority): each call says so otherwise,
    when its process ends under it."""
    return guest.active and not connection.call(connection.domain(guest.uuid).isActive, about=f"domain '{guest.name}'")
