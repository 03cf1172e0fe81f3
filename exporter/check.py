"""What a host and the connection to it can give, a line for each thing: `--check`."""

import os
import sys
import time
from collections.abc import Iterator

from exporter.agent import Agent
from exporter.collectors.registry import COLLECTORS
from exporter.configuration.durations import format_duration
from exporter.host import Host
from exporter.hypervisor.enums import version
from exporter.hypervisor.errors import HypervisorError
from exporter.hypervisor.groups import GROUPS, read_groups
from exporter.hypervisor.perguest import ONE_BY_ONE
from exporter.hypervisor.uri import without_secrets
from exporter.settings import Settings

_SECONDS = 60.0
_LOOK_SECONDS = 0.05


def run(settings: Settings) -> int:
    """Collect once from every host and print what came of it: 0, or 1 if a host or a collector failed."""
    agent = Agent(settings)
    agent.start()
    until = time.monotonic() + _SECONDS
    good = True
    for host in agent.hosts.values():
        while not host.ready and not host.pool.failed_attempts and time.monotonic() < until:
            time.sleep(_LOOK_SECONDS)
        prefix = f"{host.name}: " if settings.multi else ""
        for thing, answer in _lines(host):
            print(f"{prefix}{thing}: {answer}")
        good = good and _good(host)
    sys.stdout.flush()
    sys.stderr.flush()
    # A call to libvirt that hangs would keep the interpreter from ending.
    os._exit(0 if good else 1)


def _good(host: Host) -> bool:
    return host.ready and all(each.success is not False for each in host.figures.collectors.values())


def _lines(host: Host) -> Iterator[tuple[str, str]]:
    """Things and what is to be said of each."""
    uri = without_secrets(host.settings.uri)
    if not host.figures.up:
        yield "reachable", f"no, {uri}: {host.pool.reason or 'no answer'}"
        return
    yield "reachable", f"yes, {uri}"
    agents = host.figures.agents
    yield (
        "read-only",
        (
            f"yes, but for one connection to guest agents, {without_secrets(agents.target.uri)}"
            if agents
            else "yes, every connection is opened so"
        ),
    )
    versions = host.figures.versions
    if versions is not None:
        running = f" {version(versions.hypervisor)}" if versions.hypervisor else ""
        daemon = version(versions.daemon) if versions.daemon else "unknown"
        yield "driver", f"{versions.driver or 'unknown'}{running}"
        yield "libvirt", f"{daemon} on the host, library {version(versions.library)} here"
    inventory = host.figures.inventory
    yield "guests", f"{inventory.total}, {inventory.active} of them active, {inventory.excluded} filtered out"
    yield from _groups(host)
    if host.pool.unsupported:
        yield "calls not supported", ", ".join(sorted({str(key[1]) for key in host.pool.unsupported}))
    for collector in COLLECTORS:
        yield f"collector {collector.name}", _collector(host, collector.name)


def _groups(host: Host) -> Iterator[tuple[str, str]]:
    active = [guest for guest in host.figures.inventory.guests.values() if guest.active]
    if not active:
        yield "statistics", "unknown, no guest is active that could be asked"
        return
    guest = active[0]
    try:
        given = host.pool.submit(lambda connection: read_groups(connection, guest.uuid)).result()
    except HypervisorError as error:
        yield "statistics", f"none, {error}"
        return
    bulk = bool(given & {"cpu", "balloon", "vcpu"})
    for group in GROUPS:
        answer = f"nothing of guest '{guest.name}'"
        if group in given:
            answer = "yes"
        elif group in ONE_BY_ONE and not bulk:
            answer = "by single calls for each guest"
        yield f"statistics {group}", answer


def _collector(host: Host, name: str) -> str:
    figures = host.figures.collectors.get(name)
    if figures is None:
        return "off"
    if not figures.supported:
        return f"cannot work here: {figures.reason}"
    if figures.success is False:
        return f"failed: {figures.reason or f'{figures.failures} failures, see the log'}"
    part = host.figures.parts.get(name)
    every = f"on, every {format_duration(figures.interval)}"
    if part is None:
        return every
    return f"{every}, {part.series} series" if part.series else f"{every}, has nothing to show here"
