"""The thread that keeps the subscription of one host, and refreshes what events changed."""

import math
import threading
import time
from collections.abc import Callable, Sequence

import structlog

from exporter.clock import CLOCK
from exporter.collection.changes import ABOUT, Stale
from exporter.collection.fellows import Fellows
from exporter.collection.gathering import Gathering
from exporter.collection.plan import Batch
from exporter.collection.runner import Runner
from exporter.collection.standings import Standings
from exporter.collectors.source import Description
from exporter.errors import ExporterError
from exporter.events.event import Event
from exporter.figures import HostFigures
from exporter.hypervisor.descriptions import Descriptions
from exporter.hypervisor.errors import HypervisorError, NotSupported
from exporter.hypervisor.events import EventQueue, read_standings
from exporter.hypervisor.subscriptions import Subscriptions

_LOOK_SECONDS = 1.0
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 60.0
_REST = 9
"""Refreshing may take a tenth of the time: after each it rests nine times as long."""
_BATCH_SECONDS = 2.0
_READ_AGAIN_SECONDS = 900.0

logger = structlog.get_logger()


class Refresher:
    """Subscribes whenever the host is up, finds out what was missed in between, and refreshes what events changed.

    `soon` runs batches now, or not, when they are just ending; so `runner` is asked whether they began.
    """

    def __init__(
        self,
        figures: HostFigures,
        gathering: Gathering,
        descriptions: Descriptions,
        standings: Standings,
        queue: EventQueue,
        batches: Sequence[Batch],
        soon: Callable[[Sequence[Batch]], None],
        runner: Runner,
    ) -> None:
        self._figures = figures
        self._pool = figures.pool
        self._gathering = gathering
        self._descriptions = descriptions
        self._standings = standings
        self._queue = queue
        self._batches = batches
        self._slots = [slot for batch in batches for slot in batch.slots]
        self._soon = soon
        self._runner = runner
        self._subscription: Subscriptions | None = None
        self._fellows = Fellows(self._pool)
        self._subscribed_before = False
        self._refused = False
        self._pause = _FIRST_PAUSE
        self._retry_at = 0.0
        self._rest_until = 0.0
        self._read_again_at = 0.0
        self._stale = Stale()
        self._due: dict[Batch, int | None] = {}
        """With how often each had begun when it was asked to run, None before."""
        self._asked: dict[Batch, float] = {}
        self._changed = threading.Condition()
        self._woken = False
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=f"{self._pool.name}-refresh", daemon=True)

    @property
    def settled(self) -> bool:
        """Whether events are subscribed, or the host has none."""
        return self._subscription is not None or self._refused

    def start(self) -> None:
        """Begin to subscribe and to refresh."""
        self._thread.start()

    def stop(self) -> None:
        """End the subscription, without waiting for it."""
        with self._changed:
            self._stopping = True
            self._changed.notify()

    def wake(self) -> None:
        """The host came or went."""
        with self._changed:
            self._refused = False
            self._retry_at = 0.0
            self._fellows.forget()
            self._woken = True
            self._changed.notify()

    def touch(self, event: Event) -> None:
        """Have refreshed what an event changed."""
        with self._changed:
            self._stale.add(event)
            self._changed.notify()

    def missed(self) -> None:
        """Events were lost: anything may have changed."""
        with self._changed:
            self._stale.everything = True
            self._changed.notify()

    def _run(self) -> None:
        structlog.contextvars.bind_contextvars(host=self._pool.name)
        while not self._stopping:
            try:
                self._keep_subscribed()
                self._refresh()
            except HypervisorError as error:
                logger.warning("not refreshed after events", host=self._pool.name, error=str(error))
            except ExporterError as error:
                logger.warning("events not shown", host=self._pool.name, error=str(error))
            except Exception:
                # A mistake of ours costs one refresh; the next poll brings what it would have shown.
                logger.exception("refresh failed unexpectedly", host=self._pool.name)
            self._wait()
        self._unsubscribe()

    def _wait(self) -> None:
        """Until there is something to do, but look at the connection from time to time."""
        with self._changed:
            rest = self._rest_until - time.monotonic()

            def over() -> bool:
                return self._stopping or self._woken or (rest <= 0 and bool(self._stale))

            self._changed.wait_for(over, timeout=min(rest, _LOOK_SECONDS) if rest > 0 else _LOOK_SECONDS)
            self._woken = False

    def _keep_subscribed(self) -> None:
        if self._subscription is not None:
            if self._fellows.tell(self._subscription):
                self._complete(self._subscription)
                return
            self._unsubscribe()
        if self._refused or not self._pool.up or time.monotonic() < self._retry_at:
            return
        try:
            self._subscribe()
        except NotSupported as error:
            self._refused = True
            logger.info("no events from this host", host=self._pool.name, reason=error.reason)
        except HypervisorError as error:
            self._retry_at = time.monotonic() + self._pause
            self._pause = min(self._pause * 2, _LONGEST_PAUSE)
            logger.warning("events not subscribed", host=self._pool.name, error=str(error))
        else:
            self._pause = _FIRST_PAUSE

    def _subscribe(self) -> None:
        subscription = Subscriptions(lambda: self._pool.open("event"), self._queue, self._fellows.hanging)
        stale = Stale()
        try:
            subscription.start()
            stale = self._take_stale()
            self._take_standings(subscription, stale)
        except HypervisorError:
            subscription.end()
            raise
        finally:
            self._take_back(stale)
        counts = self._figures.events
        with counts.lock:
            counts.gaps += int(self._subscribed_before)
        self._descriptions.events = True
        self._read_descriptions()
        self._show_subscribed(subscription)
        self._fellows.subscribed(subscription)
        self._subscription = subscription
        if self._subscribed_before:
            for collectors in ABOUT.values():
                self._due.update(self._about(collectors))
        self._subscribed_before = True
        logger.info("events subscribed", host=self._pool.name, kinds=sum(subscription.kinds.values()))
        if subscription.absent:
            absent = ", ".join(sorted(subscription.absent))
            logger.warning("no events of objects whose daemon is away", host=self._pool.name, objects=absent)

    def _complete(self, subscription: Subscriptions) -> None:
        """Subscribe to what was left out, as soon as its daemon is there."""
        found = self._fellows.complete(subscription)
        if found:
            self._show_subscribed(subscription)
            for kind in found:
                self._due.update(self._about(ABOUT[kind]))
            logger.info("events subscribed", host=self._pool.name, objects=", ".join(sorted(found)))

    def _show_subscribed(self, subscription: Subscriptions) -> None:
        """Say what is subscribed, and count it from 0."""
        counts = self._figures.events
        with counts.lock:
            counts.subscribed = {(kind.object, kind.identifier): taken for kind, taken in subscription.kinds.items()}
        counts.start((kind.object, each) for kind, taken in subscription.kinds.items() if taken for each in kind.kinds)
        self._gathering.events.write_anew(self._slots)

    def _take_stale(self) -> Stale:
        """What was heard and is to be refreshed now."""
        with self._changed:
            stale, self._stale = self._stale, Stale()
        return stale

    def _take_back(self, stale: Stale) -> None:
        """What was not refreshed is stale still."""
        with self._changed:
            self._stale.take_back(stale)

    def _take_standings(self, subscription: Subscriptions, stale: Stale) -> None:
        """Learn what every guest is like, and what changed while nothing was heard of them."""
        asked_at = CLOCK.now()
        self._standings.replace(read_standings(subscription.connection), asked_at, stale)
        self._gathering.list_guests()
        self._gathering.events.write_states(self._slots, self._standings.observe(asked_at))

    def _unsubscribe(self) -> None:
        if self._subscription is None:
            return
        logger.info("events no longer subscribed", host=self._pool.name)
        self._subscription.end()
        self._subscription = None
        self._descriptions.events = False
        counts = self._figures.events
        with counts.lock:
            counts.subscribed = dict.fromkeys(counts.subscribed, False)

    def _refresh(self) -> None:
        """Refresh what is stale, and rest in proportion; what could not be refreshed is stale still."""
        subscription = self._subscription
        if subscription is None or time.monotonic() < self._rest_until:
            return
        stale = self._take_stale()
        began = time.monotonic()
        if stale:
            try:
                self._refresh_guests(subscription, stale)
            except HypervisorError:
                self._take_back(stale)
                self._rest_until = time.monotonic() + _FIRST_PAUSE
                raise
            for kind in stale.objects:
                self._due.update(self._about(ABOUT[kind]))
            self._rest_until = time.monotonic() + _REST * (time.monotonic() - began)
        if began >= self._read_again_at:
            self._read_descriptions()
        self._run_due()

    def _refresh_guests(self, subscription: Subscriptions, stale: Stale) -> None:
        if stale.everything:
            self._take_standings(subscription, stale)
            self._read_descriptions()
        if stale.listing:
            self._gathering.list_guests()
        self._standings.redefine(stale.redefined)
        guests = self._standings.read(subscription.connection, stale)
        if guests:
            self._gathering.events.write_states(self._slots, guests)
        if stale.described:
            self._descriptions.changed(stale.described)
            self._gathering.guests_changed(stale.described)
            self._due.update(self._descriptive())

    def _read_descriptions(self) -> None:
        """Read all XML again: at first, after a gap, and seldom; for some changes libvirt sends no event."""
        self._read_again_at = time.monotonic() + _READ_AGAIN_SECONDS
        self._descriptions.all_changed()
        self._due.update(self._descriptive())

    def _run_due(self) -> None:
        now = time.monotonic()
        for batch, begun in list(self._due.items()):
            if begun is not None and self._runner.begun[batch] > begun:
                del self._due[batch]
            elif not self._runner.running(batch) and now - self._asked.get(batch, -math.inf) >= _BATCH_SECONDS:
                self._due[batch] = self._runner.begun[batch]
                self._asked[batch] = now
                self._soon([batch])

    def _descriptive(self) -> dict[Batch, None]:
        return dict.fromkeys(batch for batch in self._batches if isinstance(batch.source, Description))

    def _about(self, collectors: Sequence[str]) -> dict[Batch, None]:
        return dict.fromkeys(
            batch for batch in self._batches if any(slot.collector.name in collectors for slot in batch.slots)
        )
