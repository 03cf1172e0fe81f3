"""All that is subscribed of one host, also while one of its daemons is away."""

from collections.abc import Callable, Iterable

from exporter.hypervisor.connection import Connection
from exporter.hypervisor.errors import ConnectionLost, HypervisorError, NotSupported
from exporter.hypervisor.eventkinds import OBJECTS, EventKind, event_kinds
from exporter.hypervisor.events import EventQueue, Subscription


class Subscriptions:
    """Every event of a host, put on a queue. `kinds` says of each registration whether libvirt took it.

    Where each kind of object has a daemon of its own, asking for one that is away costs the connection asked on. Its
    objects are left out then, are `absent`, and are asked for later on another connection, so that what is subscribed
    is not disturbed. `open_connection` gives a new one.
    """

    def __init__(self, open_connection: Callable[[], Connection], queue: EventQueue) -> None:
        self._open = open_connection
        self._queue = queue
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

    def start(self) -> None:
        """Register for everything; raises NotSupported if the driver has no events of guests, and HypervisorError if
        guests cannot be subscribed to."""
        self._subscribe(OBJECTS)
        if not any(taken for kind, taken in self.kinds.items() if kind.object == "domain"):
            raise NotSupported("subscribe to events of guests", "this driver has none", "no_support")

    def complete(self) -> frozenset[str]:
        """Ask again for what is absent; the objects that no longer are."""
        before = self.absent
        self._subscribe(before)
        return before - self.absent

    def end(self) -> None:
        """End everything and close the connections."""
        for part in self._parts:
            part.end()
        self._parts.clear()

    def _subscribe(self, objects: Iterable[str]) -> None:
        wanted, absent = list(objects), set()
        while wanted:
            part = Subscription(self._open(), self._queue)
            try:
                for kind in (kind for kind in event_kinds() if kind.object in wanted):
                    asking = kind.object
                    part.register(kind)
            except ConnectionLost:
                part.end()
                if asking == "domain":
                    raise
                wanted.remove(asking)
                absent.add(asking)
            except HypervisorError:
                part.end()
                raise
            else:
                self._parts.append(part)
                self.kinds |= part.kinds
                break
        self.absent = frozenset(absent)
