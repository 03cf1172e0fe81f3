"""The one moment that a connection waits for."""

import asyncio
from collections.abc import Callable


class Alarm:
    """Calls back when the time set last is over. Most are set anew long before: a timer that rings early looks how long
    it still is, which costs less than a timer for each."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0
        self._then: Callable[[], object] | None = None

    def set(self, seconds: float, then: Callable[[], object]) -> None:
        """Call `then` after so many seconds, and nothing else."""
        self._due, self._then = self._loop.time() + seconds, then
        if self._timer is not None and self._timer.when() > self._due:
            self._cancel()
        if self._timer is None:
            self._timer = self._loop.call_at(self._due, self._ring)

    def off(self) -> None:
        """Call nothing."""
        self._then = None
        self._cancel()

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ring(self) -> None:
        self._timer = None
        if self._loop.time() < self._due:
            self._timer = self._loop.call_at(self._due, self._ring)
        elif self._then is not None:
            self._then()
