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

_CHUNK = 10

Read = Callable[[Connection, Any, Guest], Any]

logger = structlog.get_logger()


def ask_guests(pool: WorkerPool, guests: Sequence[Guest], read: Read) -> Iterator[tuple[Guest, Any, int]]:
    """What `read(connection, domain, guest)` gives for each guest, None if it failed, and how many calls failed.

    A guest that vanished is left out; one whose call misses its deadline fails alone, those after it are asked again.
    Raises NotSupported if the first guest says so, and ConnectionLost.
    """
    chunks = deque(guests[start : start + _CHUNK] for start in range(0, len(guests), _CHUNK))
    futures = deque(_submit(pool, chunk, read) for chunk in chunks)
    while futures:
        answered, unasked = futures.popleft().result()
        if unasked:
            futures.append(_submit(pool, unasked, read))
        yield from answered


_Answers = list[tuple[Guest, Any, int]]


def _submit(pool: WorkerPool, guests: Sequence[Guest], read: Read) -> "Future[tuple[_Answers, Sequence[Guest]]]":
    return pool.submit(lambda connection: _ask(connection, guests, read))


def _ask(connection: Connection, guests: Sequence[Guest], read: Read) -> tuple[_Answers, Sequence[Guest]]:
    """Answers, and the guests that were not asked because the connection had to be given up before their turn."""
    answered: _Answers = []
    connection.take_failures()
    for position, guest in enumerate(guests):
        try:
            data = read(connection, connection.domain(guest.uuid), guest)
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


def _ended(connection: Connection, guest: Guest) -> bool:
    """Whether a guest that was listed as active no longer is (isActive, high priority): each call says so otherwise,
    when its process ends under it."""
    return guest.active and not connection.call(connection.domain(guest.uuid).isActive, about=f"domain '{guest.name}'")
