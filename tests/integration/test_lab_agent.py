"""The laboratory's grip on the agent: a real process over a real host, seen from outside."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.agent import Agent, run_once
from tests.lab.guests import Guests
from tests.lab.libvirtd import Libvirtd


@pytest.fixture
def agent(tmp_path: Path, libvirt_host: Libvirtd, guests: Guests) -> Iterator[Agent]:
    """An agent that watches the laboratory's host with one paused guest."""
    guests.start_paused(guests.idle("idle"))
    running = Agent(tmp_path, f"--libvirt.uri={libvirt_host.uri}")
    yield running
    running.stop()


def test_agent_shows_the_guest_of_the_laboratory(agent: Agent) -> None:
    """A paused guest of the private host has its state on the page."""
    agent.wait_for_line('libvirt_domain_info_state{domain="idle"} 3')


def test_agent_ends_politely(agent: Agent) -> None:
    """SIGTERM ends the agent with exit code 0 and it has logged something."""
    assert agent.stop() == 0
    assert agent.log_lines()


def test_version_is_printed() -> None:
    """A command that ends by itself gives its code and its output."""
    code, output, _ = run_once("--version")
    assert (code, bool(output.strip())) == (0, True)
