"""The two clocks there are, in one place, so that what depends on them can be given others."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time on both clocks: `wall` to say when it was, `steady` to know what came first."""

    wall: float
    steady: float


@dataclass(frozen=True)
class Clock:
    """`wall` gives Unix seconds, for what a page says; `steady` seconds that never jump, for waiting and for ages."""

    wall: Callable[[], float] = time.time
    steady: Callable[[], float] = time.monotonic

    def now(self) -> Moment:
        """This moment."""
        return Moment(self.wall(), self.steady())

    def at(self, steady: float) -> Moment:
        """The moment of these steady seconds, as the wall clock now says when that was."""
        return Moment(self.wall() - (self.steady() - steady), steady)


CLOCK = Clock()
"""The machine's."""
