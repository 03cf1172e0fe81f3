"""Which guests that are off are asked again, and when."""

from collections import defaultdict
from collections.abc import Container, Iterable

from exporter.clock import Clock
from exporter.collection.plan import Batch
from exporter.collectors.collector import SLOW
from exporter.guest import Guest


class Resting:
    """When each guest that is off last answered each batch: what those have seldom changes, and libvirt opens their
    image files to say so."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._asked: defaultdict[Batch, dict[str, float]] = defaultdict(dict)

    def keep(self, present: Container[str]) -> None:
        """Forget guests that are not among these uuids."""
        # Copies, because other batches go on meanwhile.
        for times in list(self._asked.values()):
            for uuid in list(times):
                if uuid not in present:
                    times.pop(uuid, None)

    def divide(self, batch: Batch, guests: Iterable[Guest]) -> tuple[list[Guest], list[Guest]]:
        """Guests to ask everything, and guests that are off and answered not long ago."""
        now = self._clock.steady()
        times = self._asked[batch]
        asked, resting = [], []
        for guest in guests:
            if guest.active:
                times.pop(guest.uuid, None)
                asked.append(guest)
            elif now - times.get(guest.uuid, float("-inf")) >= SLOW:
                asked.append(guest)
            else:
                resting.append(guest)
        return asked, resting

    def answered(self, batch: Batch, guest: Guest) -> None:
        """A guest that was asked everything has answered; one that is off may rest now."""
        if not guest.active:
            self._asked[batch][guest.uuid] = self._clock.steady()
