"""Calls about one guest at a time, several guests side by side."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

import libvirt
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
    For calls that enter `monitors` such a guest is set aside; nobody is asked who is, or who is only being started or
    moved here, or once the limit is reached. Raises NotSupported if the host says so, or each of the guests, and
    ConnectionLost.
    """

    def submit(some: Sequence[Guest]) -> "Future[_Asked]":
        return pool.submit(lambda connection: _ask(connection, some, read, monitors))

    futures = deque(submit(guests[start : start + _CHUNK]) for start in range(0, len(guests), _CHUNK))
    refusal: NotSupported | None = None
    told = False
    while futures:
        asked = futures.popleft().result()
        if asked.unasked:
            futures.append(submit(asked.unasked))
        refusal = asked.refusal or refusal
        told = told or len(asked.answered) > asked.refused
        yield from asked.answered
    if refusal is not None and not told:
        raise refusal


@dataclass
class _Asked:
    """What came of asking some guests: answers, how many of them are refusals of that guest alone and the last such,
    and who was not asked because the connection had to be given up before their turn."""

    answered: list[tuple[Guest, Any, int]] = field(default_factory=list)
    refused: int = 0
    refusal: NotSupported | None = None
    unasked: Sequence[Guest] = ()


def _ask(connection: Connection, guests: Sequence[Guest], read: Read, monitors: SetAside | None) -> _Asked:
    asked = _Asked()
    connection.take_failures()
    for position, guest in enumerate(guests):
        if monitors is not None and guest.uuid in monitors:
            continue
        try:
            if monitors is not None and (_comes(connection, guest) or not monitors.enter()):
                continue
            data = _read(connection, guest, read, monitors)
            failures = connection.take_failures()
            if failures and _ended(connection, guest):
                raise NotFound(f"read domain '{guest.name}'", "it stopped meanwhile")
            asked.answered.append((guest, data, failures))
        except NotFound:
            connection.take_failures()
            logger.debug("guest vanished", guest=guest.name, uuid=guest.uuid)
        except Abandoned as error:
            logger.warning("guest not read", guest=guest.name, error=str(error))
            asked.answered.append((guest, None, connection.take_failures() + 1))
            asked.unasked = guests[position + 1 :]
            return asked
        except ConnectionLost:
            raise
        except NotSupported as refusal:
            if refusal.everywhere:
                raise
            asked.answered.append((guest, None, connection.take_failures()))
            asked.refused += 1
            asked.refusal = refusal
        except (HypervisorError, ElementTree.ParseError) as error:
            logger.warning("guest not read", guest=guest.name, error=str(error))
            asked.answered.append((guest, None, connection.take_failures() + 1))
    return asked


_COMING = {
    (libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_STARTING_UP),
    (libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_MIGRATION),
    (libvirt.VIR_DOMAIN_RUNNING, libvirt.VIR_DOMAIN_RUNNING_POSTCOPY),
}
"""State and reason of guests that are not here yet, or with a part of their memory only."""


def _comes(connection: Connection, guest: Guest) -> bool:
    """Whether the guest is being started or moved here: until all of it is there, libvirt gives no job of it to
    anybody, and who wants one waits for half a minute."""
    if not guest.active:
        return False
    state, reason = guest.state, guest.reason
    if state in (None, libvirt.VIR_DOMAIN_SHUTOFF):  # not seen yet since it is active
        state, reason = connection.call(connection.domain(guest.uuid).state, 0, about=f"domain '{guest.name}'")
    return (state, reason) in _COMING


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
