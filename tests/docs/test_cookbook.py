"""Each query of the cookbook runs on a real Prometheus that scrapes the demo host."""

import shutil
from collections.abc import Iterator

import pytest

from tests.lab.agent import Agent
from tests.lab.prometheus import Prometheus, static_target

from .markdown import DOCS, blocks

QUERIES = blocks((DOCS / "cookbook.md").read_text(), "promql")

# What asks for trouble that the demo host has not, or for a past that it had no time for.
_MAY_BE_EMPTY = {1, 5, 6, 7, 11, 14, 15, 17, 20, 21, 23}


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus that has scraped the demo host a few times."""
    if shutil.which("prometheus") is None:
        pytest.skip("prometheus is missing: run scripts/setup")
    directory = tmp_path_factory.mktemp("cookbook")
    agent = Agent(directory, "--demo")
    server = Prometheus(directory / "prometheus", [static_target(agent.address)])
    server.wait_for("rate(libvirt_domain_info_cpu_time_seconds_total[5m]) > 0")
    yield server
    server.stop()
    agent.stop()


def test_there_are_twenty_five_questions() -> None:
    """Each with one query."""
    assert len(QUERIES) == 25


@pytest.mark.parametrize("number", range(1, 26))
def test_the_query_is_answered(prometheus: Prometheus, number: int) -> None:
    """Prometheus takes it; a question about figures, not about trouble, has an answer on the demo host."""
    assert prometheus.query(QUERIES[number - 1]) or number in _MAY_BE_EMPTY
