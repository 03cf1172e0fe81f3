"""By what an answer shows whether the guest's monitor was entered."""

import pytest

from exporter.guest import DeviceFilters, Guest
from exporter.hypervisor.record import Value
from exporter.hypervisor.whole import is_whole

MEMORY: dict[str, Value] = {"balloon.current": 1024, "balloon.rss": 2048}
DISKS: dict[str, Value] = {"block.count": 1, "block.0.name": "vda", "block.0.rd.reqs": 0}
HELD: dict[str, Value] = {"block.count": 1, "block.0.name": "vda"}


@pytest.fixture
def guest() -> Guest:
    """One that runs."""
    return Guest("uuid", "web-1", DeviceFilters(bool, bool))


def test_the_resident_set_comes_with_the_monitor(guest: Guest) -> None:
    """Whatever devices the guest has."""
    groups = frozenset({"state", "balloon"})
    assert is_whole(guest, groups, MEMORY) is True
    assert is_whole(guest, groups, {"balloon.current": 1024}) is False


def test_disks_show_it_once_they_did_together_with_the_memory(guest: Guest) -> None:
    """A disk that never has counters shows nothing by having none."""
    disks = frozenset({"state", "block"})
    assert is_whole(guest, disks, HELD) is None
    assert is_whole(guest, disks | {"balloon"}, MEMORY | HELD) is True
    assert is_whole(guest, disks, HELD) is None
    assert is_whole(guest, disks | {"balloon"}, MEMORY | DISKS) is True
    assert is_whole(guest, disks, DISKS) is True
    assert is_whole(guest, disks, HELD) is False


def test_a_guest_that_lost_its_last_disk_is_not_held(guest: Guest) -> None:
    """It has no counters because there is nothing to count."""
    is_whole(guest, frozenset({"state", "block", "balloon"}), MEMORY | DISKS)
    assert is_whole(guest, frozenset({"state", "block"}), {"block.count": 0}) is True


def test_other_groups_show_nothing(guest: Guest) -> None:
    """Processor times come without the monitor."""
    assert is_whole(guest, frozenset({"state", "cpu"}), {"cpu.time": 1}) is None
