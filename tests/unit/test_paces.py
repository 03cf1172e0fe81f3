"""How often each guest is asked for what."""

from collections.abc import Iterable

import pytest

from exporter.clock import Clock
from exporter.collection.paces import STATE, Paces
from exporter.collection.plan import Batch, plan
from exporter.collectors.registry import COLLECTORS
from exporter.guest import DeviceFilters, Guest
from exporter.hypervisor.stats import Asked

INTERVALS = {"domain_health": 15.0, "domain_block": 15.0, "domain_cpu": 15.0, "domain_memory": 60.0}
OFTEN = frozenset({"state", "block", "cpu"})
ALL = OFTEN | {"balloon"}


def _batch(**intervals: float) -> Batch:
    return next(batch for batch in plan(COLLECTORS, intervals) if batch.enters_monitor)


def _guests(count: int) -> list[Guest]:
    guests = [Guest(f"uuid-{number}", f"guest-{number}", DeviceFilters(bool, bool)) for number in range(count)]
    for number, guest in enumerate(guests):
        guest.active, guest.identifier, guest.disks_show = True, number, True
    return guests


class Runs:
    """A batch that runs every so many seconds, and guests that answer."""

    def __init__(self, batch: Batch) -> None:
        self.seconds = 1000.0
        self.batch = batch
        self.paces = Paces(Clock(steady=lambda: self.seconds))

    def run(self, guests: Iterable[Guest], *, after: float = 15.0) -> dict[frozenset[str], list[Guest]]:
        """What they are asked for, so many seconds later."""
        self.seconds += after
        wanted = {groups: list(asked) for groups, asked in self.paces.divide(self.batch, guests).items()}
        for groups, asked in wanted.items():
            for guest in asked:
                self.paces.answered(self.batch, guest, Asked(groups, self.seconds, whole=True))
        return wanted


@pytest.fixture
def runs() -> Runs:
    """Disks and processors every 15 s, memory every 60 s."""
    return Runs(_batch(**INTERVALS))


def test_everything_at_first_and_then_a_quarter_each_time(runs: Runs) -> None:
    """No run is dearer than the others, and no guest waits for longer than its interval."""
    guests = _guests(100)
    assert runs.run(guests) == {ALL: guests}
    turns = [runs.run(guests)[ALL] for _ in range(8)]
    assert [len(turn) for turn in turns] == [25] * 8
    assert turns[:4] == turns[4:]
    assert {guest.uuid for turn in turns[:4] for guest in turn} == {guest.uuid for guest in guests}


def test_the_most_is_asked_first(runs: Runs) -> None:
    """Then what is left towards the end is small."""
    guests = _guests(4)
    runs.run(guests)
    assert list(runs.run(guests)) == [ALL, OFTEN]


def test_runs_that_come_early_late_or_not_at_all_change_no_place(runs: Runs) -> None:
    """After a pause everybody is overdue; that does not make them due together for ever."""
    guests = _guests(8)
    runs.run(guests)
    assert runs.run(guests, after=600.0) == {ALL: guests}
    assert [len(runs.run(guests, after=after)[ALL]) for after in (14.0, 16.0, 13.0, 17.0)] == [2] * 4
    assert ALL not in runs.run(guests, after=1.0)


def test_a_guest_that_started_is_asked_for_everything(runs: Runs) -> None:
    """Also when it was not seen to be off: it is another process."""
    (guest,) = guests = _guests(1)
    runs.run(guests)
    runs.run(guests)
    assert runs.run(guests) == {OFTEN: guests}
    guest.identifier = 7
    assert runs.run(guests) == {ALL: guests}


def test_a_guest_that_is_off_is_asked_for_everything_once_a_minute(runs: Runs) -> None:
    """In between for its state alone, and at once when it starts; one that did not answer does not rest."""
    (guest,) = guests = _guests(1)
    runs.run(guests)
    guest.active, guest.identifier = False, -1
    assert [runs.paces.divide(runs.batch, guests) for _ in range(2)] == [{ALL: guests}] * 2
    for _ in range(3):
        assert [runs.run(guests) for _ in range(4)] == [{ALL: guests}, *[{STATE: guests}] * 3]
    runs.run(guests)
    guest.active, guest.identifier = True, 7
    assert runs.run(guests) == {ALL: guests}


def test_what_needs_no_monitor_is_asked_first() -> None:
    """It is answered at once, and leaves the dear to be shared out towards the end."""
    runs = Runs(_batch(**INTERVALS))
    running, off = _guests(2)
    off.active, off.identifier = False, -1
    runs.run([running, off])
    assert list(runs.run([running, off])) == [STATE, OFTEN]


def test_a_guest_whose_monitor_is_held_is_asked_for_everything(runs: Runs) -> None:
    """Until it answers, so that what it does not answer for leaves the page."""
    (guest,) = guests = _guests(1)
    runs.run(guests)
    runs.run(guests)
    runs.paces.answered(runs.batch, guest, Asked(OFTEN, runs.seconds, whole=False))
    assert runs.run(guests) == {ALL: guests}


def test_a_guest_of_which_an_event_told_is_asked_for_everything_once(runs: Runs) -> None:
    """The new size of its balloon is not a minute late."""
    (guest,) = guests = _guests(1)
    runs.run(guests)
    runs.run(guests)
    runs.paces.changed({guest.uuid, "another"})
    assert [runs.run(guests) for _ in range(2)] == [{ALL: guests}, {OFTEN: guests}]


def test_one_that_did_not_answer_is_still_due(runs: Runs) -> None:
    """Its turn does not pass."""
    guests = _guests(1)
    runs.run(guests)
    runs.seconds += 60.0
    assert runs.paces.divide(runs.batch, guests) == {ALL: guests}
    assert runs.run(guests) == {ALL: guests}


def test_a_guest_without_disks_shows_by_its_memory_that_it_answers(runs: Runs) -> None:
    """So it is asked for it each time, as long as anybody wants to know."""
    guests = _guests(1)
    guests[0].disks_show = False
    assert [runs.run(guests) for _ in range(4)] == [{ALL: guests}] * 4
    careless = Runs(_batch(**{name: each for name, each in INTERVALS.items() if name != "domain_health"}))
    assert [ALL in careless.run(guests) for _ in range(5)] == [True, False, False, False, True]


def test_what_is_wanted_of_hidden_guests_is_wanted_as_seldom() -> None:
    """Guests that the filters leave out are asked for sums alone, and not in between."""
    batch = _batch(**INTERVALS, overcommit=60.0).unfiltered
    hidden = Runs(batch)
    guests = _guests(4)
    wanted = frozenset({"state", "balloon", "vcpu"})
    assert hidden.run(guests) == {wanted: guests}
    assert [[len(each) for each in hidden.run(guests).values()] for _ in range(4)] == [[1]] * 4


def test_guests_that_are_gone_are_forgotten(runs: Runs) -> None:
    """One of the same uuid that comes later is new."""
    guests = _guests(1)
    runs.run(guests)
    runs.run(guests)
    runs.paces.keep(set())
    assert runs.run(guests) == {ALL: guests}


def test_paces_that_do_not_fit_run_by_themselves() -> None:
    """Memory every 40 s is in no run of what is read every 15 s."""
    batches = [batch for batch in plan(COLLECTORS, INTERVALS | {"domain_memory": 40.0}) if batch.enters_monitor]
    assert [(batch.interval, batch.slow) for batch in batches] == [(15.0, {}), (40.0, {})]
