"""systemd hears when the agent is ready and stops, and its watchdog is fed only while the loops turn."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from exporter.notify import Notifier


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """The receiving end, as systemd has it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as plain:
        plain.bind(str(tmp_path / "notify"))
        plain.settimeout(5)
        yield plain


def environment(manager: socket.socket, **more: str) -> dict[str, str]:
    """What systemd sets for a service."""
    return {"NOTIFY_SOCKET": manager.getsockname(), **more}


def test_ready_and_stopping_are_said(manager: socket.socket) -> None:
    """READY=1 comes first, STOPPING=1 last, and nothing between without a watchdog."""
    notifier = Notifier(environment(manager))
    notifier.ready()
    notifier.stopping()
    assert [manager.recv(100), manager.recv(100)] == [b"READY=1", b"STOPPING=1"]


def test_the_watchdog_is_fed_while_every_loop_turns(manager: socket.socket) -> None:
    """WATCHDOG=1 comes again and again."""
    notifier = Notifier(environment(manager, WATCHDOG_USEC="150000", WATCHDOG_PID=str(os.getpid())))
    notifier.ready(lambda _: True, lambda _: True)
    assert [manager.recv(100) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
    notifier.stopping()


def test_one_loop_that_hangs_starves_the_watchdog(manager: socket.socket) -> None:
    """Nothing but READY=1 is said while one of the loops stands still, and STOPPING=1 still is."""
    asked: list[float] = []
    notifier = Notifier(environment(manager, WATCHDOG_USEC="60000"))

    def hangs(seconds: float) -> bool:
        asked.append(seconds)
        if len(asked) == 5:
            notifier.stopping()
        return False

    notifier.ready(lambda _: True, hangs)
    assert [manager.recv(100), manager.recv(100)] == [b"READY=1", b"STOPPING=1"]


def test_a_watchdog_of_another_process_is_left_alone(manager: socket.socket) -> None:
    """WATCHDOG_PID names the process that must feed; any other never asks its loops."""
    notifier = Notifier(environment(manager, WATCHDOG_USEC="30000", WATCHDOG_PID="1"))
    notifier.ready(lambda _: pytest.fail("asked"))
    notifier.stopping()
    assert [manager.recv(100), manager.recv(100)] == [b"READY=1", b"STOPPING=1"]


def test_without_systemd_nothing_is_said() -> None:
    """Outside a service the same calls do nothing."""
    notifier = Notifier({})
    notifier.ready(lambda _: True)
    notifier.stopping()
