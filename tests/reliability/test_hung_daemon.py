"""A libvirtd that is stopped: connections stay open, and nothing is answered."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from tests.figures import Measured
from tests.lab.guests import Guests
from tests.lab.libvirtd import Libvirtd
from tests.lab.polling import eventually
from tests.lab.samples import Samples
from tests.reliability.conftest import StartWatch
from tests.reliability.watching import Watch

INTERVAL = 3.0
STALE = 3 * INTERVAL
COUNT = 3
FIGURE = "libvirt_domain_block_stats_read_bytes_total"
GRACE = 4.0
"""Seconds of room for a busy machine."""


@dataclass
class Look:
    """The page at some moment after the daemon stopped."""

    after: float
    page: Samples
    threads: int


@dataclass
class Episode:
    """What was seen while the daemon hung for a while."""

    looks: list[Look] = field(default_factory=list)
    slowest_page: float = 0.0
    fresh_after: float = 0.0
    threads: list[int] = field(default_factory=list)
    attempts: float = 0.0
    stopped_after: float = 0.0

    def last_with_figures(self) -> float:
        """Until when disk counters were shown."""
        return max(look.after for look in self.looks if look.page.by("domain", FIGURE))

    def first_down(self) -> float:
        """Since when `libvirt_up` was 0."""
        return min((look.after for look in self.looks if look.page.value("libvirt_up") == 0), default=math.inf)


@pytest.fixture(scope="module")
def episode(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Episode]:
    """The daemon hangs until several attempts to reach it anew have hung too, then goes on."""
    host = Libvirtd()
    guests = Guests(host.start())
    try:
        guests.crowd(COUNT, disks=1, nics=1)
        directory = tmp_path_factory.mktemp("agents")
        watch = Watch(directory / "stays", host, interval=INTERVAL)
        stopped = Watch(directory / "ends", host, interval=INTERVAL)
        try:
            yield _hang(host, watch, stopped)
        finally:
            watch.agent.stop()
            stopped.agent.stop()
    finally:
        guests.close()
        host.stop()


def _hang(host: Libvirtd, watch: Watch, stopped: Watch) -> Episode:
    seen = Episode()
    watch.wait_fresh(within=30, guests=COUNT)
    seen.threads.append(watch.threads())
    attempts = watch.figure("libvirt_connection_failures_total", role="worker")
    started = time.monotonic()
    host.sigstop()
    try:

        def look() -> Samples:
            page = watch.samples()
            seen.looks.append(Look(time.monotonic() - started, page, watch.threads()))
            return page

        def opening_hung_twice() -> bool:
            return look().value("libvirt_connection_failures_total", role="worker") - attempts >= 2

        eventually(lambda: look().value("libvirt_up") == 0, within=40, every=0.2, what="libvirt_up 0")
        seen.stopped_after = stopped.stop()
        seen.slowest_page = watch.slowest_page()
        eventually(opening_hung_twice, within=60, every=0.5, what="a second attempt that hung")
    finally:
        host.sigcont()
    seen.fresh_after = watch.wait_fresh(within=60, guests=COUNT)
    seen.threads.append(watch.threads())
    return seen


def test_last_page_is_served_with_its_age_until_the_limit(episode: Episode, measured: Measured) -> None:
    """Figures stay, with the time of their reading, until `--stale.after`, and are gone for good then."""
    shown = episode.last_with_figures()
    measured("shown for", f"{shown:.1f} s with a limit of {STALE:g} s")
    assert INTERVAL < shown < STALE + GRACE
    first = episode.looks[0].page
    assert not math.isnan(first.value("libvirt_domain_stats_timestamp_seconds", domain="idle-0"))
    assert all(
        look.page.value("libvirt_exporter_collector_withdrawn", collector="domain_block") == 1
        for look in episode.looks
        if look.after > STALE + GRACE
    )


def test_libvirt_up_is_0_within_two_intervals(episode: Episode, measured: Measured) -> None:
    """A daemon that answers nobody is not up, and stays so whatever is given up meanwhile."""
    down = episode.first_down()
    measured("after", f"{down:.1f} s at an interval of {INTERVAL:g} s")
    assert down < 2 * INTERVAL
    assert {look.page.value("libvirt_up") for look in episode.looks if look.after >= down} == {0.0}


def test_page_answers_while_the_daemon_hangs(episode: Episode, measured: Measured) -> None:
    """A scrape does not wait for libvirt."""
    measured("slowest of 50 scrapes", f"{episode.slowest_page * 1000:.0f} ms")
    assert episode.slowest_page < 1.0


def test_threads_do_not_pile_up(episode: Episode, measured: Measured) -> None:
    """Attempts to open a connection hang too, and are given up in the threads there are."""
    counts = {look.threads for look in episode.looks} | set(episode.threads)
    measured("threads", f"{min(counts)} to {max(counts)}")
    assert max(counts) <= episode.threads[0] + 1  # a timer looks for the socket of an opening connection
    assert episode.threads[0] == episode.threads[1]


def test_fresh_within_ten_seconds_of_the_daemon(episode: Episode, measured: Measured) -> None:
    """Once the daemon goes on, every guest is read anew."""
    measured("fresh after", f"{episode.fresh_after:.1f} s")
    assert episode.fresh_after < 10


def test_agent_stops_while_the_daemon_hangs(episode: Episode, measured: Measured) -> None:
    """Calls that wait for the daemon do not hold up the end."""
    measured("stopped after", f"{episode.stopped_after:.2f} s")


def test_agent_that_starts_beside_a_hung_daemon_answers(
    own_libvirt_host: Libvirtd, own_guests: Guests, watch: StartWatch, measured: Measured
) -> None:
    """It is healthy and not ready, says `libvirt_up 0`, and is fresh within ten seconds of the daemon."""
    own_guests.crowd(COUNT, disks=1, nics=1)
    own_libvirt_host.sigstop()
    try:
        watching = watch(own_libvirt_host, interval=INTERVAL, ready=False)
        assert watching.figure("libvirt_up") == 0
        assert watching.agent.status("/-/ready") == 503
        eventually(
            lambda: watching.figure("libvirt_exporter_calls_in_flight") == 1, within=10, what="an opening that hangs"
        )
    finally:
        own_libvirt_host.sigcont()
    took = watching.wait_fresh(within=30, guests=COUNT)
    measured("fresh after", f"{took:.1f} s")
    assert took < 10
    watching.stop()
