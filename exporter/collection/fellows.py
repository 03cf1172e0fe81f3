"""The daemons beside the one we are connected to, where each kind of object has its own: which still tell us of events.

A fellow that ends takes our registrations along, unseen: the connection to the daemon that asks it for us goes on, and
never reaches its successor.
"""

import time
from concurrent.futures import Future
from functools import partial

import structlog

from exporter.hypervisor.errors import Abandoned
from exporter.hypervisor.events import ask_fellow
from exporter.hypervisor.pool import WorkerPool
from exporter.hypervisor.subscriptions import Subscriptions
from exporter.hypervisor.waits import Waits

_LOOK_SECONDS = 5.0
_ABSENT_SECONDS = 60.0

logger = structlog.get_logger()


class Fellows:
    """When to look whether what was subscribed still is, and when to ask again for what is not.

    A worker's connection asks first: its call can be ended if the fellow hangs.
    """

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool
        self.hanging = Waits()
        """Objects whose daemon did not answer: each question holds a worker of the daemon that passes it on."""
        self._asked: dict[str, Future[None]] = {}
        self._seen: frozenset[str] = frozenset()
        self._look_at = 0.0
        self._complete_at = 0.0

    def forget(self) -> None:
        """The host came or went: nothing hangs in it any more."""
        self.hanging.clear()

    def subscribed(self, subscriptions: Subscriptions) -> None:
        """Something was subscribed just now."""
        now = time.monotonic()
        self._seen |= subscriptions.present
        self._look_at = now + _LOOK_SECONDS
        # One that was there is being started again; one that never was is not installed.
        again = subscriptions.absent & self._seen
        self._complete_at = now + (_LOOK_SECONDS if again else _ABSENT_SECONDS)

    def tell(self, subscriptions: Subscriptions) -> bool:
        """Whether all that was subscribed still is, as far as was looked."""
        if time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + _LOOK_SECONDS
            for name in subscriptions.present - self._asked.keys() - {"domain"}:
                if self.hanging.over(name):
                    self._asked[name] = self._pool.submit(partial(ask_fellow, name=name))
        for name in [name for name, answer in self._asked.items() if answer.done()]:
            if isinstance(self._asked.pop(name).exception(), Abandoned):
                self.hanging.lengthen(name)
                continue
            self.hanging.reset(name)
            if subscriptions.alive:
                subscriptions.look(name)
                if not subscriptions.alive:
                    logger.warning("a daemon ended, events are subscribed anew", host=self._pool.name, object=name)
        return subscriptions.alive

    def complete(self, subscriptions: Subscriptions) -> frozenset[str]:
        """Subscribe to what is absent, if it is time to try; the objects that no longer are."""
        if not subscriptions.absent or time.monotonic() < self._complete_at:
            return frozenset()
        found = subscriptions.complete()
        self.subscribed(subscriptions)
        return found
