"""How many requests are worked on at once."""

import asyncio
import sys


class Place:
    """One of the places, until it is given back."""

    def __init__(self, slots: "Slots") -> None:
        self._slots = slots
        self._held = True
        self._timer: asyncio.TimerHandle | None = None

    def give_back_after(self, seconds: float) -> None:
        """Give it back then, if it still is held: what follows is not work."""
        self._timer = asyncio.get_running_loop().call_later(seconds, self.give_back)

    def give_back(self) -> None:
        """Give it back now; a second time changes nothing."""
        if self._timer is not None:
            self._timer.cancel()
        if self._held:
            self._held = False
            self._slots.give_back()


class Slots:
    """A number of places; who finds none waits a moment, first come, first served, and is then turned away."""

    def __init__(self, places: int, seconds: float) -> None:
        """`places` 0 is no limit; `seconds` is how long to wait for a place."""
        self._free = places or sys.maxsize
        self._seconds = seconds
        self._waiting: dict[asyncio.Future[Place | None], None] = {}

    def take(self) -> Place | None:
        """A place, None if there is none at this moment."""
        if not self._free:
            return None
        self._free -= 1
        return Place(self)

    async def wait(self) -> Place | None:
        """A place that somebody gives back, None if nobody does in time."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[Place | None] = loop.create_future()
        self._waiting[waiter] = None
        timer = loop.call_later(self._seconds, _hand, waiter, None)
        try:
            return await waiter
        except asyncio.CancelledError:
            # It may have been handed one at this very moment.
            if not waiter.cancelled() and (place := waiter.result()):
                place.give_back()
            raise
        finally:
            timer.cancel()
            self._waiting.pop(waiter, None)

    def give_back(self) -> None:
        """A place is free again: who has waited longest gets it."""
        for waiter in list(self._waiting):
            del self._waiting[waiter]
            if _hand(waiter, Place(self)):
                return
        self._free += 1


def _hand(waiter: "asyncio.Future[Place | None]", place: Place | None) -> bool:
    """Let somebody wait no longer; False if that was over already."""
    if waiter.done():
        return False
    waiter.set_result(place)
    return True
