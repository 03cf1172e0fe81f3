"""When to ask again what did not answer: after pauses that double, because each try may hold one worker of the daemon
until that thing moves again."""

import time
from collections.abc import Callable

_FIRST_PAUSE = 60.0


class Waits:
    """The names that did not answer when last asked, and until when each is left alone (monotonic seconds)."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pauses: dict[str, float] = {}
        self._until: dict[str, float] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._until

    def __len__(self) -> int:
        return len(self._until)

    def over(self, name: str) -> bool:
        """Whether a name may be asked."""
        return self._clock() >= self._until.get(name, float("-inf"))

    def lengthen(self, name: str, first: float = _FIRST_PAUSE, since: float | None = None) -> None:
        """A name did not answer; `first` is the first pause in seconds, which begins now or at `since`."""
        pause = self._pauses[name] = self._pauses.get(name, first / 2) * 2
        self._until[name] = (self._clock() if since is None else since) + pause

    def reset(self, name: str) -> None:
        """A name answered, or is gone."""
        self._pauses.pop(name, None)
        self._until.pop(name, None)

    def clear(self) -> None:
        """The daemon is a new one, in which nothing hangs yet."""
        self._pauses.clear()
        self._until.clear()
