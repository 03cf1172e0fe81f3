"""One host: its connections, what is collected of it, and its page."""

from collections.abc import Callable
from functools import partial

import structlog

from exporter.clock import CLOCK, Clock
from exporter.collection.gathering import Gathering
from exporter.collection.listening import Listening
from exporter.collection.plan import Batch, plan, threads_for
from exporter.collection.runner import Runner
from exporter.collectors.collector import Collector
from exporter.collectors.registry import COLLECTORS, KNOWN_FIELDS
from exporter.collectors.source import AgentCall, Description, Events, Live, Runs
from exporter.demo.figures import DemoFigures
from exporter.events.journal import Journal
from exporter.events.ring import Ring
from exporter.exposition.head import Form
from exporter.exposition.live import write_rows
from exporter.exposition.page import RUNS_SECONDS, Page, Selection
from exporter.exposition.part import Part
from exporter.exposition.rows import Rows
from exporter.figures import CollectorFigures, HostFigures
from exporter.guest import DeviceFilters
from exporter.hypervisor.agentlane import AgentLane
from exporter.hypervisor.calls import CallLog
from exporter.hypervisor.connection import Connection, Target
from exporter.hypervisor.descriptions import Descriptions
from exporter.hypervisor.inventory import Changes, Inventory
from exporter.hypervisor.node import read_versions
from exporter.hypervisor.pool import WorkerPool
from exporter.hypervisor.pulse import Pulse, keepalive
from exporter.hypervisor.setaside import SetAside
from exporter.hypervisor.stats import Statistics
from exporter.hypervisor.unknown import KnownFields
from exporter.overview.glance import busy_seconds, memory_used
from exporter.schedule import Schedule
from exporter.scope import Scope
from exporter.settings import HostSettings

_INVENTED = " Demo host: not real."

logger = structlog.get_logger()


class Host:
    """Watches one host. `start` returns at once, whether or not the host can be reached.

    `itself` writes the agent's own figures, where the host's page is the only one there is; `demo` invents those of
    the demo host's guests. Events go to `ring`, with addresses and names of people if `personal`. `target` opens
    something else than the settings' URI, `clock` tells another time.
    """

    def __init__(
        self,
        settings: HostSettings,
        schedule: Schedule,
        itself: Callable[[Form], bytes] | None,
        demo: DemoFigures | None = None,
        *,
        ring: Ring | None = None,
        personal: bool = False,
        target: Target | None = None,
        clock: Clock = CLOCK,
    ) -> None:
        self.name = settings.name
        self.settings = settings
        self._schedule = schedule
        self._itself = itself
        self._demo = demo
        self.calls = CallLog(self.name)
        self._clock = clock
        self._password = settings.password()
        shortest = min(settings.collectors.values())
        target = target or Target(settings.uri, settings.username or "", self._password, keepalive=keepalive(shortest))
        self.pool = WorkerPool(self.name, target, settings.workers, self.calls, self._on_change)
        self.pulse = Pulse(self.pool, shortest, lambda: self.page.outdate())
        filters = settings.filters
        self.inventory = Inventory(
            filters.domain,
            DeviceFilters(filters.disk.allows, filters.interface.allows),
            settings.metadata.allows if settings.metadata.chooses else None,
            self.name,
        )
        set_aside = SetAside(settings.max_set_aside)
        collectors = [each.configure(settings.metadata) if each.configure is not None else each for each in COLLECTORS]
        on = [collector for collector in collectors if collector.name in settings.collectors]
        parts = {
            collector.name: self._part(collector)
            for collector in on
            if not all(isinstance(feed.source, Live | Runs) for feed in collector.feeds)
        }
        self.figures = HostFigures(
            self.pool,
            self.pulse,
            self.calls,
            self.inventory,
            set_aside,
            {collector.name: CollectorFigures(settings.collectors[collector.name]) for collector in on},
            parts,
        )
        self._own = [collector for collector in on if collector.name not in parts]
        known = {collector.name: collector.name in settings.collectors for collector in collectors}
        self.page = Page(
            parts,
            known,
            self._write_live,
            clock.steady,
            partial(self._write_own, Runs),
            min(RUNS_SECONDS, shortest / 3),  # a reader sees each run of a collector
        )
        self.descriptions = Descriptions(self.pool, filters)
        agents = self._agent_lane(settings)
        self.gathering = Gathering(
            self.figures,
            self.page,
            Statistics(
                self.pool, set_aside, settings.shard_size, settings.deadline, demo.vary if demo else None, clock
            ),
            self.descriptions,
            settings.stale_after.seconds,
            self._on_changes,
            KnownFields(KNOWN_FIELDS),
            settings.event_retention,
            Scope(settings.filters, settings.volume_limit, clock),
            agents,
            clock,
        )
        self.figures.agents = agents.pool if agents else None
        self.batches = plan(collectors, settings.collectors)
        self.runner = Runner(self.name, self.gathering, self.page, self.figures)
        self.listening: Listening | None = None
        if "event" in settings.collectors:
            self.listening = Listening(
                self.figures,
                self.gathering,
                self.descriptions,
                filters,
                Journal(self.name, ring or Ring(), personal=personal),
                self.batches,
                lambda batches: schedule.soon(self.name, batches),
                self.runner,
            )

    def follows(self, settings: HostSettings) -> bool:
        """Whether it is watched as these settings say; the password counts, not the file. Raises ConfigError."""
        return self.settings == settings and self._password == settings.password()

    def _agent_lane(self, settings: HostSettings) -> AgentLane | None:
        """The way to guest agents, if it is configured and anything asks them."""
        asking = any(
            collector.name in settings.collectors
            for collector in COLLECTORS
            if any(isinstance(feed.source, AgentCall) for feed in collector.feeds)
        )
        if settings.agent_uri is None or not asking:
            return None
        target = Target(settings.agent_uri, settings.username or "", self._password, read_only=False)
        pool = WorkerPool(self.name, target, 1, self.calls, lambda _up: None, role="agent")
        return AgentLane(pool, settings.max_set_aside)

    def _part(self, collector: Collector) -> Part:
        interval = self.settings.collectors[collector.name]
        counted = isinstance(collector.feeds[0].source, Events)
        invented = _INVENTED if self._demo else ""
        return Part(
            collector.metrics,
            phrase=("Counted as events come." if counted else _read_every(interval)) + invented,
            phrases={
                metric: _read_every(feed.paced(interval)) + invented
                for feed in collector.feeds
                for metric in feed.writes
            },
            series_limit=self.settings.series_limit,
            clock=self._clock.steady,
        )

    def start(self) -> None:
        """Begin to connect and to collect."""
        if self.listening:
            self.listening.start()
        threads = threads_for(self.batches, self.pool.lanes)
        self._schedule.add_host(self.name, self.batches, self._run, self.runner.skipped, threads)
        self.pool.start()
        if self.figures.agents:
            self.figures.agents.start()

    def stop(self) -> None:
        """Stop collecting; calls that hang are left to the end of the process."""
        self._schedule.remove_host(self.name, self.batches)
        if self.listening:
            self.listening.stop()
        self.stop_pools()

    def stop_pools(self) -> None:
        """Ask the threads of every connection to end."""
        self.pool.stop()
        if self.figures.agents:
            self.figures.agents.stop()

    @property
    def ready(self) -> bool:
        """Whether libvirt answers, every collector has run once with all it needs, and events are subscribed."""
        listens = self.listening is None or self.listening.settled
        return self.figures.up and listens and self.runner.ran.issuperset(self.batches)

    def _run(self, batch: Batch) -> None:
        with structlog.contextvars.bound_contextvars(host=self.name):
            self.runner.run(batch)
            self._follow(batch)

    def _follow(self, batch: Batch) -> None:
        """Note what was just read of the host as a whole, for the curves of the page."""
        collectors, trend = {slot.collector.name for slot in batch.slots}, self.figures.history.host
        if "node_cpu" in collectors and (busy := busy_seconds(self.page)) is not None:
            # After a run that failed the page says what it said before, which is no news.
            read_at = self.figures.collectors["node_cpu"].last_success or 0.0
            trend.count("cpu", busy, self._clock.steady() - (self._clock.wall() - read_at))
        if "node_memory" in collectors and (used := memory_used(self.page)) is not None:
            trend.put("memory", used, self._clock.steady())

    def _read_versions(self, connection: Connection) -> None:
        self.figures.versions = read_versions(connection)

    def _on_change(self, up: bool) -> None:
        """The host came or went; called in the pool's short lane, which must not be made to wait."""
        if self.listening:
            self.listening.wake()
        if up:
            self.descriptions.all_changed()
            self.gathering.host_returned()
            # An upgrade restarts the daemon; nobody waits for the answer, which can take seconds.
            self.pool.submit(self._read_versions)
            self._schedule.soon(self.name, self.batches)
        self.page.outdate()

    def _on_changes(self, changes: Changes) -> None:
        """A listing found guests that are new, renamed, started or stopped: their descriptions are read at once."""
        self.descriptions.changed(changes.changed)
        if changes.changed:
            self._schedule.soon(self.name, [b for b in self.batches if isinstance(b.source, Description)])

    def _write_live(self, form: Form, names: Selection) -> bytes:
        written = self._write_own(Live, form, names)
        if self._itself is not None and (names is None or "exporter" in names):
            written += self._itself(form)
        return written

    def _write_own(self, source: type[Live | Runs], form: Form, names: Selection) -> bytes:
        written = []
        for collector in self._own:
            if names is None or collector.name in names:
                rows = Rows()
                for feed in collector.feeds:
                    if isinstance(feed.source, source):
                        feed.collect(self.figures, rows)
                written.append(write_rows(collector.metrics, rows, form))
        return b"".join(written)


def _read_every(seconds: float) -> str:
    return f"Read every {seconds:g}s."
