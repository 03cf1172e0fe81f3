"""The exporter over a synthetic host, put together as the agent does it, with its web server and its own figures."""

from exporter import memory
from exporter.collectors.process import ProcessFigures
from exporter.collectors.registry import COLLECTORS
from exporter.configuration.durations import StaleAfter
from exporter.exposition.families import write as write_families
from exporter.exposition.head import Form
from exporter.exposition.keeper import Keeper
from exporter.host import Host
from exporter.hypervisor.watchdog import Watchdog
from exporter.schedule import Schedule
from exporter.settings import HostSettings
from exporter.site import Itself, Site
from exporter.web.metrics import ReloadMetrics, WebMetrics
from exporter.web.options import WebOptions
from exporter.web.server import WebServer
from tests.bench.synthetic import SyntheticHost
from tests.bench.watched import CORE, DEFAULT, cycle
from tests.lab.polling import eventually

SETS = {"core": CORE | {"connection", "exporter"}, "default": DEFAULT}
"""Collectors by the name of their set."""


class Whole:
    """Everything but the command line; nothing of it ever stops."""

    def __init__(self, guests: int, collectors: str, pace: float = 1.0) -> None:
        """`pace` is how many times as often as usual collectors run."""
        memory.set_up()
        self.synthetic = SyntheticHost(guests)
        self._itself = Itself(ProcessFigures())
        registry = self._itself.registry
        self._metrics = WebMetrics(registry, ReloadMetrics(registry))
        self._schedule = Schedule()
        intervals = {each.name: each.interval / pace for each in COLLECTORS if each.name in SETS[collectors]}
        target = self.synthetic.target
        settings = HostSettings(
            "synthetic",
            target.uri,
            collectors=intervals,
            series_limit=0,
            deadline=60.0,
            stale_after=StaleAfter(intervals=1000),
        )
        self.host = Host(settings, self._schedule, self._write_itself, target=target)
        self._site = Site(self._write_itself, multi=False)
        self._site.replace([self.host])
        watchdog, keeper = Watchdog(), Keeper()
        watchdog.watch(self.host.pulse)
        keeper.watch(self.host.page)
        watchdog.start()
        keeper.start()

    def serve(self, address: str, max_requests: int) -> str:
        """Serve the page; the address with its port."""
        web = WebServer(self._site, WebOptions(listen_addresses=(address,), max_requests=max_requests), self._metrics)
        web.start()
        return web.addresses()[0]

    def collect_once(self) -> None:
        """Run every batch once, and none of them by itself."""
        self.host.pool.start()
        eventually(lambda: self.host.pool.up, within=30, what="the synthetic host")
        cycle(self.host)

    def collect(self) -> None:
        """Collect on the schedule from now on."""
        self._schedule.start()
        self.host.start()

    def _write_itself(self, form: Form) -> bytes:
        return write_families(self._itself.registry, form)
