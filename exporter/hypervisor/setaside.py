"""Guests whose monitor does not answer, kept away from every call that would enter it.

A hung QEMU holds whatever call reaches its monitor, and the daemon's worker under it, until it moves again; the daemon
has 20 workers by default. So such a guest is asked nothing but `controlInfo()`, which needs no monitor, until that says
it is free, and never more than `limit` guests are let hold a worker.
"""

import time
from collections import Counter

import libvirt
import structlog

from exporter.hypervisor.connection import Connection
from exporter.hypervisor.errors import ConnectionLost, HypervisorError

HANGING_SECONDS = 2.5
"""How long one command may occupy a monitor before the guest counts as hung."""

logger = structlog.get_logger()


class SetAside:
    """The guests set aside, by uuid, with the Unix time since when."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.since: dict[str, float] = {}
        self.timeouts: Counter[str] = Counter()
        self._full = False

    def __contains__(self, uuid: str) -> bool:
        return uuid in self.since

    @property
    def room(self) -> int:
        """How many more guests may come to hold a worker of the daemon."""
        return max(0, self.limit - len(self.since))

    @property
    def full(self) -> bool:
        """Whether nothing of ours may enter any monitor."""
        return self.room == 0

    def add(self, uuid: str, name: str) -> None:
        """Set a guest aside: a call for it missed its deadline and its monitor is occupied."""
        if uuid not in self.since:
            self.since[uuid] = time.time()
            self.timeouts[uuid] += 1
            logger.warning("guest set aside, its monitor does not answer", guest=name, uuid=uuid)

    def keep(self, uuids: set[str]) -> None:
        """Forget guests that are not among these."""
        for gone in self.since.keys() - uuids:
            del self.since[gone]
        for gone in self.timeouts.keys() - uuids:
            del self.timeouts[gone]

    def look(self, connection: Connection, names: dict[str, str]) -> None:
        """Ask each guest set aside whether its monitor is free again; `names` by uuid, for the log."""
        for uuid in list(self.since):
            if not hanging(connection, uuid, seconds=0.0):
                del self.since[uuid]
                logger.info("guest answers again", guest=names.get(uuid, ""), uuid=uuid)
        if self.full != self._full:
            self._full = self.full
            if self._full:
                logger.error("limit of guests set aside reached, no monitor is entered any more", limit=self.limit)
            else:
                logger.info("below the limit of guests set aside, monitors are entered again", limit=self.limit)


def hanging(connection: Connection, uuid: str, seconds: float = HANGING_SECONDS) -> bool:
    """Whether one command has occupied a guest's monitor for more than `seconds` (controlInfo, no job, high priority).

    A guest that is gone, off or cannot be asked does not hang; a lost connection raises.
    """
    try:
        domain = connection.domain(uuid)
        state, _details, milliseconds = connection.call(domain.controlInfo, about=f"domain {uuid}")
    except ConnectionLost:
        raise
    except HypervisorError as error:
        logger.debug("control state not known", uuid=uuid, reason=error.reason)
        return False
    return bool(state == libvirt.VIR_DOMAIN_CONTROL_OCCUPIED and milliseconds >= seconds * 1000)
