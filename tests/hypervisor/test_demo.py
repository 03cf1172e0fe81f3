"""The demo host, through the real command and its parts."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families as parse

from exporter.demo.connection import DemoConnection
from exporter.demo.figures import DemoFigures, swing, swung
from exporter.demo.guests import GUESTS
from exporter.hypervisor.demo import DemoHost
from exporter.hypervisor.eventloop import LOOP


@pytest.fixture(scope="module")
def printed() -> subprocess.CompletedProcess[str]:
    """What the command prints of the demo host."""
    command = [sys.executable, "-m", "exporter", "--once", "--demo"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def _samples(text: str, name: str) -> dict[tuple[str, ...], float]:
    return {
        tuple(sample.labels.values()): sample.value
        for family in parse(text)
        for sample in family.samples
        if sample.name == name
    }


def test_the_demo_says_that_it_is_one(printed: subprocess.CompletedProcess[str]) -> None:
    """In the log, and in the help of every family about its host."""
    assert printed.returncode == 0
    assert "demo host: guests are simulated and their figures invented" in printed.stderr
    helps = [line for line in printed.stdout.splitlines() if line.startswith("# HELP libvirt_domain")]
    assert len(helps) > 50
    assert all("Demo host: not real." in line for line in helps)


def test_the_demo_has_a_dozen_guests_in_many_states(printed: subprocess.CompletedProcess[str]) -> None:
    """As on a host of a small company."""
    reasons = _samples(printed.stdout, "libvirt_domain_state_reason_info")
    assert len(reasons) == len(GUESTS) >= 12
    kinds = {labels[1:] for labels in reasons}
    assert {("booted", "running"), ("user", "paused"), ("crashed", "shutoff"), ("saved", "shutoff")} <= kinds


def test_each_guest_has_figures_of_its_own(printed: subprocess.CompletedProcess[str]) -> None:
    """The test driver's would be the same for all of them."""
    for name in ("libvirt_domain_info_cpu_time_seconds_total", "libvirt_domain_block_stats_write_bytes_total"):
        values = list(_samples(printed.stdout, name).values())
        assert len(values) > 5
        assert len(set(values)) == len(values)


def test_the_demo_needs_no_network_and_no_daemon() -> None:
    """It opens libvirt's test driver and nothing else, so a made-up environment does not matter."""
    environment = os.environ | {"LIBVIRT_DEFAULT_URI": "qemu+tcp://192.0.2.1/system"}
    command = [sys.executable, "-m", "exporter", "--check", "--demo"]
    checked = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)
    assert checked.returncode == 0
    assert "reachable: yes, test:///default" in checked.stdout


class _Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


_RUNNING = {"state.state": 1, "cpu.time": 0, "balloon.current": 262_144, "block.0.name": "vda", "net.0.name": "tap"}
_COUNTERS = ("cpu.time", "vcpu.0.time", "block.0.rd.reqs", "block.0.wr.bytes", "block.0.fl.times", "net.0.rx.bytes")


def test_what_is_counted_never_goes_back() -> None:
    """At any interval between two readings."""
    clock = _Clock()
    figures = DemoFigures(clock)
    for guest in GUESTS:
        before: dict[str, float] = {}
        for step in range(400):
            clock.now += 0.1 + step % 7 * 9
            varied = figures.vary(guest.uuid, 1, dict(_RUNNING))
            now = {key: float(varied[key]) for key in _COUNTERS if key in varied}
            assert all(now[key] >= value for key, value in before.items())
            before = now


def test_a_paused_guest_counts_nothing() -> None:
    """Its counters stand still until it runs on."""
    clock = _Clock()
    figures = DemoFigures(clock)
    uuid = GUESTS[0].uuid
    figures.vary(uuid, 1, dict(_RUNNING))
    clock.now = 10
    first = figures.vary(uuid, 1, _RUNNING | {"state.state": 3})
    clock.now = 500
    second = figures.vary(uuid, 1, _RUNNING | {"state.state": 3})
    assert [first[key] for key in _COUNTERS] == [second[key] for key in _COUNTERS]


def test_a_guest_that_was_started_again_counts_from_zero() -> None:
    """As a new QEMU does."""
    clock = _Clock()
    figures = DemoFigures(clock)
    uuid = GUESTS[0].uuid
    assert float(figures.vary(uuid, 1, dict(_RUNNING))["cpu.time"]) > 0
    clock.now = 100
    assert figures.vary(uuid, 2, dict(_RUNNING))["cpu.time"] == 0


def test_what_is_not_of_the_demo_stays_as_it_is() -> None:
    """Guests of other hosts, and guests that are off."""
    figures = DemoFigures(_Clock())
    assert figures.vary("somebody", 1, dict(_RUNNING)) == _RUNNING
    assert figures.vary(GUESTS[0].uuid, -1, {"state.state": 5}) == {"state.state": 5}


def test_the_swing_stays_above_zero_and_adds_up() -> None:
    """What is counted is the sum of what swings."""
    total = 0.0
    for second in range(2000):
        assert swing(second + 0.5, "guest") >= 0.099
        total += swing(second + 0.5, "guest")
    assert total == pytest.approx(swung(2000, "guest"), rel=0.01)


@pytest.fixture
def host() -> Iterator[DemoHost]:
    """A demo host in this process."""
    LOOP.start()
    made = DemoHost(seed=7)
    made.start()
    yield made
    made.stop()


def test_guests_start_pause_and_stop(host: DemoHost) -> None:
    """Only the lively ones, and every kind of change comes up."""
    happened = [host.step() for _ in range(300)]
    lively = {guest.name for guest in GUESTS if guest.lively}
    assert {line.partition(" ")[0] for line in happened} == lively
    kinds = {line.partition(" ")[2] for line in happened}
    assert {"started", "paused", "resumed", "shut down", "crashed"} <= kinds


def test_check_names_the_calls_that_are_not_supported() -> None:
    """By libvirt's own names, so that they can be looked up."""
    command = [sys.executable, "-m", "exporter", "--check", "--demo"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    line = next(line for line in done.stdout.splitlines() if line.startswith("calls not supported: "))
    names = line.removeprefix("calls not supported: ").split(", ")
    assert "getMemoryParameters" in names
    assert all(name.isidentifier() for name in names)


def test_the_demo_host_works_and_moves() -> None:
    """Its CPU counters only grow, by no more than its processors can, and its memory adds up."""
    now = [0.0]
    connection = DemoConnection(_Information(), clock=lambda: now[0])
    before = connection.getCPUStats(-1)
    now[0] = 600.0
    after = connection.getCPUStats(-1)
    grown = [after[mode] - before[mode] for mode in before]
    assert min(grown) > 0
    assert sum(grown) == pytest.approx(3 * 600e9, rel=0.01)
    memory = connection.getMemoryStats(-1)
    assert 0 < memory["free"] + memory["cached"] + memory["buffers"] < memory["total"] == 3 * 1024 * 1024


class _Information:
    """As much of the test driver as tells its size."""

    def getInfo(self) -> list[object]:  # noqa: N802 libvirt's name
        return ["i686", 3072]
