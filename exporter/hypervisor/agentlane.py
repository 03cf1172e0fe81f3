"""The way to guest agents: a second, read-write connection, which exists only where it was configured and is used for
nothing else."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator

from exporter.guest import Guest
from exporter.hypervisor.agentcalls import AgentReport
from exporter.hypervisor.guestcalls import Read, ask_guests
from exporter.hypervisor.pool import WorkerPool
from exporter.hypervisor.waits import Waits


class AgentLane:
    """Asks the agents of guests whose channel is connected; the description says so, and no call is spent on others.

    A frozen agent holds the one connection for seconds, and may hold a worker of the daemon for ever. So one that did
    not answer is left alone for pauses that double, a run ends at `limit` of them, and never are more than `limit`
    waited for whose call had to be given up. Those that answered when last asked come first.
    """

    def __init__(self, pool: WorkerPool, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.pool = pool
        self._limit = limit
        self._waits = Waits(clock)
        self._reports: dict[str, AgentReport] = {}
        self._hung: set[str] = set()

    def forget(self) -> None:
        """The daemon was away: what hung in it no longer does."""
        self._waits.clear()
        self._reports.clear()
        self._hung.clear()

    def ask(self, guests: Iterable[Guest], read: Read) -> Iterator[tuple[Guest, AgentReport, int]]:
        """What `read` says of each agent, or said when it was last asked, and how many calls failed.

        Raises NotSupported, ConnectionLost.
        """
        connected = [guest for guest in guests if guest.devices is not None and guest.devices.agent_connected]
        self._keep({guest.uuid for guest in connected})
        missed = 0
        for guest in sorted(connected, key=self._rank):
            if not self._waits.over(guest.uuid):
                yield guest, self._reports[guest.uuid], 0
            elif missed < self._limit and (guest.uuid in self._hung or len(self._hung) < self._limit):
                for _, report, failures in ask_guests(self.pool, [guest], read):
                    noted = self._note(guest.uuid, report)
                    missed += not noted.up
                    yield guest, noted, failures

    def _keep(self, uuids: Collection[str]) -> None:
        """An agent whose channel was closed meanwhile is another one when it comes back."""
        for uuid in self._reports.keys() - uuids:
            del self._reports[uuid]
            self._waits.reset(uuid)
        self._hung.intersection_update(uuids)

    def _rank(self, guest: Guest) -> int:
        """Those that answered, those never asked, those that did not answer."""
        report = self._reports.get(guest.uuid)
        return 1 if report is None else 0 if report.up else 2

    def _note(self, uuid: str, answer: AgentReport | None) -> AgentReport:
        """The report, which is that of a silent agent if the call had to be given up."""
        (self._hung.add if answer is None else self._hung.discard)(uuid)
        report = self._reports[uuid] = answer or AgentReport(up=False, asked_at=time.time())
        (self._waits.reset if report.up else self._waits.lengthen)(uuid)
        return report
