"""How many requests are worked on at once."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Place:
    """One of the places, until it is given back."""

    def __init__(self, semaphore: asyncio.Semaphore) -> None:
        self._semaphore = semaphore
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
            self._semaphore.release()


class Slots:
    """A number of places; who finds none waits a moment, and is then turned away."""

    def __init__(self, places: int, seconds: float) -> None:
        """`places` 0 is no limit; `seconds` is how long to wait for a place."""
        self._semaphore = asyncio.Semaphore(places or sys.maxsize)
        self._seconds = seconds

    @asynccontextmanager
    async def take(self) -> AsyncIterator[Place | None]:
        """A place for the time of the context, None if there was none."""
        try:
            async with asyncio.timeout(self._seconds):
                await self._semaphore.acquire()
        except TimeoutError:
            yield None
            return
        place = Place(self._semaphore)
        try:
            yield place
        finally:
            place.give_back()
