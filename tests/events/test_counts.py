"""Counting, telling and keeping events."""

from dataclasses import replace

import pytest

from exporter.boundedqueue import BoundedQueue
from exporter.clock import Moment
from exporter.collection.changes import Missed, Stale, compare
from exporter.events.counts import EventCounts
from exporter.events.event import Event, Value
from exporter.events.ring import Ring
from exporter.hypervisor.enums import STATES
from exporter.hypervisor.events import Standing

NOON = 1_800_000_000.0
_STATES = {"suspended": "paused", "started": "running", "resumed": "running", "stopped": "shutoff"}


def event(kind: str, detail: str = "", *, at: float = 0.0, identifier: str = "", **fields: Value) -> Event:
    """Something that happened to web-1."""
    return Event("domain", identifier or "lifecycle", kind, Moment(NOON + at, at), "web-1", "u", detail, fields)


def counted(*events: Event) -> EventCounts:
    """The counts after these."""
    counts = EventCounts()
    for each in events:
        counts.count(each, shown=True)
    return counts


def test_one_crash_told_twice_is_one() -> None:
    """A panic sends crashed and stopped within a second."""
    tallies = (
        counted(event("crashed", "panicked", at=10.0), event("stopped", "crashed", at=10.4)).guests["web-1"].tallies
    )
    assert (tallies["crashes"][()], tallies["panics"][()], tallies["stops"][()]) == (1, 1, 1)


def test_two_crashes_are_two() -> None:
    """Crashes further apart are counted each."""
    counts = counted(event("stopped", "failed", at=10.0), event("stopped", "failed", at=12.0))
    assert counts.guests["web-1"].tallies["crashes"][()] == 2


def test_crashes_are_told_apart_when_the_clock_was_set_back() -> None:
    """What comes later is later, whatever the clock on the wall says."""
    counts = EventCounts()
    for wall, steady in ((NOON, 10.0), (NOON - 3600, 40.0), (NOON - 3500, 140.0)):
        counts.count(replace(event("stopped", "failed"), at=Moment(wall, steady)), shown=True)
    assert counts.guests["web-1"].tallies["crashes"][()] == 3


def test_a_reset_told_twice_is_one_reboot() -> None:
    """Some releases tell a reset twice at once."""
    counts = counted(
        event("reboot", identifier="reboot", at=5.0),
        event("reboot", identifier="reboot", at=5.0),
    )
    assert counts.guests["web-1"].tallies["reboots"][()] == 1
    assert counts.totals["domain", "reboot"] == 2


def test_a_polite_stop_is_no_crash() -> None:
    """Shutdowns and migrations away do not count as crashes."""
    assert not counted(event("stopped", "shutdown"), event("stopped", "migrated")).guests["web-1"].tallies["crashes"]


def test_what_is_filtered_out_counts_for_the_host_alone() -> None:
    """Totals are of the host; the guest has no series."""
    counts = EventCounts()
    counts.count(event("started", "booted"), shown=False)
    assert counts.totals["domain", "started"] == 1
    assert not counts.guests


def test_counts_of_the_gone_are_kept_and_then_forgotten() -> None:
    """Retention begins when the guest is first missed, and ends when it comes back."""
    counts = counted(event("started"))
    assert counts.keep([], 100.0, 60.0) == set()
    assert counts.keep(["web-1"], 130.0, 60.0) == set()
    assert counts.keep([], 200.0, 60.0) == set()
    assert counts.keep([], 260.0, 60.0) == {"web-1"}


@pytest.mark.parametrize(("kind", "last"), [("network", "stopped"), ("storage_pool", "undefined")])
def test_what_comes_and_goes_is_forgotten(kind: str, last: str) -> None:
    """A transient network or pool is never undefined; either way nothing of it is left after the retention."""
    counts = EventCounts()
    for identifier, each in (("lifecycle", "started"), ("refresh", "refresh"), ("lifecycle", last)):
        counts.count(Event(kind, identifier, each, Moment(NOON, 10.0), "brief"), shown=True)
    counts.keep([], 69.0, 60.0)
    assert counts.networks or counts.pools
    counts.keep([], 70.0, 60.0)
    left = (counts.networks, counts.pools, counts.pool_refreshes, counts.pool_refreshed_at)
    assert [dict(each) for each in left] == [{}, {}, {}, {}]


def test_what_is_listed_goes_on_counting() -> None:
    """However long ago anything happened to a pool, its counts stay while it is there, and its retention after."""
    counts = EventCounts()
    for at in (0.0, 1000.0):
        counts.count(Event("storage_pool", "lifecycle", "started", Moment(NOON, at), "images"), shown=True)
        counts.note_listed("storage_pool", {"images"})
        counts.keep([], at + 900.0, 60.0)
    assert counts.pools == {("images", "started"): 2}
    counts.note_listed("storage_pool", ())
    counts.keep([], 1901.0, 60.0)
    assert not counts.pools


def test_personal_fields_are_told_only_when_asked_for() -> None:
    """Addresses stay out."""
    at = Moment(NOON, 0.0)
    seen = Event("domain", "graphics", "graphics", at, "web-1", personal={"remote_address": "192.0.2.1"})
    assert "remote_address" not in seen.told(personal=False)
    assert seen.told(personal=True)["remote_address"] == "192.0.2.1"


def test_a_full_queue_drops_the_oldest() -> None:
    """Nobody waits, and the loss is counted."""
    queue: BoundedQueue[int] = BoundedQueue(2)
    for number in range(5):
        queue.put(number)
    assert (queue.take(0), queue.dropped) == ([3, 4], 3)


def test_the_ring_keeps_the_newest() -> None:
    """Numbers go on, what is too old is gone."""
    ring = Ring(3)
    for number in range(1, 6):
        ring.add("host", float(number), {})
    assert [entry.number for entry in ring.after(0)] == [3, 4, 5]
    assert [entry.number for entry in ring.after(4)] == [5]
    assert ring.after(5) == []


def test_those_who_listen_are_told_until_they_end_it() -> None:
    """A listener hears of each event."""
    ring = Ring()
    heard: list[int] = []
    end = ring.listen(lambda: heard.append(1))
    ring.add("host", 0.0, {})
    end()
    ring.add("host", 0.0, {})
    assert heard == [1]


def test_waking_up_is_no_start() -> None:
    """The process of a guest that wakes up is as old as before."""
    stale = Stale()
    stale.add(event("started", "wakeup", at=7.0))
    assert (stale.started, list(stale.states)) == ({}, ["u"])


def test_what_was_not_refreshed_is_stale_still() -> None:
    """Of each guest the newest counts: one that stopped since did not start last."""
    earlier, stale = Stale(), Stale()
    earlier.add(event("started", "booted", at=7.0))
    earlier.add(Event("network", "lifecycle", "started", Moment(NOON, 7.0), "default"))
    earlier.everything = True
    stale.add(event("stopped", "shutdown", at=9.0))
    stale.take_back(earlier)
    assert (stale.states["u"].at.steady, stale.started) == (9.0, {"u": None})
    assert (stale.objects, stale.listing, stale.everything) == ({"network"}, True, True)


def test_a_guest_that_started_since_is_as_it_is_defined() -> None:
    """Whether that was refreshed in between or not."""
    earlier, stale = Stale(), Stale()
    earlier.add(event("defined", "updated"))
    assert earlier.redefined == {"u"}
    stale.add(event("started", "booted"))
    stale.take_back(earlier)
    assert not stale.redefined
    stale.add(event("defined", "updated"))
    stale.add(event("stopped", "destroyed"))
    assert not stale.redefined


def test_of_a_process_that_ended_unheard_nothing_is_kept() -> None:
    """Neither when it started, nor that it was defined anew since."""
    stale = Stale()
    stale.add(event("started", "booted"))
    stale.add(event("defined", "updated"))
    stale.forget_process("u")
    assert (stale.started, stale.redefined, list(stale.states)) == ({}, set(), ["u"])


def test_comparing_finds_restarts_that_nobody_saw() -> None:
    """The same state under another id was another process; what did not change is left out."""
    was = {"a": Standing("a", 1, 1, 1), "b": Standing("b", 2, 1, 1), "c": Standing("c", -1, 5, 1)}
    now = {"a": Standing("a", 9, 1, 1), "b": Standing("b", 2, 1, 1), "d": Standing("d", 3, 1, 1)}
    missed = list(compare(was, {}, now))
    assert missed == [Missed("a", was["a"], now["a"]), Missed("c", was["c"], None), Missed("d", None, now["d"])]
    assert all(each.restarted for each in missed)


@pytest.mark.parametrize(
    ("heard", "now"),
    [
        ("suspended", Standing("web-1", 4, 3, 1)),
        ("stopped", Standing("web-1", -1, 5, 1)),
        ("stopped", None),  # it had no definition
        ("defined", Standing("web-1", -1, 5, 0)),
        ("undefined", None),
    ],
)
def test_what_was_heard_was_not_missed(heard: str, now: Standing | None) -> None:
    """Although nobody asked the guest between its event and the end of the connection."""
    was = {"u": Standing("web-1", 4, 1, 1)}
    for before in (was, {}):
        assert not list(compare(before, {"u": event(heard)}, {} if now is None else {"u": now}))


@pytest.mark.parametrize(
    ("heard", "now", "restarted"),
    [
        ("suspended", Standing("web-1", -1, 5, 1), True),
        ("suspended", Standing("web-1", 4, 1, 1), False),
        ("started", Standing("web-1", 5, 3, 1), False),
        ("stopped", Standing("web-1", 5, 1, 1), True),
        ("resumed", None, True),
    ],
)
def test_a_guest_was_what_was_heard_last(heard: str, now: Standing | None, restarted: bool) -> None:
    """Not what it was when it was asked, before that."""
    was = {"u": Standing("web-1", 4, 7, 1)}
    for before in (was, {}):
        (missed,) = compare(before, {"u": event(heard)}, {} if now is None else {"u": now})
        assert missed.was is not None
        assert (STATES[missed.was.state], missed.now, missed.restarted) == (_STATES[heard], now, restarted)
