"""The curves of the page: what is counted, what is forgotten, and how little they take."""

import sys
from math import isnan

import pytest

from exporter.guest import DeviceFilters, Guest
from exporter.hypervisor.record import Record
from exporter.overview.curve import curve
from exporter.overview.history import SLOT_SECONDS, SLOTS, History, Trend, runs

START = 1_000_000.0


def everything(_: str) -> bool:
    return True


@pytest.fixture
def guest() -> Guest:
    """A running guest."""
    made = Guest("5a9c76ce-9cfb-51c4-8739-60e296090512", "web-1", DeviceFilters(everything, everything))
    made.active = True
    return made


def record(second: int) -> Record:
    """What a guest says that uses half a CPU, reads 1,000 bytes a second and sends 100."""
    return Record(
        {
            "cpu.time": second * 500_000_000,
            "vcpu.current": 2,
            "balloon.current": 2048,
            "balloon.available": 2000,
            "balloon.usable": 500,
            "block.0.rd.bytes": 1000 * second,
            "block.0.wr.bytes": 0,
            "net.0.tx.bytes": 100 * second,
        }
    )


def test_rates_are_the_growth_of_counters(guest: Guest) -> None:
    """Two readings give one figure of each kind, in base units."""
    history = History()
    for second in (0, 15):
        history.observe(guest, record(second), START + second)
    trend = history.of(guest.uuid)
    assert trend is not None
    now = START + 20
    found = {kind: trend.latest(kind, now) for kind in ("cpu", "memory", "disk", "network")}
    assert found == pytest.approx({"cpu": 0.5, "memory": 1500 * 1024, "disk": 1000, "network": 100})
    assert (trend.given, trend.vcpus) == (2048 * 1024, 2)


def test_a_counter_that_begins_anew_gives_no_figure(guest: Guest) -> None:
    """A new process of the guest counts from zero: no negative rate, and none out of thin air."""
    history = History()
    history.observe(guest, record(600), START)
    history.observe(guest, record(15), START + 15)
    trend = history.of(guest.uuid)
    assert trend is not None
    assert trend.latest("cpu", START + 15) is None


def test_a_guest_that_is_off_has_no_figures(guest: Guest) -> None:
    """What libvirt says of a guest that is off is the daemon's own time."""
    guest.active = False
    history = History()
    history.observe(guest, record(0), START)
    assert history.of(guest.uuid) is None


def test_what_is_older_than_fifteen_minutes_is_forgotten() -> None:
    """A slot is used again, and slots without a figure do not show what was in them before."""
    trend = Trend()
    for number in range(SLOTS):
        trend.put("cpu", number, START + number * SLOT_SECONDS)
    trend.put("cpu", 99, START + (SLOTS + 10) * SLOT_SECONDS)
    values = trend.values("cpu", START + (SLOTS + 10) * SLOT_SECONDS)
    assert values[-1] == 99
    assert all(isnan(value) for value in values[-11:-1])
    assert values[:-11] == list(range(11, SLOTS))


def test_old_figures_are_not_the_present_ones() -> None:
    """After two minutes without a figure there is none."""
    trend = Trend()
    trend.put("cpu", 1, START)
    assert trend.latest("cpu", START + 100) == 1
    assert trend.latest("cpu", START + 200) is None


def test_a_guest_takes_less_than_two_kibibytes(guest: Guest) -> None:
    """However long it is watched."""
    history = History()
    for second in range(0, 3600, 15):
        history.observe(guest, record(second), START + second)
    trend = history.of(guest.uuid)
    assert trend is not None
    counters = trend._counters
    parts = [trend, trend._values, counters, *counters.values(), *(each for pair in counters.values() for each in pair)]
    assert sum(map(sys.getsizeof, parts)) < 2048


def test_guests_that_are_gone_are_forgotten(guest: Guest) -> None:
    """Only those listed stay."""
    history = History()
    history.observe(guest, record(0), START)
    history.keep({})
    assert history.of(guest.uuid) is None


def test_curves_join_what_is_near_and_break_where_nothing_was_known() -> None:
    """A gap of a minute is one line, a longer one is two."""
    nan = float("nan")
    assert [len(run) for run in runs([1, nan, nan, nan, 1, nan, nan, nan, nan, nan, nan, 1], 5)] == [2, 1]
    assert str(curve([1.0] * SLOTS, least=2.0)).count("M") == 2
    assert "L" in str(curve([nan] * (SLOTS - 1) + [1.0], least=2.0))
