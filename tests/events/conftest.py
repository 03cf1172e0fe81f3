"""Hosts whose events tests look at."""

import logging
from collections.abc import Iterator

import pytest

from exporter import logs
from tests.events.host import Watched, watched
from tests.lab.driver import URI, Driver


@pytest.fixture
def driver() -> Iterator[Driver]:
    """The read-write side of the test driver."""
    made = Driver()
    yield made
    made.close()


@pytest.fixture
def host(driver: Driver) -> Iterator[Watched]:
    """The same host, watched."""
    assert driver.connection.isAlive()
    with watched(URI) as found:
        yield found


@pytest.fixture(autouse=True)
def log_as_the_agent_does() -> Iterator[None]:
    """Log to stderr, and leave logging as it was."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    logs.configure("info", "logfmt")
    yield
    root.handlers[:] = before
    root.setLevel(level)
