"""Guests whose QEMU is stopped, one and ten of many, and everybody else."""

import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from tests.figures import Measured
from tests.lab.guests import Guests
from tests.lab.libvirtd import Libvirtd
from tests.lab.polling import eventually
from tests.lab.samples import Samples
from tests.reliability.daemon import other_client, stuck_workers
from tests.reliability.watching import MONITOR_FREE, Watch

COUNT, CAP, INTERVAL = 100, 8, 3.0
NAMES = [f"idle-{number}" for number in range(COUNT)]
ONE = "idle-17"
TEN = NAMES[3:33:3]
GRACE = 4.0
"""Seconds of room for a busy machine."""


@dataclass
class Episode:
    """What was seen while guests hung."""

    named_after: float = 0.0
    whole_after: float = 0.0
    oldest_other: float = 0.0
    slowest_page: float = 0.0
    fewest_stuck: int = 99
    other_client: float = 0.0
    pages: list[Samples] = field(default_factory=list)
    before: Samples = field(default_factory=lambda: Samples(()))
    after: Samples = field(default_factory=lambda: Samples(()))
    threads: tuple[int, int] = (0, 0)
    log: list[str] = field(default_factory=list)

    @property
    def late(self) -> Samples:
        """The last page before the guests moved again."""
        return self.pages[-1]


@pytest.fixture(scope="module")
def crowd(module_guests: Guests) -> None:
    """Many paused guests."""
    module_guests.crowd(COUNT, disks=1, nics=1, vcpus=1)


@pytest.fixture(scope="module")
def watching(libvirt_host: Libvirtd, crowd: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:  # noqa: ARG001
    """One agent for all episodes."""
    watch = Watch(tmp_path_factory.mktemp("agent"), libvirt_host, interval=INTERVAL)
    yield watch
    watch.agent.stop()


def _episode(host: Libvirtd, watch: Watch, names: list[str], set_aside: int) -> Episode:
    """Stop guests, look around for some cycles, let them go on."""
    seen = Episode()
    watch.wait_fresh(within=30, guests=COUNT)
    seen.before, threads = watch.samples(), watch.threads()
    others = set(NAMES) - set(names)

    def look() -> Samples:
        page = watch.samples()
        asked = page.by("domain", "libvirt_domain_stats_timestamp_seconds")
        seen.pages.append(page)
        if set_aside < CAP:
            seen.oldest_other = max(seen.oldest_other, time.time() - min(asked[name] for name in others))
        return page

    for name in names:
        host.signal_guest(name, signal.SIGSTOP)
    started = time.monotonic()
    try:
        eventually(
            lambda: look().value("libvirt_exporter_domains_set_aside") == set_aside,
            within=60, every=0.2, what=f"{set_aside} guests set aside",
        )  # fmt: skip
        seen.named_after = time.monotonic() - started
        until = time.monotonic() + 4 * INTERVAL  # by then what went stale is withdrawn
        eventually(lambda: look() and time.monotonic() > until, within=60, every=0.3)
        until = time.monotonic() + 2 * INTERVAL  # a moment between cycles is in it, on a busy machine too
        while time.monotonic() < until:
            seen.fewest_stuck = min(seen.fewest_stuck, stuck_workers(host))
        seen.other_client = other_client(host, sorted(others)[0])
        seen.slowest_page = watch.slowest_page()
    finally:
        for name in names:
            host.signal_guest(name, signal.SIGCONT)
    moved = time.monotonic()
    watch.wait_fresh(within=60, guests=COUNT)

    def whole() -> bool:
        seen.after = watch.samples()
        return all(seen.after.names(domain=name) >= seen.before.names(domain=name) for name in names)

    eventually(whole, within=60, every=0.2, what="all that there was of the guests")
    seen.whole_after, seen.threads = time.monotonic() - moved, (threads, watch.threads())
    seen.log = watch.agent.log_lines()
    return seen


@pytest.fixture(scope="module")
def one(libvirt_host: Libvirtd, watching: Watch) -> Episode:
    """One guest hangs."""
    return _episode(libvirt_host, watching, [ONE], 1)


@pytest.fixture(scope="module")
def ten(libvirt_host: Libvirtd, watching: Watch, one: Episode) -> Episode:  # noqa: ARG001 one after the other
    """Ten guests hang at once, more than the cap."""
    return _episode(libvirt_host, watching, TEN, CAP)


def test_others_lose_at_most_one_cycle(one: Episode, measured: Measured) -> None:
    """No other guest's figures get older than two intervals, and only those of the same shard older than one."""
    measured("oldest", f"{one.oldest_other:.1f} s at an interval of {INTERVAL:g} s")
    assert one.oldest_other < 2 * INTERVAL + GRACE


def test_hung_guest_is_named(one: Episode, measured: Measured) -> None:
    """`libvirt_domain_timed_out` is 1 for the guest that hangs and 0 for every other."""
    measured("named after", f"{one.named_after:.1f} s")
    timed_out = one.late.by("domain", "libvirt_domain_timed_out")
    assert {name for name, value in timed_out.items() if value} == {ONE}
    assert timed_out.keys() == set(NAMES)


def test_hung_guest_keeps_what_needs_no_monitor(one: Episode) -> None:
    """State, processor and vCPU time, interface counters and facts of the description stay."""
    kept = one.late.names(domain=ONE)
    assert kept >= MONITOR_FREE
    assert one.late.value("libvirt_domain_info_state", domain=ONE) == 3


def test_hung_guest_loses_what_its_monitor_says(one: Episode) -> None:
    """Disk counters and memory figures that only QEMU knows are withdrawn, not repeated."""
    read = "libvirt_domain_block_stats_read_bytes_total"
    assert ONE in one.before.by("domain", read)
    assert ONE not in one.late.by("domain", read)
    assert one.late.value("libvirt_domain_stats_partial", domain=ONE) == 1


def test_hung_guest_costs_one_call(one: Episode) -> None:
    """One call is abandoned for it, and never another."""
    abandoned = "libvirt_connection_closes_total"
    before = one.before.value(abandoned, role="worker", reason="abandoned")
    assert one.after.value(abandoned, role="worker", reason="abandoned") - before == 1


def test_hung_guest_holds_one_worker_of_the_daemon(one: Episode, measured: Measured) -> None:
    """Between cycles one of the daemon's workers is busy."""
    measured("workers held", f"{one.fewest_stuck}")
    assert one.fewest_stuck == 1


def test_hung_guest_is_looked_at_through_control_info(one: Episode) -> None:
    """While it is set aside, each cycle asks controlInfo(); that nothing enters its monitor shows in the one call it
    costs."""
    calls = "libvirt_exporter_call_duration_seconds_count"
    aside = [page for page in one.pages if page.value("libvirt_exporter_domains_set_aside") == 1]
    assert aside[-1].value(calls, call="controlInfo") - aside[0].value(calls, call="controlInfo") >= 2


def test_hung_guest_is_whole_again_within_two_intervals(one: Episode, measured: Measured) -> None:
    """After SIGCONT everything about it is back."""
    measured("whole after", f"{one.whole_after:.1f} s at an interval of {INTERVAL:g} s")
    assert one.whole_after < 2 * INTERVAL + GRACE


def test_page_answers_while_a_guest_hangs(one: Episode, measured: Measured) -> None:
    """A scrape does not wait for libvirt."""
    measured("slowest of 50 scrapes", f"{one.slowest_page * 1000:.0f} ms")
    assert one.slowest_page < 1.0


def test_threads_stay_the_same(one: Episode, ten: Episode) -> None:
    """Calls that hang leave no thread behind."""
    assert one.threads[0] == one.threads[1] == ten.threads[1]


def test_hung_guests_beyond_the_cap_are_left_alone(ten: Episode, measured: Measured) -> None:
    """Ten hang, eight are set aside, and of the daemon's workers no more are held."""
    measured("workers held", f"{ten.fewest_stuck} of 20")
    assert ten.late.value("libvirt_exporter_domains_set_aside") == CAP
    assert ten.fewest_stuck == CAP


def test_at_the_cap_no_monitor_is_entered(ten: Episode) -> None:
    """Every guest keeps what needs no monitor, and nobody's disks are read any more."""
    assert ten.late.value("libvirt_exporter_domains_set_aside_limit") == CAP
    for name in NAMES:
        assert ten.late.names(domain=name) >= MONITOR_FREE
    assert not ten.late.by("domain", "libvirt_domain_block_stats_read_bytes_total")


def test_the_cap_is_logged_once(ten: Episode) -> None:
    """One line says that no monitor is entered any more, one that they are again."""
    assert len([line for line in ten.log if "limit of guests set aside reached" in line]) == 1
    assert len([line for line in ten.log if "below the limit of guests set aside" in line]) == 1


def test_other_clients_go_on_at_the_cap(ten: Episode, measured: Measured) -> None:
    """Another client gets memory statistics, which need an ordinary worker and a monitor."""
    measured("another client waits", f"{ten.other_client * 1000:.0f} ms")
    assert ten.other_client < 5


def test_ten_hung_guests_are_whole_again(ten: Episode, measured: Measured) -> None:
    """After SIGCONT all are fresh within two intervals."""
    measured("whole after", f"{ten.whole_after:.1f} s at an interval of {INTERVAL:g} s")
    assert ten.whole_after < 2 * INTERVAL + GRACE


def test_agent_stops_while_guests_hang(
    libvirt_host: Libvirtd, watching: Watch, ten: Episode, measured: Measured  # noqa: ARG001 one after the other
) -> None:  # fmt: skip
    """A call that hangs does not hold up the end, and leaves one worker busy."""
    libvirt_host.signal_guest(ONE, signal.SIGSTOP)
    try:
        set_aside = "libvirt_exporter_domains_set_aside"
        eventually(lambda: watching.figure(set_aside) == 1, within=30, what="the guest set aside")
        measured("stopped after", f"{watching.stop():.2f} s")
        eventually(lambda: stuck_workers(libvirt_host) == 1, within=10, what="one busy worker of the daemon")
    finally:
        libvirt_host.signal_guest(ONE, signal.SIGCONT)
