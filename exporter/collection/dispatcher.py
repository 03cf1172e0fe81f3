"""The thread that handles the events of one host: counts, tells, and has refreshed what they changed."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import structlog

from exporter.collection.eventwriter import EventWriter
from exporter.collection.plan import Slot
from exporter.collection.refresher import Refresher
from exporter.events.counts import EventCounts
from exporter.events.event import Event
from exporter.events.journal import Journal
from exporter.filters import Filters
from exporter.hypervisor.events import EventQueue, RawEvent
from exporter.hypervisor.inventory import Inventory

_PUBLISH_SECONDS = 0.5

logger = structlog.get_logger()


class Dispatcher:
    """Takes events off the queue. What was counted is on the page at once after a pause, and at most twice a second
    while events keep coming."""

    def __init__(
        self,
        host: str,
        queue: EventQueue,
        counts: EventCounts,
        inventory: Inventory,
        shown: Callable[[Event], bool],
        journal: Journal,
        writer: EventWriter,
        slots: Sequence[Slot],
        refresher: Refresher,
    ) -> None:
        self._host = host
        self._queue = queue
        self._counts = counts
        self._inventory = inventory
        self._shown = shown
        self._journal = journal
        self._writer = writer
        self._slots = slots
        self._refresher = refresher
        self._dropped = 0
        self._thread = threading.Thread(target=self._run, name=f"{host}-events", daemon=True)

    def start(self) -> None:
        """Begin to handle events."""
        self._thread.start()

    def stop(self) -> None:
        """Handle no more events."""
        self._queue.close()

    def _run(self) -> None:
        structlog.contextvars.bind_contextvars(host=self._host)
        due: float | None = None
        published = float("-inf")
        while not self._queue.closed:
            events = self._queue.take(None if due is None else max(0.0, due - time.monotonic()))
            try:
                for raw in events:
                    self._handle(raw)
                self._note_dropped()
                if events and due is None:
                    due = published + _PUBLISH_SECONDS
                if due is not None and time.monotonic() >= due:
                    due, published = None, time.monotonic()
                    self._writer.write_changed(self._slots)
            except Exception:
                # A mistake of ours costs these events, never those that come after.
                logger.exception("events not handled", host=self._host)

    def _handle(self, raw: RawEvent) -> None:
        try:
            event = self._known(raw.read())
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            logger.warning("event not understood", object=raw.kind.object, kind=raw.kind.identifier, error=repr(error))
            return
        shown = self._shown(event)
        self._counts.count(event, shown=shown)
        if shown:
            self._journal.tell(event)
            self._refresher.touch(event)

    def _known(self, event: Event) -> Event:
        """The event under the name that the guest has on the page, with its disk by target."""
        if event.object != "domain":
            return event
        guest = self._inventory.guests.get(event.uuid)
        alias = str(event.fields.get("alias", ""))
        target = ""
        if guest is not None:
            if guest.name.startswith(f"{event.name}~"):
                event = replace(event, name=guest.name)
            if guest.devices is not None:
                target = guest.devices.aliases.get(alias, "")
        if event.identifier == "io_error":
            target = target or alias  # better a name that joins nothing than an error that is not counted
        return replace(event, fields={"target_device": target, **event.fields}) if target else event

    def _note_dropped(self) -> None:
        dropped = self._queue.dropped
        if dropped > self._dropped:
            logger.warning("events dropped", host=self._host, events=dropped - self._dropped)
            self._dropped = dropped
            self._refresher.missed()


def shows(inventory: Inventory, filters: Filters) -> Callable[[Event], bool]:
    """Whether an event is about something that the filters show."""
    by_object: dict[str, Callable[[str], bool]] = {
        "domain": inventory.allows,
        "network": filters.network.allows,
        "storage_pool": filters.storage_pool.allows,
    }

    def shown(event: Event) -> bool:
        allows = by_object.get(event.object)
        return allows is None or allows(event.name)

    return shown
