"""Agents at a quick pace."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.libvirtd import Libvirtd
from tests.reliability.watching import Watch

StartWatch = Callable[..., Watch]


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[StartWatch]:
    """Start agents that end with the test: `watch(host, *flags, interval=...)`."""
    started: list[Watch] = []

    def start(host: Libvirtd | str, *flags: str, **options: Any) -> Watch:
        started.append(Watch(tmp_path / f"agent-{len(started)}", host, *flags, **options))
        return started[-1]

    yield start
    for each in started:
        each.agent.stop(within=10)
