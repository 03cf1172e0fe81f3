"""What the page says of a host that is down: what was known last, with its age, and no more."""

import pytest

from exporter.clock import Moment
from exporter.configuration.durations import StaleAfter
from exporter.figures import CollectorFigures
from exporter.guest import DeviceFilters, Guest
from exporter.outcome import Outcome
from exporter.overview.choice import Choice
from exporter.overview.hosts import HostRow, host_table
from exporter.overview.lists import collector_table
from exporter.overview.standing import Standing

NOW = 100_000.0


def standing(*, up: bool, heard_at: float | None = NOW - 720) -> Standing:
    """A host whose guests' states are read every 15 s and too old after 45."""
    return Standing(up, "connection lost", heard_at, StaleAfter(intervals=3), 15.0)


def collector(age: float | None, failures: int = 0) -> CollectorFigures:
    """A collector that ran every 15 s until so many seconds ago."""
    figures = CollectorFigures(15.0)
    if age is not None:
        figures.runs = 1
        figures.newest["batch"] = Outcome(failures=failures)
        figures.last_success = NOW - age
    return figures


@pytest.mark.parametrize(
    ("figures", "health"),
    [
        (collector(None), "waiting"),
        (collector(10), "fine"),
        (collector(44), "fine"),
        (collector(46), "late"),
        (collector(10, failures=1), "failed"),
    ],
)
def test_a_collector_beyond_its_age_is_late(figures: CollectorFigures, health: str) -> None:
    """Nothing is fine that has not run for as long as its figures may be shown."""
    assert standing(up=True).health(figures, NOW) == health


@pytest.mark.parametrize(("up", "age", "remembered"), [(True, 40, False), (True, 50, True), (False, 1, True)])
def test_a_state_is_remembered_when_nobody_can_ask(up: bool, age: float, remembered: bool) -> None:
    """Of a host that is down, and beyond its age, a guest's state is what was known last."""
    guest = Guest("u", "g", DeviceFilters(lambda _: True, lambda _: True))
    guest.observe(1, 1, Moment(NOW - age, 0.0))
    assert standing(up=up).remembered(guest, NOW) is remembered


def test_collectors_of_a_host_that_is_down_show_no_health() -> None:
    """Their words stay and lose the colour of health."""
    collectors = {"node": collector(10), "numa": collector(60)}
    assert 'class="pill fine">' in collector_table(collectors, standing(up=True), NOW)
    down = collector_table(collectors, standing(up=False), NOW)
    assert 'class="pill fine remembered">' in down
    assert 'class="pill late remembered">' in down
    assert down.index(">numa<") < down.index(">node<")


def host(name: str, *, up: bool = True, cpu: float | None = 0.5) -> HostRow:
    """A row of the list of hosts."""
    return HostRow(name, standing(up=up), 3, 2, cpu, 512.0, 1024.0)


@pytest.mark.parametrize(
    ("choice", "order"),
    [
        (Choice(sort="state", usual="state"), ["b", "a", "c"]),
        (Choice(sort="-name"), ["c", "b", "a"]),
        (Choice(sort="-cpu"), ["c", "b", "a"]),
        (Choice(sort="cpu"), ["b", "c", "a"]),
        (Choice(state="up"), ["a", "c"]),
        (Choice(search="C"), ["c"]),
        (Choice(search="nobody"), []),
    ],
)
def test_hosts_are_filtered_and_sorted(choice: Choice, order: list[str]) -> None:
    """What is down comes first unless somebody asks otherwise; who has no figure is last either way."""
    page = host_table([host("a", cpu=None), host("c", cpu=0.9), host("b", up=False)], choice, NOW)
    assert (
        sorted((name for name in "abc" if f"<bdi>{name}<" in page), key=lambda name: page.index(f"<bdi>{name}<"))
        == order
    )
    assert ("No host is like that." in page) is (not order)


def test_a_host_that_is_down_says_why_and_since_when() -> None:
    """The list has libvirt's reason and the age of the last answer."""
    page = host_table([host("b", up=False)], Choice(), NOW)
    assert "connection lost. Its last answer came 12 min ago." in page
