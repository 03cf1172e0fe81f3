"""The agent: builds everything, starts it, and stops it in order."""

import contextlib
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable

import structlog

from exporter import logs, memory
from exporter.collectors.process import ProcessFigures
from exporter.demo.figures import DemoFigures
from exporter.discovery.place import Place, place
from exporter.errors import ConfigError
from exporter.events.ring import Ring
from exporter.exposition.families import write as write_families
from exporter.exposition.head import Form
from exporter.exposition.keeper import Keeper
from exporter.host import Host
from exporter.hypervisor.connection import Target
from exporter.hypervisor.demo import DemoHost, open_demo
from exporter.hypervisor.eventloop import LOOP
from exporter.hypervisor.watchdog import Watchdog
from exporter.notify import Notifier
from exporter.overview.document import Overview
from exporter.schedule import Schedule
from exporter.settings import Settings
from exporter.signals import Signals
from exporter.site import Itself, Site
from exporter.web.discovery import discovery_routes
from exporter.web.events import event_routes
from exporter.web.metrics import ReloadMetrics, WebMetrics
from exporter.web.options import WebOptions
from exporter.web.overview import overview_routes
from exporter.web.routes import Route
from exporter.web.server import WebServer

_GRACE_SECONDS = 2.0
_ONCE_SECONDS = 60.0
_LOOK_SECONDS = 0.05

logger = structlog.get_logger()


class Agent:
    """All hosts of one configuration, and the site that shows them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.figures = ProcessFigures()
        self.itself = Itself(self.figures)
        self.schedule = Schedule()
        self.site = Site(self._write_itself, settings.multi)
        self.events = Ring()
        self.hosts: dict[str, Host] = {}
        self._watchdog = Watchdog()
        self._keeper = Keeper()
        self._demo = DemoHost() if settings.demo else None
        self._add(settings)

    def start(self) -> None:
        """Start what runs in the background and begin to watch the hosts; returns before any was reached."""
        memory.set_up()
        LOOP.start()
        if self._demo:
            self._demo.start()
        self._watchdog.start()
        self._keeper.start()
        self.schedule.start()
        for host in self.hosts.values():
            host.start()

    def watch(self, settings: Settings) -> None:
        """Watch the hosts of these settings; those watched already with the same settings simply go on."""
        told_alike = settings.log.addresses == self.settings.log.addresses
        same = {each.name for each in settings.hosts if each.name in self.hosts and self.hosts[each.name].follows(each)}
        for name in self.hosts.keys() - (same if told_alike else set()):
            host = self.hosts.pop(name)
            host.stop()
            self._watchdog.unwatch(host.pulse)
            self._keeper.unwatch(host.page)
        for host in self._add(settings):
            host.start()
        self.settings = settings

    def _add(self, settings: Settings) -> list[Host]:
        """Build the hosts that are not watched yet, which are still to be started, and hand out the pages of all."""
        before = set(self.hosts)
        itself = None if settings.multi else self._write_itself
        for each in settings.hosts:
            if each.name not in self.hosts:
                host = self.hosts[each.name] = Host(
                    each,
                    self.schedule,
                    itself,
                    DemoFigures() if self._demo else None,
                    ring=self.events,
                    personal=settings.log.addresses,
                    target=Target(each.uri, open_read_only=open_demo) if self._demo else None,
                )
                self._watchdog.watch(host.pulse)
                self._keeper.watch(host.page)
        self.site.replace([self.hosts[each.name] for each in settings.hosts])
        return [host for name, host in self.hosts.items() if name not in before]

    def stop(self) -> None:
        """Stop everything that can be stopped without waiting."""
        self.schedule.stop()
        for host in self.hosts.values():
            host.stop_pools()
        self._watchdog.stop()
        self._keeper.stop()
        if self._demo:
            self._demo.stop()

    def _write_itself(self, form: Form) -> bytes:
        self.figures.event_loop_at = LOOP.last_turn
        self.figures.scheduler_delay = self.schedule.delay
        queues = [host.listening.queue for host in list(self.hosts.values()) if host.listening]
        self.figures.event_queue_length = sum(len(queue) for queue in queues)
        self.figures.events_dropped = sum(queue.dropped for queue in queues)
        return write_families(self.itself.registry, form)


def serve(settings: Settings, reload: Callable[[], Settings]) -> int:
    """Watch and answer until a signal says to stop; the exit code. Raises ListenError if an address is taken.

    `reload` reads the configuration again: SIGHUP asks for it. SIGUSR1 writes the stack of every thread to the log.
    """
    agent = Agent(settings)
    logs.configure(settings.log.level, settings.log.format, counter=agent.figures.count_log)
    signals = Signals((signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1))
    reloads = ReloadMetrics(agent.itself.registry)
    web = WebServer(
        agent.site,
        _web_options(settings),
        WebMetrics(agent.itself.registry, reloads),
        (
            *event_routes(agent.events),
            *_overview_routes(agent),
            *_discovery_routes(agent, lambda: _place(settings, web)),
        ),
    )
    web.start()
    try:
        agent.start()
    except RuntimeError as error:
        # The limits of a service or a container: a thread for each thing that may hang is what keeps hosts apart.
        logger.error("cannot start", error=str(error), threads=threading.active_count())
        _leave(1)
    notifier = Notifier()
    notifier.ready(web.turned, LOOP.turned)
    logger.info("serving", addresses=", ".join(web.addresses()), hosts=", ".join(agent.hosts))
    while (number := signals.next()) not in (signal.SIGTERM, signal.SIGINT):
        if number == signal.SIGHUP:
            _reload(agent, web, reload, reloads)
        else:
            log_stacks()
    logger.info("stopping", signal=signal.Signals(number).name)
    notifier.stopping()
    agent.stop()
    web.stop(_GRACE_SECONDS)
    logger.info("stopped")
    # Threads inside a call to libvirt cannot be ended, and the interpreter would wait for them.
    _leave(0)
    return 0


def _web_options(settings: Settings) -> WebOptions:
    web = settings.web
    return WebOptions(
        listen_addresses=web.listen_addresses,
        telemetry_path=web.telemetry_path,
        config_file=web.config_file,
        systemd_socket=web.systemd_socket,
        external_url=web.external_url,
        route_prefix=web.route_prefix,
        max_requests=web.max_requests,
    )


def _overview_routes(agent: Agent) -> tuple[Route, ...]:
    settings = agent.settings
    return overview_routes(
        Overview(
            agent.site.hosts,
            agent.events,
            multi=settings.multi,
            telemetry_path=settings.web.telemetry_path,
            demo=settings.demo,
        )
    )


def _discovery_routes(agent: Agent, where: Callable[[], Place | None]) -> tuple[Route, ...]:
    settings = agent.settings
    return discovery_routes(agent.site.hosts, where, multi=settings.multi, telemetry_path=settings.web.telemetry_path)


def _place(settings: Settings, web: WebServer) -> Place | None:
    return place(settings.web.external_url, web.addresses(), secure=web.secure, prefix=settings.web.route_prefix)


def _reload(agent: Agent, web: WebServer, read: Callable[[], Settings], reloads: ReloadMetrics) -> None:
    """Take the configuration as it stands now, or keep the old one and say why."""
    try:
        settings = read()
        now = agent.settings
        if (settings.web, settings.multi, settings.demo) != (now.web, now.multi, now.demo):
            raise ConfigError("web", "changed", "addresses, paths and the kind of hosts need a restart")
        agent.watch(settings)
        logs.configure(settings.log.level, settings.log.format, counter=agent.figures.count_log)
    except ConfigError as error:
        reloads.refused()
        logger.error("configuration not reloaded, the old one stays", error=str(error))
        return
    except Exception:
        # A mistake of ours must not end the thread that waits for signals.
        reloads.refused()
        logger.exception("configuration not reloaded")
        return
    reloads.read()
    web.reload_access()
    logger.info("configuration reloaded", hosts=", ".join(agent.hosts))


def once(settings: Settings) -> int:
    """Collect once, print the page as text, and say whether everything could be had: 0, or 1 if the host is down."""
    agent = Agent(settings)
    agent.start()
    until = time.monotonic() + _ONCE_SECONDS
    host = next(iter(agent.hosts.values()))
    while not host.ready and time.monotonic() < until and not host.pool.failed_attempts:
        time.sleep(_LOOK_SECONDS)
    for chunk in host.page.render("text", gzip=False):
        sys.stdout.buffer.write(chunk)
    sys.stdout.buffer.flush()
    code = 0 if host.ready else 1
    if code:
        print(
            f"libvirt-exporter: {settings.hosts[0].uri}: {host.pool.reason or 'not everything answered'}",
            file=sys.stderr,
        )
    _leave(code)
    return code


def _leave(code: int) -> None:
    """End the process here and now, with everything written."""
    with contextlib.suppress(BrokenPipeError):  # whoever read our output has enough
        sys.stdout.flush()
    logs.flush()
    os._exit(code)


def log_stacks() -> None:
    """Write where every thread is at this moment to the log, a line a thread."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    for identifier, frame in sys._current_frames().items():
        stack = " < ".join(
            f"{entry.name} ({entry.filename}:{entry.lineno})" for entry in reversed(traceback.extract_stack(frame))
        )
        logger.info("stack", thread=names.get(identifier, str(identifier)), stack=stack)
