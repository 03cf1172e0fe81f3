"""A host of the exporter's whose collectors run when the benchmark says so."""

import logging
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import structlog

from exporter.clock import Clock
from exporter.collection.plan import Batch
from exporter.collectors.collector import FAST
from exporter.collectors.registry import COLLECTORS
from exporter.configuration.durations import StaleAfter
from exporter.exposition.head import Form
from exporter.host import Host
from exporter.hypervisor.connection import Target
from exporter.schedule import Schedule
from exporter.settings import HostSettings
from tests.lab.polling import eventually

CORE = frozenset(each.name for each in COLLECTORS if any(metric.set == "core" for metric in each.metrics))
"""Collectors with a metric of the set `core`."""

DEFAULT = frozenset(each.name for each in COLLECTORS if each.default)
"""Collectors that are on unless switched off."""


def quiet() -> None:
    """Log nothing but what would make figures wrong."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def frequent(host: Host) -> list[Batch]:
    """What runs most often: every 15 s."""
    return [batch for batch in host.batches if batch.interval <= FAST]


class WatchedHost(Host):
    """A host without a schedule, to which time passes when the benchmark says so."""

    def __init__(self, settings: HostSettings, target: Target) -> None:
        self._ahead = 0.0
        clock = Clock(steady=lambda: time.monotonic() + self._ahead)
        super().__init__(settings, Schedule(), None, target=target, clock=clock)

    def later(self, seconds: float) -> None:
        """Let so much time pass at once: what is due once a minute is due in every fourth cycle of 15 s."""
        self._ahead += seconds


@contextmanager
def watched(target: Target, collectors: Collection[str], **settings: Any) -> Iterator[WatchedHost]:
    """A connected host with these collectors on, without a limit of series."""
    intervals = {each.name: each.interval for each in COLLECTORS if each.name in collectors}
    kept = StaleAfter(intervals=1000)  # nothing runs again by itself
    chosen: dict[str, Any] = {"series_limit": 0, "deadline": 60.0, "stale_after": kept, **settings}
    host = WatchedHost(HostSettings("bench", target.uri, collectors=intervals, **chosen), target)
    host.pool.start()
    try:
        eventually(lambda: host.pool.up, within=30, what=f"a connection to {target.uri}")
        yield host
    finally:
        host.pool.stop()


def cycle(host: Host, batches: Collection[Batch] | None = None) -> None:
    """Run batches once, one after the other: by default all."""
    for batch in host.batches if batches is None else batches:
        host.runner.run(batch)


def series(host: Host) -> int:
    """Samples on the host's page."""
    return sum(part.series for part in host.figures.parts.values())


def written(host: Host, form: Form, *, gzip: bool) -> int:
    """Bytes of the host's page as a scrape gets it."""
    return sum(map(len, host.page.render(form, gzip)))
