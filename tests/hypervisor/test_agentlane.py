"""Whom the connection for guest agents asks, when some of them do not answer."""

from collections.abc import Iterator

import pytest

from exporter.guest import DeviceFilters, Devices, Guest
from exporter.hypervisor.agentcalls import AgentReport
from exporter.hypervisor.agentlane import AgentLane
from exporter.hypervisor.calls import CallLog
from exporter.hypervisor.connection import Connection, Target
from exporter.hypervisor.errors import CallFailed
from exporter.hypervisor.pool import WorkerPool
from tests.lab.driver import URI, Driver
from tests.lab.polling import eventually


class _Agents:
    """A lane to guests of the test driver, whose agents are what a test says; the clock stands."""

    def __init__(self, pool: WorkerPool, guests: list[Guest]) -> None:
        self.now = 0.0
        self.guests = guests
        self.lane = AgentLane(pool, 3, lambda: self.now)
        self.silent: set[str] = set()
        self.hung: set[str] = set()
        self.asked: list[str] = []

    def read(self, _connection: Connection, _domain: object, guest: Guest) -> AgentReport:
        self.asked.append(guest.name)
        if guest.name in self.hung:
            raise CallFailed("ask", "no answer before its deadline")
        return AgentReport(up=guest.name not in self.silent, asked_at=self.now)

    def run(self) -> dict[str, bool]:
        """Whether each guest's agent is told to be up, of those that are told of."""
        self.asked.clear()
        return {guest.name: report.up for guest, report, _ in self.lane.ask(self.guests, self.read)}


def _guest(name: str, uuid: str, *, connected: bool = True) -> Guest:
    guest = Guest(uuid, name, DeviceFilters(lambda _: True, lambda _: True))
    guest.devices = Devices((), (), {}, agent=True, agent_connected=connected)
    return guest


@pytest.fixture
def agents() -> Iterator[_Agents]:
    """Ten guests with connected agents, and a limit of three that do not answer."""
    driver = Driver()
    guests = [_guest(name, driver.define(name).UUIDString()) for name in (f"g{number}" for number in range(10))]
    pool = WorkerPool("host", Target(URI, read_only=False), 1, CallLog(), lambda _up: None, role="agent")
    pool.start()
    try:
        eventually(lambda: pool.up, within=10, what="the host")
        yield _Agents(pool, guests)
    finally:
        pool.stop()
        driver.close()


def test_silent_agents_end_a_run_and_are_left_alone_for_a_while(agents: _Agents) -> None:
    """The first three cost the rest of this run; in the next one the others are asked, and the three stay down."""
    agents.silent = {"g0", "g1", "g2"}
    assert agents.run() == {"g0": False, "g1": False, "g2": False}
    assert agents.run() == {f"g{number}": number > 2 for number in range(10)}
    assert agents.asked == [f"g{number}" for number in range(3, 10)]


def test_agents_that_answered_come_before_those_that_did_not(agents: _Agents) -> None:
    """However many are frozen, they are asked last, and those that answer are asked in every run."""
    agents.silent = {f"g{number}" for number in range(9)}
    for _ in range(4):
        agents.run()
    agents.now += 3600
    assert agents.run()["g9"]
    assert agents.asked == ["g9", "g0", "g1", "g2"]


def test_an_agent_that_answers_again_is_asked_in_every_run(agents: _Agents) -> None:
    """Its pauses are over with its answer."""
    agents.silent = {"g0"}
    agents.run()
    agents.silent = set()
    assert not agents.run()["g0"]
    agents.now += 60
    assert agents.run()["g0"]
    assert agents.run()["g0"]
    assert "g0" in agents.asked


def test_no_more_agents_than_the_limit_are_waited_for_that_hang(agents: _Agents) -> None:
    """Each may hold a worker of the daemon, so the others are not asked until one of them answers."""
    agents.hung = {"g0", "g1", "g2"}
    assert agents.run() == {"g0": False, "g1": False, "g2": False}
    assert agents.run() == {"g0": False, "g1": False, "g2": False}
    assert agents.asked == []
    agents.hung = set()
    agents.now += 60
    assert agents.run() == {"g0": True, "g1": True, "g2": True}
    assert len(agents.run()) == 10


def test_an_agent_that_comes_back_on_a_new_channel_is_asked_at_once(agents: _Agents) -> None:
    """A channel that was closed meanwhile ends the pause."""
    agents.silent = {"g0"}
    agents.run()
    first = agents.guests[0]
    agents.guests[0] = _guest("g0", first.uuid, connected=False)
    assert "g0" not in agents.run()
    agents.guests[0] = first
    agents.silent = set()
    assert agents.run()["g0"]
