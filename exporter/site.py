"""Every page the web side hands out: the hosts', and the agent's own."""

import time
from collections.abc import Callable, Iterable, Sequence

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import Metric as Family

from exporter.collectors import process
from exporter.collectors.process import ProcessFigures
from exporter.exposition.families import FamilySink
from exporter.exposition.head import Form
from exporter.exposition.page import Page
from exporter.host import Host


class Itself:
    """The agent's own figures as a custom collector; the web side and prometheus_client add theirs to `registry`."""

    def __init__(self, figures: ProcessFigures) -> None:
        self.figures = figures
        self.registry = CollectorRegistry()
        self.registry.register(self)
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)

    def collect(self) -> Iterable[Family]:
        """The families of the figures at this moment."""
        sink = FamilySink()
        process.collect(self.figures, sink)
        return sink.collect()

    def describe(self) -> Iterable[Family]:
        """Nothing, so that registering does not collect."""
        return []


class Site:
    """The pages by where they stand: with one host all on `/metrics`, with several the agent there and each host at
    `/probe`."""

    def __init__(self, write_itself: Callable[[Form], bytes], multi: bool) -> None:
        self._multi = multi
        self._hosts: dict[str, Host] = {}
        self._own = Page({}, {"exporter": True}, lambda form, _names: write_itself(form), time.monotonic)

    def replace(self, hosts: Iterable[Host]) -> None:
        """Hand out the pages of these hosts from now on."""
        self._hosts = {host.name: host for host in hosts}

    def page(self, target: str | None) -> Page | None:
        """The page of a host by its name; None is the one at the telemetry path."""
        if target is not None:
            host = self._hosts.get(target) if self._multi else None
            return None if host is None else host.page
        if self._multi:
            return self._own
        return next(iter(self._hosts.values())).page

    def targets(self) -> Sequence[str]:
        """Names of the hosts at `/probe`."""
        return list(self._hosts) if self._multi else []

    def hosts(self) -> Sequence[Host]:
        """The hosts watched at this moment."""
        return list(self._hosts.values())

    def ready(self) -> bool:
        """Whether libvirt answers everywhere and every collector has run."""
        return all(host.ready for host in self._hosts.values())
