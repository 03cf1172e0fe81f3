"""What asyncio reports on its own, such as a lack of file descriptors, in the log."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import structlog

logger = structlog.get_logger()

REST_SECONDS = 10.0


class Trouble:
    """The exception handler of a loop: one entry a kind of error in ten seconds, with how often it came since the last.

    Without descriptors asyncio reports each connection that waits, again and again, and the log must not fill the disk.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._logged: dict[type, float] = {}
        self._times: Counter[type] = Counter()

    def __call__(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        kind, now = type(error), self._clock()
        self._times[kind] += 1
        if now - self._logged.get(kind, float("-inf")) < REST_SECONDS:
            return
        self._logged[kind] = now
        times = self._times.pop(kind)
        logger.error("web server trouble", reason=context["message"], times=times, exc_info=error if error else False)
