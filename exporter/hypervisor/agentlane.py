"""The way to guest agents: a second, read-write connection, which exists only where it was configured and is used for
nothing else."""

from collections.abc import Iterable, Iterator
from typing import Any

from exporter.guest import Guest
from exporter.hypervisor.guestcalls import Read, ask_guests
from exporter.hypervisor.pool import WorkerPool
from exporter.hypervisor.waits import Waits


class AgentLane:
    """Asks the agents of guests whose channel is connected; the description says so, and no call is spent on others.

    An agent that did not answer in time may hold a worker of the daemon, so it is asked again after pauses that
    double, and never are more than `limit` of them waited for.
    """

    def __init__(self, pool: WorkerPool, limit: int) -> None:
        self.pool = pool
        self._limit = limit
        self._waits = Waits()

    def forget(self) -> None:
        """The daemon was away: what hung in it no longer does."""
        self._waits.clear()

    def ask(self, guests: Iterable[Guest], read: Read) -> Iterator[tuple[Guest, Any, int]]:
        """As `ask_guests`. Raises ConnectionLost."""
        connected = [guest for guest in guests if guest.devices is not None and guest.devices.agent_connected]
        full = len(self._waits) >= self._limit
        wanted = [
            guest for guest in connected if (self._waits.over(guest.uuid) if guest.uuid in self._waits else not full)
        ]
        for guest, data, failures in ask_guests(self.pool, wanted, read):
            if data is None:
                self._waits.lengthen(guest.uuid)
            else:
                self._waits.reset(guest.uuid)
            yield guest, data, failures
