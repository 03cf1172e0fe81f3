"""Whether the daemon of a host answers."""

import math
import time
from collections.abc import Callable
from concurrent.futures import Future

import structlog

from exporter.hypervisor.connection import Connection
from exporter.hypervisor.node import PROBE_SECONDS, probe
from exporter.hypervisor.pool import WorkerPool

_SHORTEST_PAUSE = 0.5
_LEAST_PATIENCE = 1.0

logger = structlog.get_logger()


def keepalive(interval: float) -> int:
    """After how many silent seconds of the daemon libvirt asks for a sign of life. Its calls are ended after three
    times as long: within two intervals, if they are 3 s or more."""
    return max(2, min(4, int(interval * 2 / 3)))


class Pulse:
    """The daemon is asked if it answered nothing for half an `interval` (seconds), and may then keep silent for one, or
    for PROBE_SECONDS if those are less: one that hangs is known within two intervals, if they are a second or more.
    `on_change` is told, in the thread that calls `beat`, when it begins or ceases to answer.

    It is silent only if it answers nobody: a call may wait for a guest that starts or hangs while others are answered.
    So the short lane asks, and if that gets no answer soon another one does.
    """

    def __init__(self, pool: WorkerPool, interval: float, on_change: Callable[[], None]) -> None:
        self.calls = pool.calls
        self._pool = pool
        self._on_change = on_change
        self._pause = max(_SHORTEST_PAUSE, interval / 2)
        self._patience = max(_LEAST_PATIENCE, min(PROBE_SECONDS, interval))
        self._asked_at = math.inf
        self._short: Future[None] | None = None
        self._bulk: Future[None] | None = None
        self._told = False

    @property
    def felt(self) -> bool:
        """Whether the host is connected and its daemon answers."""
        return self._pool.up and self._waited <= self._patience

    @property
    def _waited(self) -> float:
        """For how long the daemon owes an answer, to whomever."""
        asked_at = self._asked_at
        return 0.0 if self.calls.answered >= asked_at else time.monotonic() - asked_at

    def beat(self) -> float:
        """Ask if it is time to, without waiting for the answer; when to do so next, if not earlier (monotonic)."""
        following = self._ask() if self._pool.up else math.inf
        if self.felt != self._told:
            self._told = not self._told
            if self._pool.up and not self._told:
                logger.warning("libvirt does not answer", host=self._pool.name, seconds=round(self._waited, 1))
            self._on_change()
        return following

    def _ask(self) -> float:
        now = time.monotonic()
        if self.calls.answered >= self._asked_at:
            self._asked_at = math.inf
        if self._asked_at == math.inf:
            due = self.calls.answered + self._pause
            if now < due:
                return due
            self._asked_at = now
        self._short = self._asked(self._short, self._pool.submit_short)
        suspicious_at = self._asked_at + self._patience / 2
        if now < suspicious_at:
            return suspicious_at
        self._bulk = self._asked(self._bulk, self._pool.submit)
        silent_at = self._asked_at + self._patience
        return silent_at if now < silent_at else math.inf

    def _asked(
        self, out: "Future[None] | None", submit: Callable[[Callable[[Connection], None]], "Future[None]"]
    ) -> "Future[None]":
        """The question that is out, or a new one."""
        return submit(probe) if out is None or out.done() else out
