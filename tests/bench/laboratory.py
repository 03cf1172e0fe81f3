"""Real QEMU guests: what a cycle costs against the plain bulk calls that every other exporter makes."""

from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from statistics import median
from time import perf_counter, process_time
from typing import Any

import libvirt  # noqa: TID251  the plain calls that ours are held against

from exporter.collection.plan import Batch
from exporter.collectors.collector import FAST, RARE, SLOW
from exporter.collectors.registry import COLLECTORS
from exporter.collectors.source import Statistics
from exporter.hypervisor.connection import Target
from exporter.hypervisor.groups import mask
from tests.bench import running
from tests.bench.figures import Topic, wall
from tests.bench.watched import CORE, DEFAULT, WatchedHost, cycle, frequent, series, watched
from tests.lab.guests import Guests
from tests.lab.libvirtd import Libvirtd

_NOWAIT = libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT
_FULL = 100
_WARM = 3  # each worker looks each guest up once
_CYCLES = 10  # of 15 s each, of the command
_SPREAD = 8  # no more batches at once than a host has threads that are busy


@contextmanager
def laboratory(count: int) -> Iterator[str]:
    """The URI of a host with so many paused guests of 16 MiB: two vCPUs, disks and interfaces each."""
    host = Libvirtd()
    try:
        guests = Guests(host.start())
        guests.crowd(count)
        guests.close()
        yield host.uri
    finally:
        host.stop()


GUESTS = "Paused guests of 16 MiB under software emulation, two vCPUs, disks and interfaces each."


def measure(uri: str, what: str, times: int) -> list[Topic]:
    """The cycles, and the price of each collector; `what` says what guests these are."""
    connection = libvirt.openReadOnly(uri)
    try:
        return [_cycles(uri, what, connection, times), _prices(uri)]
    finally:
        connection.close()


def _cycles(uri: str, what: str, connection: Any, times: int) -> Topic:
    count = len(connection.listAllDomains(0))
    topic = Topic(
        f"One cycle against {count} real guests",
        f"{what} Time on the clock, ours and the plain call in turns, the median of the pairs; ours contains listing "
        "the guests, making samples of the answer, writing and compressing. What runs together on the schedule runs "
        "together here, and as far apart: what a guest is asked for once a minute, it is in every fourth cycle, a "
        "quarter of the guests in each. Everything of `default` at once is to stay within 1.5 times the plain call; "
        "as it runs, most of it is due once in 60 or 300 s. Processor time is that of the cycles first, then that of "
        "the command as a process of its own, by /proc.",
    )

    def everything() -> Any:
        return connection.getAllDomainStats(0)

    connection.getAllDomainStats(0)
    for name, collectors, most in (("core", CORE, 0.4), ("default", DEFAULT, 1.5)):
        # The threads are there before a cycle begins, as they are on the schedule.
        with watched(Target(uri), collectors) as host, ThreadPoolExecutor(_SPREAD) as threads:
            cycle(host)
            host.descriptions.events = True  # as when events are subscribed: what did not change is not read again
            often, seldom = frequent(host), host.batches
            if name == "core":
                bulk = max(often, key=_groups)
                groups = mask(bulk.groups)
                ours, plain = _pairs(
                    lambda bulk=bulk: _run(host, bulk),  # type: ignore[misc]
                    lambda groups=groups: connection.getAllDomainStats(groups, _NOWAIT),  # type: ignore[misc]
                    times,
                )
                topic.add("cycle_same_groups_ms", "one plain bulk call for the groups of `core`", plain * 1000, "ms")
                topic.add("cycle_groups_ms", "the same groups, ours", ours * 1000, "ms")
                topic.add("cycle_groups_ratio", "the same groups, ours to the plain call", ours / plain, most=0.6)
            ran, apart = (often, FAST) if name == "core" else (seldom, RARE)
            used: list[float] = []
            ours, plain = _pairs(
                lambda ran=ran, apart=apart, used=used: used.append(_together(threads, host, ran, apart)),  # type: ignore[misc]
                everything,
                times,
            )
            what = "the set `core` as it runs every 15 s" if name == "core" else "everything of `default`, once"
            topic.add(f"cycle_{name}_plain_ms", "one plain `getAllDomainStats(0)`", plain * 1000, "ms")
            topic.add(f"cycle_{name}_ms", what, ours * 1000, "ms")
            topic.add(f"cycle_{name}_ratio", f"{what}, to the plain call", ours / plain, most=most)
            samples = topic.add(f"cycle_{name}_samples", f"samples on the page of `{name}`", series(host))
            topic.add(
                f"cycle_{name}_us",
                f"`{name}`: processor time of these runs",
                median(used) / samples * 1e6,
                "µs a sample",
                most=10,
            )
    running.real(topic, uri, _CYCLES, count == _FULL)
    return topic


def _groups(batch: Batch) -> int:
    return len(batch.groups) if isinstance(batch.source, Statistics) else 0


def _pairs(ours: Callable[[], object], plain: Callable[[], object], times: int) -> tuple[float, float]:
    pairs = [(wall(ours, 1), wall(plain, 1)) for _ in range(times)]
    return median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)


def _run(host: WatchedHost, batch: Batch) -> None:
    """Run a batch when everything in it is due for every guest."""
    host.later(SLOW)
    host.runner.run(batch)


def _together(threads: ThreadPoolExecutor, host: WatchedHost, batches: Collection[Batch], apart: float) -> float:
    """Run batches side by side, so many seconds after they last did; the processor time of that."""
    host.later(apart)
    started = process_time()
    list(threads.map(host.runner.run, batches))
    return process_time() - started


def _prices(uri: str) -> Topic:
    """Each collector alone, after runs that read what is read once."""
    rows: list[tuple[str, ...]] = [("collector", "every", "calls", "on the clock", "processor", "samples")]
    topic = Topic(
        "The price of each collector",
        "One run of each alone against the same guests, after a few to warm up. Collectors with the same need share "
        "one gathering, so that a set of them costs less than its sum.",
    )
    for collector in COLLECTORS:
        with watched(Target(uri), {collector.name}) as host:
            if not host.batches:
                continue
            for _ in range(_WARM):
                cycle(host)
                host.later(RARE)
            host.descriptions.events = True
            calls, started, used = _calls(host), perf_counter(), process_time()
            cycle(host)
            milliseconds, processor = (perf_counter() - started) * 1000, (process_time() - used) * 1000
            made = _calls(host) - calls
            topic_name = f"price_{collector.name}"
            rows.append(
                (
                    f"`{collector.name}`",
                    f"{collector.interval:g} s",
                    str(made),
                    f"{milliseconds:.1f} ms",
                    f"{processor:.1f} ms",
                    str(series(host)),
                )
            )
            topic.hidden[f"{topic_name}_calls"] = made
            topic.hidden[f"{topic_name}_ms"] = milliseconds
    topic.table = tuple(rows)
    return topic


def _calls(host: WatchedHost) -> int:
    return sum(sum(duration.counts) for duration in list(host.calls.durations.values()))
