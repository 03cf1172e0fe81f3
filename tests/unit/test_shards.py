"""How guests are cut into shards."""

import pytest

from exporter.guest import DeviceFilters, Guest
from exporter.hypervisor.setaside import SetAside
from exporter.hypervisor.shards import Shard, cut

EVERYTHING = DeviceFilters(lambda _: True, lambda _: True)
BLOCK = frozenset({"state", "block"})


def _running(count: int) -> list[Guest]:
    guests = [Guest(f"uuid-{number}", f"guest-{number}", EVERYTHING) for number in range(count)]
    for guest in guests:
        guest.active = True
    return guests


def _sizes(shards: list[Shard]) -> list[int]:
    return [len(shard.guests) for shard in shards]


@pytest.mark.parametrize("count", [0, 1, 3, 16, 100, 1000])
@pytest.mark.parametrize("lanes", [1, 4])
def test_each_guest_is_in_one_shard(count: int, lanes: int) -> None:
    """None is asked twice, none is left out, and none shares its call with many."""
    guests = _running(count)
    shards = list(cut({BLOCK: guests}, False, SetAside(8), lanes, None))
    assert [guest for shard in shards for guest in shard.guests] == guests
    assert max(_sizes(shards), default=0) <= 10


def test_shards_get_smaller_towards_the_end() -> None:
    """So that no worker goes on for long when the others have nothing left."""
    sizes = _sizes(list(cut({BLOCK: _running(100)}, False, SetAside(8), 4, None)))
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[:7] == [10] * 7
    assert sizes[-4:] == [1] * 4


def test_a_size_that_was_chosen_is_the_largest() -> None:
    """Whoever has guests that hang often asks for each alone."""
    assert _sizes(list(cut({BLOCK: _running(9)}, False, SetAside(8), 4, 1))) == [1] * 9
    assert max(_sizes(list(cut({BLOCK: _running(100)}, False, SetAside(8), 4, 3)))) == 3


def test_guests_that_are_off_are_asked_apart_and_not_for_processor_time() -> None:
    """libvirt would say the daemon's own."""
    guests = _running(2)
    guests[1].active = False
    shards = list(cut({BLOCK | {"cpu"}: guests}, False, SetAside(8), 4, None))
    assert [(shard.guests, shard.groups) for shard in shards] == [
        ([guests[0]], BLOCK | {"cpu"}),
        ([guests[1]], BLOCK),
    ]
