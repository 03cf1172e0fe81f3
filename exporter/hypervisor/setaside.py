"""Guests whose monitor does not answer, kept away from every call that would enter it.

A hung QEMU holds whatever call reaches its monitor, and the daemon's worker under it, until it moves again; the daemon
has 20 workers by default. So such a guest is asked nothing but `controlInfo()`, which needs no monitor, until that says
it is free, and never more than `limit` guests are let hold a worker.
"""

import threading
import time
from collections import Counter

import libvirt
import structlog

from exporter.hypervisor.connection import Connection
from exporter.hypervisor.errors import ConnectionLost, HypervisorError, NotFound

HANGING_SECONDS = 2.5
"""How long one command may occupy a monitor before the guest counts as hung."""

logger = structlog.get_logger()


class SetAside:
    """The guests set aside, by uuid, with the Unix time since when. Any thread may use it."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.since: dict[str, float] = {}
        self.timeouts: Counter[str] = Counter()
        self._names: dict[str, str] = {}
        self._inside = 0
        self._full = False
        self._changed = threading.Condition()

    def __contains__(self, uuid: str) -> bool:
        return uuid in self.since

    @property
    def full(self) -> bool:
        """Whether nothing of ours may enter any monitor."""
        return len(self.since) >= self.limit

    def enter(self) -> bool:
        """Wait until one more call may enter a monitor, and so may come to hold a worker of the daemon; `leave` gives
        its place back. False if the limit is reached, so that it must not."""
        with self._changed:
            self._changed.wait_for(lambda: self.full or len(self.since) + self._inside < self.limit)
            if self.full:
                return False
            self._inside += 1
            return True

    def leave(self) -> None:
        """A call that entered a monitor has ended, and if that hangs it was set aside."""
        with self._changed:
            self._inside -= 1
            self._changed.notify_all()

    def add(self, uuid: str, name: str) -> None:
        """Set a guest aside: a call for it missed its deadline and its monitor is occupied."""
        with self._changed:
            if uuid in self.since:
                return
            self.since[uuid] = time.time()
            self.timeouts[uuid] += 1
            self._names[uuid] = name
            self._changed.notify_all()
        logger.warning("guest set aside, its monitor does not answer", guest=name, uuid=uuid)

    def keep(self, uuids: set[str]) -> None:
        """Forget guests that are not among these."""
        with self._changed:
            for gone in (self.since.keys() | self.timeouts.keys()) - uuids:
                self._forget(gone)
                self.timeouts.pop(gone, None)

    def look(self, connection: Connection) -> None:
        """Ask each guest set aside whether its monitor is free again."""
        for uuid in list(self.since):
            try:
                free = occupied(connection, uuid) is None
            except NotFound:
                with self._changed:
                    self._forget(uuid)
                continue
            if free:
                with self._changed:
                    name = self._forget(uuid)
                if name is not None:
                    logger.info("guest answers again", guest=name, uuid=uuid)
        if self.full != self._full:
            self._full = self.full
            if self._full:
                logger.error("limit of guests set aside reached, no monitor is entered any more", limit=self.limit)
            else:
                logger.info("below the limit of guests set aside, monitors are entered again", limit=self.limit)

    def _forget(self, uuid: str) -> str | None:
        """Let a guest back in; its name, None if it was not set aside."""
        self.since.pop(uuid, None)
        self._changed.notify_all()
        return self._names.pop(uuid, None)


def occupied(connection: Connection, uuid: str) -> float | None:
    """For how many seconds one command has occupied a guest's monitor (controlInfo, no job, high priority); None if it
    is free. Raises NotFound for a guest that is gone or off, and ConnectionLost."""
    domain = connection.domain(uuid)
    try:
        state, _details, milliseconds = connection.call(domain.controlInfo, about=f"domain {uuid}")
    except (NotFound, ConnectionLost):
        raise
    except HypervisorError as error:
        logger.debug("control state not known", uuid=uuid, reason=error.reason)
        return None
    return milliseconds / 1000 if state == libvirt.VIR_DOMAIN_CONTROL_OCCUPIED else None


def hanging(connection: Connection, uuid: str) -> bool:
    """Whether a guest is there whose monitor has been occupied for long. Raises ConnectionLost."""
    try:
        seconds = occupied(connection, uuid)
    except NotFound:
        return False
    return seconds is not None and seconds >= HANGING_SECONDS
