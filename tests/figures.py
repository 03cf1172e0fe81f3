"""The measured figures of a run, folded into docs/reliability.md with `--record`."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[1] / "docs" / "reliability.md"

Measured = Callable[[str, str], None]
"""Notes a figure of a test: what it is, in words, and the number with its unit."""

_ROW = re.compile(r"^\| (?P<promise>.*?) \| \[(?P<test>\w+)\]\((?P<link>[^)]*)\) \| (?P<figure>.*?) \|$")
_found = pytest.StashKey[dict[str, dict[str, str]]]()


def promised(text: str) -> dict[str, str]:
    """The link of each test that the page names."""
    return {row["test"]: row["link"] for line in text.splitlines() if (row := _ROW.match(line))}


def recorded(text: str, measured: dict[str, dict[str, str]]) -> str:
    """The page with the figures of these tests; those of other tests stay."""
    lines = []
    for line in text.splitlines():
        row = _ROW.match(line)
        if row and row["test"] in measured:
            figure = "; ".join(f"{what} {number}" for what, number in measured[row["test"]].items())
            line = f"| {row['promise']} | [{row['test']}]({row['link']}) | {figure} |"
        lines.append(line)
    return "\n".join(lines) + "\n"


@pytest.fixture
def measured(request: pytest.FixtureRequest) -> Measured:
    """Note a figure of this test; `--record` puts it into the page."""
    found = request.config.stash.setdefault(_found, {})

    def note(what: str, number: str) -> None:
        found.setdefault(request.node.originalname, {})[what] = number

    return note


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Put what was measured into the page, if that was asked for."""
    found = session.config.stash.get(_found, {})
    if found and session.config.getoption("--record"):
        PAGE.write_text(recorded(PAGE.read_text(), found))
