"""The subscription to a host's events."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import libvirt
import structlog

from exporter.boundedqueue import BoundedQueue
from exporter.clock import CLOCK, Moment
from exporter.events.event import Event
from exporter.hypervisor.connection import Connection
from exporter.hypervisor.errors import ConnectionLost, HypervisorError
from exporter.hypervisor.eventkinds import EventKind

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class RawEvent:
    """An event as its callback got it, with the moment of its coming."""

    kind: EventKind
    at: Moment
    name: str
    uuid: str
    arguments: tuple[Any, ...]

    def read(self) -> Event:
        """What it says. Raises TypeError if libvirt gives other arguments than it documents."""
        reading = self.kind.read(*self.arguments)
        return Event(
            self.kind.object,
            self.kind.identifier,
            reading.kind or self.kind.identifier,
            self.at,
            self.name,
            self.uuid,
            reading.detail,
            reading.fields,
            reading.personal,
        )


EventQueue = BoundedQueue[RawEvent]
"""Between libvirt's event loop, which must never wait, and the thread that handles events."""


class Subscription:
    """Events of one connection, put on a queue. `kinds` says of each registration whether libvirt took it."""

    def __init__(self, connection: Connection, queue: EventQueue) -> None:
        self.connection = connection
        self._queue = queue
        self._registered: list[tuple[Callable[[int], object], int]] = []
        self.kinds: dict[EventKind, bool] = {}
        handle = connection.libvirt
        self._ways: dict[str, tuple[Callable[..., int], Callable[[int], object]]] = {
            "domain": (handle.domainEventRegisterAny, handle.domainEventDeregisterAny),
            "network": (handle.networkEventRegisterAny, handle.networkEventDeregisterAny),
            "storage_pool": (handle.storagePoolEventRegisterAny, handle.storagePoolEventDeregisterAny),
            "node_device": (handle.nodeDeviceEventRegisterAny, handle.nodeDeviceEventDeregisterAny),
            "secret": (handle.secretEventRegisterAny, handle.secretEventDeregisterAny),
        }

    def register(self, kind: EventKind) -> None:
        """Register for a kind of events, if the driver has it; raises ConnectionLost."""
        register, deregister = self._ways[kind.object]
        put = self._queue.put

        def arrived(_connection: object, subject: Any, *arguments: Any) -> None:
            put(RawEvent(kind, CLOCK.now(), *_identity(kind, subject), arguments[:-1]))

        about = f"{kind.object} {kind.identifier}"
        number = self.connection.optional(register, None, kind.number, arrived, None, about=about)
        self.kinds[kind] = number is not None
        if number is not None:
            self._registered.append((deregister, number))

    @property
    def objects(self) -> list[str]:
        """What it tells of."""
        return list(dict.fromkeys(kind.object for kind, taken in self.kinds.items() if taken))

    def end(self) -> None:
        """End it and close its connection; a dead one too, which libvirt keeps as long as it has callbacks.

        The daemon only sees the connection end. If it were asked to end a registration with a fellow that has ended, it
        would free that and keep it: virtqemud of libvirt 11.3 crashes then, as soon as the connection closes.
        """
        self.connection.hang_up()
        for deregister, number in self._registered:
            try:
                deregister(number)
            except libvirt.libvirtError as error:
                logger.debug("subscription not ended", reason=error.get_error_message())
        self._registered.clear()
        self.connection.close()


def ask_fellow(connection: Connection, name: str, deadline: float = 10.0) -> None:
    """Ask whoever answers for an object for something cheap; raises ConnectionLost if that one ended while the
    connection lasted."""
    handle = connection.libvirt
    try:
        match name:
            case "network":
                connection.call(handle.numOfNetworks, deadline=deadline)
            case "storage_pool":
                # A pool that hangs holds every other call about pools.
                connection.call(handle.getStoragePoolCapabilities, 0, deadline=deadline)
            case "node_device":
                connection.call(handle.numOfDevices, None, deadline=deadline)
            case "secret":
                connection.call(handle.numOfSecrets, deadline=deadline)
    except ConnectionLost:
        raise
    except HypervisorError as error:
        logger.debug("asked in vain", object=name, reason=error.reason)  # whoever refuses is there


def _identity(kind: EventKind, subject: Any) -> tuple[str, str]:
    """Name and uuid, which the object carries with it: no call."""
    if kind.object == "node_device":
        return subject.name(), ""
    if kind.object == "secret":
        return "", subject.UUIDString()
    return subject.name(), subject.UUIDString()


@dataclass(frozen=True)
class Standing:
    """What a guest was like when it was asked: its domain id (-1 while it is off), state and reason.

    What is known from an event alone has no reason (0), and no id (None) unless it is off.
    """

    name: str
    identifier: int | None
    state: int
    reason: int


STATE_AFTER: dict[str, int] = {
    "started": libvirt.VIR_DOMAIN_RUNNING,
    "resumed": libvirt.VIR_DOMAIN_RUNNING,
    "suspended": libvirt.VIR_DOMAIN_PAUSED,
    "shutdown": libvirt.VIR_DOMAIN_SHUTDOWN,
    "stopped": libvirt.VIR_DOMAIN_SHUTOFF,
    "crashed": libvirt.VIR_DOMAIN_CRASHED,
    "pmsuspended": libvirt.VIR_DOMAIN_PMSUSPENDED,
}
"""virDomainState that a lifecycle event leads to; what is defined or undefined may be in any."""


def read_standings(connection: Connection) -> dict[str, Standing]:
    """Every guest of the host by uuid (listAllDomains and state, none of which enters a monitor)."""
    found = {}
    for domain in connection.call(connection.libvirt.listAllDomains, 0):
        standing = read_standing(connection, domain)
        if standing is not None:
            found[domain.UUIDString()] = standing
    return found


def read_standing(connection: Connection, domain: Any) -> Standing | None:
    """One guest as it is now (state), None if it is gone; a lost connection raises."""
    try:
        state, reason = connection.call(domain.state, about=f"domain '{domain.name()}'")
    except HypervisorError as error:
        if not connection.alive:
            raise
        logger.debug("state not read", guest=domain.name(), reason=error.reason)
        return None
    return Standing(domain.name(), domain.ID(), state, reason)
