"""All that is subscribed of one host, also while one of its daemons is away."""

import contextlib
import math
from collections.abc import Callable, Iterable

from exporter.hypervisor.connection import Connection
from exporter.hypervisor.errors import Abandoned, ConnectionLost, HypervisorError, NotSupported
from exporter.hypervisor.eventkinds import OBJECTS, EventKind, event_kinds
from exporter.hypervisor.events import EventQueue, Subscription, ask_fellow
from exporter.hypervisor.waits import Waits


class Subscriptions:
    """Every event of a host, put on a queue. `kinds` says of each registration whether libvirt took it.

    Where each kind of object has a daemon of its own, asking for one that is away costs the connection asked on. Its
    objects are left out then, are `absent`, and are asked for later on another connection, so that what is subscribed
    is not disturbed. `open_connection` gives a new one; those in `hanging` are left out until their wait is over.
    """

    def __init__(self, open_connection: Callable[[], Connection], queue: EventQueue, hanging: Waits) -> None:
        self._open = open_connection
        self._queue = queue
        self._hanging = hanging
        self._parts: list[Subscription] = []
        self.kinds: dict[EventKind, bool] = dict.fromkeys(event_kinds(), False)
        self.absent: frozenset[str] = frozenset()

    @property
    def connection(self) -> Connection:
        """The connection that tells of guests."""
        return self._parts[0].connection

    @property
    def alive(self) -> bool:
        """Whether all that was subscribed still is, as far as this side knows."""
        return all(part.connection.alive for part in self._parts)

    @property
    def present(self) -> frozenset[str]:
        """The objects that are subscribed."""
        return frozenset(kind.object for kind, taken in self.kinds.items() if taken)

    def start(self) -> None:
        """Register for everything; raises NotSupported if the driver has no events of guests, and HypervisorError if
        guests cannot be subscribed to."""
        self._subscribe(OBJECTS)
        if "domain" not in self.present:
            raise NotSupported("subscribe to events of guests", "this driver has none", "no_support")

    def complete(self) -> frozenset[str]:
        """Ask again for what is absent; the objects that no longer are."""
        before = self.absent
        self._subscribe(before)
        return before - self.absent

    def look(self, name: str) -> None:
        """Find out whether the daemon of an object still tells: if it does not, this is no longer `alive`.

        Only for one that answers others: to end a connection with registrations at a daemon that hangs hangs the daemon
        that passed them on, so the call has no deadline.
        """
        for part in self._parts:
            if name in part.objects:
                with contextlib.suppress(ConnectionLost):
                    ask_fellow(part.connection, name, math.inf)

    def end(self) -> None:
        """End everything and close the connections."""
        for part in self._parts:
            part.end()
        self._parts.clear()

    def _subscribe(self, objects: Iterable[str]) -> None:
        objects = list(objects)
        wanted = [each for each in objects if self._hanging.over(each)]
        absent = set(objects) - set(wanted)
        while wanted:
            part = Subscription(self._open(), self._queue)
            try:
                for kind in (kind for kind in event_kinds() if kind.object in wanted):
                    asking = kind.object
                    part.register(kind)
            except ConnectionLost as error:
                part.end()
                if isinstance(error, Abandoned):
                    self._hanging.lengthen(asking)
                if asking == "domain":
                    raise
                wanted.remove(asking)
                absent.add(asking)
            except HypervisorError:
                part.end()
                raise
            else:
                self._parts.append(part)
                for each in wanted:
                    self._hanging.reset(each)
                self.kinds |= part.kinds
                break
        self.absent = frozenset(absent)
