"""Places to answer requests in, and who waits for one."""

import asyncio

from exporter.web.slots import Place, Slots


def held(place: Place | None) -> Place:
    """The place that must be there."""
    assert place is not None
    return place


def test_no_more_than_there_are() -> None:
    """Who comes too late gets none, until one is given back; giving back twice makes no second."""

    async def run() -> None:
        slots = Slots(1, 5)
        first = held(slots.take())
        assert slots.take() is None
        first.give_back()
        first.give_back()
        held(slots.take())
        assert slots.take() is None

    asyncio.run(run())


def test_who_waits_longest_is_next() -> None:
    """Places go to those who wait, in their order, before anybody who comes later."""

    async def run() -> None:
        slots = Slots(1, 5)
        place = held(slots.take())
        waiting = [asyncio.create_task(slots.wait()) for _ in range(2)]
        await asyncio.sleep(0)
        place.give_back()
        assert slots.take() is None
        place = held(await waiting[0])
        assert not waiting[1].done()
        place.give_back()
        held(await waiting[1]).give_back()
        held(slots.take())

    asyncio.run(run())


def test_who_goes_away_takes_no_place_along() -> None:
    """A waiter that ends before, or at the very moment it is handed a place, leaves it to others."""

    async def run() -> None:
        slots = Slots(1, 5)
        place = held(slots.take())
        waiting = [asyncio.create_task(slots.wait()) for _ in range(2)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        place.give_back()
        waiting[1].cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        held(slots.take())
        assert slots.take() is None

    asyncio.run(run())


def test_who_waits_too_long_is_turned_away() -> None:
    """There is an end to waiting, which costs nobody a place."""

    async def run() -> None:
        slots = Slots(1, 0)
        place = held(slots.take())
        assert await slots.wait() is None
        place.give_back()
        held(slots.take())

    asyncio.run(run())


def test_zero_is_any_number() -> None:
    """Without a limit everybody has a place."""
    slots = Slots(0, 5)
    assert all(slots.take() for _ in range(1000))
