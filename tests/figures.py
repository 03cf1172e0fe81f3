"""The measured figures of the tests that passed, folded into docs/reliability.md with `--record`."""

import re
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

PAGE = Path("docs", "reliability.md")
"""Where the page stands in the project."""

Measured = Callable[[str, str], None]
"""Notes a figure of a test: what it is, in words, and the number with its unit."""

_ROW = re.compile(r"^\| (?P<promise>.*?) \| `(?P<file>[\w/.]+)::(?P<test>\w+)` \| (?P<figure>.*?) \|$")
_noted = pytest.StashKey[dict[str, str]]()
_found = pytest.StashKey[dict[str, dict[str, str]]]()


def promised(text: str) -> dict[str, str]:
    """The file of each test that the page names."""
    return {row["test"]: row["file"] for line in text.splitlines() if (row := _ROW.match(line))}


def recorded(text: str, measured: dict[str, dict[str, str]]) -> str:
    """The page with the figures of these tests; those of other tests stay."""
    lines = []
    for line in text.splitlines():
        row = _ROW.match(line)
        if row and row["test"] in measured:
            figure = "; ".join(f"{what} {number}" for what, number in measured[row["test"]].items())
            line = f"| {row['promise']} | `{row['file']}::{row['test']}` | {figure} |"
        lines.append(line)
    return "\n".join(lines) + "\n"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the switch."""
    parser.addoption("--record", action="store_true", help=f"put the measured figures into {PAGE}")


@pytest.fixture
def measured(request: pytest.FixtureRequest) -> Measured:
    """Note a figure of this test; `--record` puts it into the page if the test passes."""
    return request.node.stash.setdefault(_noted, {}).__setitem__


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Function) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep what a test noted once all its assertions have held."""
    report = yield
    if report.when == "call" and report.passed and (noted := item.stash.get(_noted, {})):
        item.config.stash.setdefault(_found, {}).setdefault(item.originalname, {}).update(noted)
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Put what was measured into the page, if that was asked for."""
    found = session.config.stash.get(_found, {})
    if found and session.config.getoption("--record"):
        page = session.config.rootpath / PAGE
        page.write_text(recorded(page.read_text(), found))
