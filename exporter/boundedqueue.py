"""A queue that never makes those wait who put something on it."""

import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class BoundedQueue(Generic[T]):
    """Full, it drops the oldest and counts it in `dropped`. Any thread may put, one takes."""

    def __init__(self, size: int = 20_000) -> None:
        self._items: deque[T] = deque(maxlen=size)
        self._filled = threading.Condition()
        self._closed = False
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._items)

    @property
    def closed(self) -> bool:
        """Whether nothing is to be taken any more."""
        return self._closed

    def put(self, item: T) -> None:
        """Add an item."""
        with self._filled:
            if len(self._items) == self._items.maxlen:
                self.dropped += 1
            self._items.append(item)
            self._filled.notify()

    def take(self, timeout: float | None) -> list[T]:
        """All that are there, oldest first; waits for the first, at most `timeout` seconds."""
        with self._filled:
            if not self._items and not self._closed:
                self._filled.wait(timeout)
            items = list(self._items)
            self._items.clear()
            return items

    def close(self) -> None:
        """Wake up whoever waits, for the last time."""
        with self._filled:
            self._closed = True
            self._filled.notify_all()
