"""The two clocks there are, in one place, so that what depends on them can be given others."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Clock:
    """`wall` gives Unix seconds, for what a page says; `steady` seconds that never jump, for waiting and for ages."""

    wall: Callable[[], float] = time.time
    steady: Callable[[], float] = time.monotonic


CLOCK = Clock()
"""The machine's."""
