"""The record of every call to libvirt: how long, how it ended, which are still out, and which are overdue."""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog

from exporter.hypervisor.errors import Abandoned, ConnectFailed, ConnectionLost, HypervisorError

BUCKETS = (0.005, 0.025, 0.1, 0.5, 2.5, 10.0, 30.0)
"""Upper bounds of call durations, in seconds."""

OPEN = "open"
"""Name of the call that opens a connection."""

logger = structlog.get_logger()


@dataclass(eq=False)
class Call:
    """A call that has not returned: its name, when it was made (monotonic and wall clock) and when it is overdue."""

    name: str
    started: float
    started_at: float
    deadline: float
    abandon: Callable[[], None]
    abandoned: bool = False


@dataclass
class Duration:
    """How long the calls of one name took: counts by bucket (not cumulative, the last is beyond all) and seconds."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    seconds: float = 0.0

    def observe(self, seconds: float) -> None:
        """Count one call."""
        self.seconds += seconds
        for position, bound in enumerate(BUCKETS):
            if seconds <= bound:
                self.counts[position] += 1
                return
        self.counts[-1] += 1


class CallLog:
    """Calls of one host, named `host` in the log. Any thread may make calls; figures are read without a lock and may be
    one call behind."""

    def __init__(self, host: str = "") -> None:
        self._host = host
        self.durations: defaultdict[str, Duration] = defaultdict(Duration)
        self.errors: Counter[tuple[str, str]] = Counter()
        self.timeouts: Counter[str] = Counter()
        self.answered = float("-inf")
        """When the host last answered a call, on any connection (monotonic)."""
        self._lock = threading.Lock()
        self._in_flight: set[Call] = set()

    @contextmanager
    def watched(self, name: str, seconds: float, abandon: Callable[[], None]) -> Iterator[Call]:
        """Around one call; `abandon` is called from the watchdog if it has not returned after `seconds`."""
        started = time.monotonic()
        call = Call(name, started, time.time(), started + seconds, abandon)
        with self._lock:
            self._in_flight.add(call)
        answered = False
        try:
            yield call
            answered = True
        except HypervisorError as error:
            answered = not isinstance(error, ConnectFailed | ConnectionLost)
            with self._lock:
                self.errors[name, error.code] += 1
                if isinstance(error, Abandoned):
                    self.timeouts[name] += 1
            raise
        finally:
            with self._lock:
                now = time.monotonic()
                self._in_flight.discard(call)
                self.durations[name].observe(now - started)
                if answered:
                    self.answered = now

    def in_flight(self) -> list[Call]:
        """Calls that have not returned."""
        with self._lock:
            return list(self._in_flight)

    def abandon_overdue(self) -> float:
        """End the calls that missed their deadline by ending their connections, each once; when the next of those that
        are out is overdue (monotonic seconds)."""
        now = time.monotonic()
        following = float("inf")
        for call in self.in_flight():
            if call.abandoned:
                continue
            if call.deadline > now:
                following = min(following, call.deadline)
            else:
                call.abandoned = True
                # That a host cannot be reached is said once by who wants to reach it.
                tell = logger.debug if call.name == OPEN else logger.warning
                seconds = round(now - call.started, 3)
                tell("libvirt call abandoned", host=self._host, call=call.name, seconds=seconds)
                call.abandon()
        return following
