"""What a guest is taken to be, when polls and events cross and the clock is set."""

import pytest

from exporter.clock import Moment
from exporter.guest import DeviceFilters, Guest

NOON = 1_800_000_000.0
RUNNING, PAUSED = 1, 3


@pytest.fixture
def guest() -> Guest:
    """A guest that was seen to run a hundred steady seconds after some beginning."""
    made = Guest("uuid", "web-1", DeviceFilters(lambda _: True, lambda _: True))
    made.observe(RUNNING, 1, Moment(NOON, 100.0))
    return made


def test_the_first_state_is_no_change(guest: Guest) -> None:
    """Nobody knows since when the guest is what it was first seen to be."""
    assert guest.state_changed_at is None


def test_a_poll_from_before_an_event_changes_nothing(guest: Guest) -> None:
    """The newer of two observations counts, whichever comes in last."""
    assert guest.observe(PAUSED, 1, Moment(NOON + 5, 105.0))
    assert not guest.observe(RUNNING, 1, Moment(NOON + 4, 104.0))
    assert (guest.state, guest.state_changed_at) == (PAUSED, NOON + 5)


def test_a_change_counts_after_the_clock_was_set_back(guest: Guest) -> None:
    """What is observed later is newer, and stands on the page with the time that the clock then shows."""
    assert guest.observe(PAUSED, 1, Moment(NOON - 3600, 115.0))
    assert (guest.state, guest.state_changed_at) == (PAUSED, NOON - 3600)


@pytest.mark.parametrize("back", [0.0, 3600.0])
def test_a_change_that_a_poll_saw_first_has_the_time_of_its_event(guest: Guest, back: float) -> None:
    """The event is the moment of the change, even if the clock was set back between the two."""
    event = Moment(NOON + 10, 110.0)
    guest.observe(PAUSED, 1, Moment(NOON + 11 - back, 111.0))
    guest.changed_with(event, observed=False)
    assert guest.state_changed_at == event.wall


def test_an_event_that_changed_nothing_leaves_the_time_alone(guest: Guest) -> None:
    """An event after the last change that was no change itself is not its moment."""
    guest.observe(PAUSED, 1, Moment(NOON + 10, 110.0))
    guest.changed_with(Moment(NOON + 20, 120.0), observed=False)
    assert guest.state_changed_at == NOON + 10
