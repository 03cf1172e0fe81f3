"""The exporter's view of one host, where a collector runs when a test says so and not on a schedule."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from exporter.collectors.registry import COLLECTORS
from exporter.host import Host
from exporter.hypervisor.watchdog import Watchdog
from exporter.schedule import Schedule
from exporter.settings import HostSettings
from tests.lab.polling import eventually

_SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$")
_LABEL = re.compile(r'(\w+)="([^"]*)"')


class Watch:
    """A host with some collectors on."""

    def __init__(self, host: Host) -> None:
        self.host = host

    def run(self, *collectors: str) -> None:
        """List the guests, then run these collectors once, those out of descriptions first."""
        self.host.gathering.list_guests()
        for batch in sorted(self.host.batches, key=lambda batch: not batch.name.startswith("description")):
            if not collectors or {slot.collector.name for slot in batch.slots} & set(collectors):
                self.host.runner.run(batch)

    def success(self, collector: str) -> bool | None:
        """Whether the last run of a collector worked."""
        return self.host.figures.collectors[collector].success

    def samples(self, name: str) -> dict[frozenset[tuple[str, str]], float]:
        """The samples of a metric on the page, by label set."""
        text = b"".join(self.host.page.render("text", gzip=False)).decode()
        return {
            frozenset(_LABEL.findall(found[2] or "")): float(found[3])
            for line in text.splitlines()
            if (found := _SAMPLE.match(line)) and found[1] == name
        }

    def value(self, name: str, **labels: str) -> float | None:
        """The one sample whose labels hold these, None if there is none."""
        wanted = set(labels.items())
        found = [value for key, value in self.samples(name).items() if wanted <= key]
        assert len(found) <= 1, f"several samples of {name} have {labels}"
        return found[0] if found else None

    def labels(self, name: str, **labels: str) -> Mapping[str, str]:
        """The labels of the one sample whose labels hold these."""
        (found,) = (dict(key) for key in self.samples(name) if set(labels.items()) <= key)
        return found


@contextmanager
def watch(
    uri: str, *collectors: str, paces: Mapping[str, float] = MappingProxyType({}), **settings: Any
) -> Iterator[Watch]:
    """A host with these collectors on, connected; `paces` are intervals that are not the usual ones."""
    intervals = {
        each.name: paces.get(each.name, each.interval)
        for each in COLLECTORS
        if each.name in {*collectors, "connection", "exporter"}
    }
    host = Host(HostSettings("lab", uri, collectors=intervals, **settings), Schedule(), None)
    watchdog = Watchdog()
    watchdog.watch(host.pulse)
    watchdog.start()
    pools = [host.pool, *([host.figures.agents] if host.figures.agents else [])]
    for pool in pools:
        pool.start()
    try:
        for pool in pools:
            eventually(lambda pool=pool: pool.up, within=20, what=f"a connection to {uri}")  # type: ignore[misc]
        yield Watch(host)
    finally:
        host.stop_pools()
        watchdog.stop()
