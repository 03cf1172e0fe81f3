"""Where events are told: a log line for each, and the ring."""

import structlog

from exporter.events.event import Event
from exporter.events.ring import Ring

logger = structlog.get_logger()


class Journal:
    """The events of one host; `personal` says that addresses and names of people may be told."""

    def __init__(self, host: str, ring: Ring, *, personal: bool) -> None:
        self._host = host
        self._ring = ring
        self._personal = personal

    def tell(self, event: Event) -> None:
        """Hand an event to those who read or listen, and have it logged."""
        told = event.told(personal=self._personal)
        self._ring.add(self._host, event.at.wall, told)
        logger.info(f"{event.object} {event.kind}", host=self._host, **told)
