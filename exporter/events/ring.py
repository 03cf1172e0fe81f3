"""The newest events of all hosts, for the page and for other tools."""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from exporter.events.event import Value

SIZE = 2000
"""How many events are kept."""


@dataclass(slots=True)
class Entry:
    """An event with its number, which only grows and starts at 1; `at` is Unix seconds."""

    number: int
    host: str
    at: float
    told: Mapping[str, Value]
    encoded: bytes = b""
    """As event streams send it, kept by the first that does: there may be fifty."""


class Ring:
    """A bounded number of events, the oldest forgotten first. Any thread may add and read."""

    def __init__(self, size: int = SIZE) -> None:
        self._entries: deque[Entry] = deque(maxlen=size)
        self._lock = threading.Lock()
        self._listeners: tuple[Callable[[], None], ...] = ()
        self.newest = 0
        """Number of the newest event, 0 before the first."""

    def add(self, host: str, at: float, told: Mapping[str, Value]) -> None:
        """Take an event and tell those who listen that there is one."""
        with self._lock:
            self.newest += 1
            self._entries.append(Entry(self.newest, host, at, told))
        for listener in self._listeners:
            listener()

    def after(self, number: int) -> list[Entry]:
        """Events with higher numbers that are still there, oldest first."""
        with self._lock:
            if number >= self.newest:
                return []
            missing = self.newest - number
            if missing >= len(self._entries):
                return list(self._entries)
            newest_first = zip(range(missing), reversed(self._entries), strict=False)
            return [entry for _, entry in newest_first][::-1]

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` after each event, in the thread that added it; the function to end that."""
        with self._lock:
            self._listeners = (*self._listeners, listener)

        def end() -> None:
            with self._lock:
                self._listeners = tuple(each for each in self._listeners if each is not listener)

        return end
