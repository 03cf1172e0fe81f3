"""The thread that ends overdue calls, and has every host asked whether it answers."""

import math
import threading
import time

from exporter.hypervisor.pulse import Pulse

_LONGEST_LOOK = 1.0  # seconds; no call has a deadline so short that this would be late
_SHORTEST_LOOK = 0.05


class Watchdog:
    """One thread for all hosts: libvirt has no timeout of its own, and no signal reaches a call."""

    def __init__(self) -> None:
        self._pulses: set[Pulse] = set()
        self._leaving: set[Pulse] = set()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def watch(self, pulse: Pulse) -> None:
        """Look after one more host."""
        with self._lock:
            self._pulses.add(pulse)

    def unwatch(self, pulse: Pulse) -> None:
        """Leave a host alone once none of its calls is out."""
        with self._lock:
            self._leaving.add(pulse)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Stop watching."""
        self._stopped.set()

    def _watch(self) -> None:
        look = _LONGEST_LOOK
        while not self._stopped.wait(look):
            with self._lock:
                left = {pulse for pulse in self._leaving if not pulse.calls.in_flight()}
                self._leaving -= left
                self._pulses -= left
                pulses = list(self._pulses)
            following = math.inf
            for pulse in pulses:
                following = min(following, pulse.calls.abandon_overdue(), pulse.beat())
            look = min(_LONGEST_LOOK, max(_SHORTEST_LOOK, following - time.monotonic()))
