"""All that makes one host listen to its events, put together."""

from collections.abc import Callable, Sequence

from exporter.collection.dispatcher import Dispatcher, shows
from exporter.collection.gathering import Gathering
from exporter.collection.plan import Batch
from exporter.collection.refresher import Refresher
from exporter.collection.runner import Runner
from exporter.collection.standings import Standings
from exporter.collectors.source import Events
from exporter.events.journal import Journal
from exporter.figures import HostFigures
from exporter.filters import Filters
from exporter.hypervisor.descriptions import Descriptions
from exporter.hypervisor.events import EventQueue


class Listening:
    """From the subscription to the page; the arguments are as for its parts."""

    def __init__(
        self,
        figures: HostFigures,
        gathering: Gathering,
        descriptions: Descriptions,
        filters: Filters,
        journal: Journal,
        batches: Sequence[Batch],
        soon: Callable[[Sequence[Batch]], None],
        runner: Runner,
    ) -> None:
        host = figures.pool.name
        self.queue = EventQueue()
        self._refresher = Refresher(
            figures,
            gathering,
            descriptions,
            Standings(figures.inventory, journal),
            self.queue,
            batches,
            soon,
            runner,
        )
        counted = [slot for batch in batches for slot in batch.slots if isinstance(slot.feed.source, Events)]
        shown = shows(figures.inventory, filters)
        self._dispatcher = Dispatcher(
            host,
            self.queue,
            figures.events,
            figures.inventory,
            shown,
            journal,
            gathering.events,
            counted,
            self._refresher,
        )

    @property
    def settled(self) -> bool:
        """Whether events are subscribed, or the host has none."""
        return self._refresher.settled

    def start(self) -> None:
        """Begin to listen, as soon as the host is up."""
        self._dispatcher.start()
        self._refresher.start()

    def stop(self) -> None:
        """Listen no more; returns at once."""
        self._refresher.stop()
        self._dispatcher.stop()

    def wake(self) -> None:
        """The host came or went."""
        self._refresher.wake()
