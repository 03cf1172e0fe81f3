"""A host that the exporter watches inside the process of the test."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client.parser import text_string_to_metric_families

from exporter.collectors.registry import COLLECTORS
from exporter.events.ring import Ring
from exporter.host import Host
from exporter.hypervisor.connection import Target
from exporter.hypervisor.eventloop import LOOP
from exporter.hypervisor.watchdog import Watchdog
from exporter.schedule import Schedule
from exporter.settings import HostSettings
from tests.lab.polling import eventually

WITHOUT_POLLS = 600.0
"""An interval so long that nothing is polled twice in a test: what changes came by events."""


class Watched:
    """A running host with its ring of events."""

    def __init__(self, host: Host, ring: Ring) -> None:
        self.host = host
        self.ring = ring

    def page(self) -> str:
        """The page as text."""
        return b"".join(self.host.page.render("text", gzip=False)).decode()

    def value(self, name: str, **labels: str) -> float | None:
        """The value of a series, None if it is not on the page."""
        for family in text_string_to_metric_families(self.page()):
            for sample in family.samples:
                if sample.name == name and sample.labels == labels:
                    return float(sample.value)
        return None

    def wait(self, name: str, *, within: float = 10, **labels: str) -> float:
        """The value of a series as soon as it is there and not 0."""
        return eventually(lambda: self.value(name, **labels), within=within, what=f"{name} {labels}") or 0.0

    def kinds(self, guest: str) -> list[tuple[str, str]]:
        """Kind and detail of each event of a guest so far."""
        entries = [entry.told for entry in self.ring.after(0)]
        return [(str(told["kind"]), str(told.get("detail", ""))) for told in entries if told.get("guest") == guest]


@contextmanager
def watched(uri: str, *, target: Target | None = None, **changes: object) -> Iterator[Watched]:
    """Watch a host with every default collector, polled once, until the end of the block; `target` opens something
    else than the URI."""
    LOOP.start()
    collectors = {collector.name: WITHOUT_POLLS for collector in COLLECTORS if collector.default}
    settings = HostSettings(name="watched", uri=uri, **({"collectors": collectors} | changes))  # type: ignore[arg-type]
    schedule, watchdog, ring = Schedule(), Watchdog(), Ring()
    schedule.start()
    watchdog.start()
    host = Host(settings, schedule, None, ring=ring, target=target)
    watchdog.watch(host.pulse)
    host.start()
    try:
        eventually(lambda: host.ready, within=30, what="the host's first round")
        yield Watched(host, ring)
    finally:
        host.stop()
        events = host.pool.figures.get("event")
        # libvirt's test driver may tell nothing to who subscribes while another still ends its subscription.
        eventually(lambda: events is None or not events.open, within=30, what="the end of the subscription")
        schedule.stop()
        watchdog.stop()
