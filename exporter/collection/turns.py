"""Taking turns in the monitors of guests."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_PATIENCE = 5.0


class Turns:
    """One batch at a time in the monitors of a host's guests: a guest that is busy with another of our own calls would
    answer in part, because bulk calls do not wait for it.

    `patience` in seconds is how long a batch waits for the one before it; then something hangs there, and a part of
    the answers is better than none.
    """

    def __init__(self, patience: float = _PATIENCE) -> None:
        self._patience = patience
        self._lock = threading.Lock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for the turn, and have it until the end of the block."""
        mine = self._lock.acquire(timeout=self._patience)
        try:
            yield
        finally:
            if mine:
                self._lock.release()
