"""Where events are told: a log line for each, and the ring."""

import threading
from collections.abc import Mapping

import structlog

from exporter.events.boundedqueue import BoundedQueue
from exporter.events.event import Event, Value
from exporter.events.ring import Ring

logger = structlog.get_logger()


class Journal:
    """The events of one host; `personal` says that addresses and names of people may be told.

    The log has a thread of its own: a line costs more than all else that is done about an event, and who reads the log
    may be slow.
    """

    def __init__(self, host: str, ring: Ring, *, personal: bool) -> None:
        self._host = host
        self._ring = ring
        self._personal = personal
        self._lines: BoundedQueue[Mapping[str, Value]] = BoundedQueue()
        self._thread = threading.Thread(target=self._run, name=f"{host}-journal", daemon=True)

    def start(self) -> None:
        """Begin to log."""
        self._thread.start()

    def stop(self) -> None:
        """Log no more."""
        self._lines.close()

    def tell(self, event: Event) -> None:
        """Have an event logged, and hand it to those who read or listen."""
        told = event.told(personal=self._personal)
        self._lines.put(told)
        self._ring.add(self._host, event.at.wall, told)

    def _run(self) -> None:
        dropped = 0
        while not self._lines.closed:
            for told in self._lines.take(None):
                logger.info(f"{told['object']} {told['kind']}", host=self._host, **told)
            if self._lines.dropped > dropped:
                logger.warning("events not logged", host=self._host, events=self._lines.dropped - dropped)
                dropped = self._lines.dropped
