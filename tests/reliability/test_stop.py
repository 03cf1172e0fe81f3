"""The agent stops in time whatever happens around it."""

import array
import fcntl
import os
import socket
import termios
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.figures import Measured
from tests.lab.agent import Agent
from tests.lab.guests import Guests
from tests.lab.libvirtd import Libvirtd
from tests.lab.polling import eventually
from tests.lab.samples import Samples
from tests.reliability.conftest import StartWatch
from tests.reliability.flood import flood
from tests.reliability.watching import STOP_SECONDS

PIPE_BYTES = 4096
CLIENTS = 500
GUESTS = 4


class Pipe:
    """A log that is a pipe with room for some twenty lines, whose reader does not read."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self._end = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        fcntl.fcntl(self._end, fcntl.F_SETPIPE_SZ, PIPE_BYTES)

    @property
    def full(self) -> bool:
        """Whether another line no longer fits."""
        waiting = array.array("i", [0])
        fcntl.ioctl(self._end, termios.FIONREAD, waiting)
        return waiting[0] > PIPE_BYTES - 500

    def close(self) -> None:
        """Go away."""
        os.close(self._end)


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Pipe]:
    """Where the agent of the test logs to."""
    made = Pipe(tmp_path / "agent.log")
    yield made
    made.close()


def test_a_log_that_nobody_reads_holds_up_nothing(pipe: Pipe, tmp_path: Path, measured: Measured) -> None:
    """Collectors run on, scrapes are answered, and a stop takes no longer than ever."""
    agent = Agent(tmp_path, "--demo", "--log.level=debug", "--collector.domain_cpu.interval=1s")

    def runs() -> float:
        page = Samples.parse(agent.page())
        return page.value("libvirt_exporter_collector_runs_total", collector="domain_cpu")

    try:
        eventually(lambda: pipe.full, within=60, what="a full pipe")
        before = runs()
        eventually(lambda: runs() >= before + 3, within=15, what="three more runs")
    finally:
        started = time.monotonic()
        code = agent.stop(within=30)
        took = time.monotonic() - started
    measured("stopped after", f"{took:.1f} s")
    assert code == 0
    assert took < STOP_SECONDS


def test_the_last_line_says_that_the_agent_stopped(tmp_path: Path) -> None:
    """Nothing that was logged is lost at the end."""
    agent = Agent(tmp_path, "--demo")
    assert agent.stop() == 0
    assert "event=stopped" in agent.log_lines()[-1]


def test_agent_stops_in_a_flood_of_events(
    libvirt_host: Libvirtd, guests: Guests, watch: StartWatch, measured: Measured
) -> None:
    """While guests are resumed and suspended without a pause."""
    domains = guests.crowd(GUESTS, prefix="flooded", disks=1, nics=0)
    watching = watch(libvirt_host, interval=2.0)
    watching.wait_fresh(within=30, guests=GUESTS)
    with flood(domains) as happened:
        started = time.monotonic()
        eventually(lambda: len(happened) >= 500, within=60, what="five hundred events")
        rate = len(happened) / (time.monotonic() - started)
        took = watching.stop()
    measured("stopped after", f"{took:.1f} s at {rate:.0f} events/s")


def test_agent_stops_in_a_flood_of_clients(tmp_path: Path, measured: Measured) -> None:
    """While hundreds have begun a request and do not end it, or have asked and do not read."""
    agent = Agent(tmp_path, "--demo")
    host, _, port = agent.address.partition(":")
    with ExitStack() as clients:
        for number in range(CLIENTS):
            client = clients.enter_context(socket.create_connection((host, int(port))))
            client.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n" + (b"\r\n" if number % 10 == 0 else b""))
        agent.page()
        started = time.monotonic()
        code = agent.stop(within=30)
        took = time.monotonic() - started
    measured("stopped after", f"{took:.2f} s with {CLIENTS} clients")
    assert code == 0
    assert took < STOP_SECONDS
