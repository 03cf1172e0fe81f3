"""Runs a batch: the one place that owns time, success, failure and logging of collectors.

Three outcomes for each collector: data, not supported here (quiet, remembered), or an error (logged, counted).
"""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from exporter.collection.gathering import Gathering
from exporter.collection.plan import Batch
from exporter.errors import ExporterError
from exporter.exposition.page import Page
from exporter.figures import CollectorFigures, HostFigures, SkipReason
from exporter.hypervisor.errors import ConnectionLost, NotSupported
from exporter.outcome import Outcome

logger = structlog.get_logger()


class Runner:
    """Runs the batches of one host, never one batch twice at a time."""

    def __init__(self, host: str, gathering: Gathering, page: Page, figures: HostFigures) -> None:
        self._host = host
        self._gathering = gathering
        self._page = page
        self._figures = figures
        self._running: set[Batch] = set()
        self.begun: Counter[Batch] = Counter()
        """How often each batch has begun."""
        self.ran: set[Batch] = set()
        """Batches that came to an end at least once."""
        self._lock = threading.Lock()

    def run(self, batch: Batch) -> None:
        """Run a batch to its end, whatever comes of it; returns at once if it is running."""
        with self._lock:
            if batch in self._running:
                self.skipped(batch, "running")
                return
            self._running.add(batch)
            self.begun[batch] += 1
        try:
            if not self._figures.pool.up:
                self.skipped(batch, "disconnected")
                self._page.publish(*{slot.collector.name for slot in batch.slots})
                return
            with self._timed(batch) as outcomes:
                outcomes.update(self._outcomes(batch))
            self.ran.add(batch)
        finally:
            with self._lock:
                self._running.discard(batch)
                others = bool(self._running)
            # Of batches that begin together the last one tells of all. While one does not end, `Page.keep` does.
            self._page.note_run(others=others)

    def running(self, batch: Batch) -> bool:
        """Whether a batch is under way."""
        with self._lock:
            return batch in self._running

    def skipped(self, batch: Batch, reason: SkipReason) -> None:
        """Count a run that was due and did not happen."""
        for collector in {slot.collector.name for slot in batch.slots}:
            self._figures.collectors[collector].skips[reason] += 1
        self._page.note_run(others=True)

    def _outcomes(self, batch: Batch) -> dict[str, Outcome]:
        names = {slot.collector.name for slot in batch.slots}
        try:
            return self._gathering.gather(batch)
        except NotSupported as error:
            logger.debug("not supported here", batch=batch.name, reason=error.reason)
            return {name: Outcome(supported=False, reason=error.reason) for name in names}
        except ConnectionLost as error:
            logger.debug("connection lost while collecting", host=self._host, batch=batch.name, error=str(error))
            return {name: Outcome(failures=1, reason=str(error)) for name in names}
        except ExporterError as error:
            logger.warning("collectors failed", host=self._host, batch=batch.name, error=str(error))
            return {name: Outcome(failures=1, reason=str(error)) for name in names}
        except Exception as error:
            # A mistake of ours costs this run of these collectors, never the agent.
            logger.exception("collectors failed unexpectedly", host=self._host, batch=batch.name)
            return {name: Outcome(failures=1, reason=repr(error)) for name in names}

    def _note_limit(self, name: str, figures: CollectorFigures) -> None:
        cut = self._figures.parts[name].cut
        if cut and not figures.cutting:
            logger.warning("limit of series reached, some are left out", collector=name, host=self._host, left_out=cut)
        figures.cutting = cut > 0

    @contextmanager
    def _timed(self, batch: Batch) -> Iterator[dict[str, Outcome]]:
        figures = {slot.collector.name: self._figures.collectors[slot.collector.name] for slot in batch.slots}
        started_at, started = time.time(), time.monotonic()
        for each in figures.values():
            each.running += 1
        outcomes: dict[str, Outcome] = {}
        try:
            yield outcomes
        finally:
            self._page.publish(*figures)
            duration = time.monotonic() - started
            for name, each in figures.items():
                each.running -= 1
                self._note_limit(name, each)
                _note(each, batch, outcomes.get(name, Outcome(failures=1)), started_at, duration)


def _note(figures: CollectorFigures, batch: Batch, outcome: Outcome, started_at: float, duration: float) -> None:
    # A collector may have several batches: a good run of one does not make up for a failed one of another.
    figures.newest[batch.name] = outcome
    figures.runs += 1
    figures.duration = duration
    figures.last_run = started_at
    if outcome.failures:
        figures.failures += 1
    if figures.success:
        figures.last_success = started_at
