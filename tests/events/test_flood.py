"""Many events at once, on the test driver."""

import gc
import logging
import threading
import time
from pathlib import Path

import pytest

from tests.events.host import Watched
from tests.lab.driver import Driver
from tests.lab.polling import eventually

RATE = 2000
GUESTS = 50


class Flood:
    """Suspends and resumes guests in turn, `RATE` times a second, and remembers when."""

    def __init__(self, driver: Driver, seconds: float) -> None:
        self._domains = [driver.start(f"flood-{number}") for number in range(GUESTS)]
        self._count = int(RATE * seconds)
        self.made: list[float] = []
        self.thread = threading.Thread(target=self._run, name="flood")

    def _run(self) -> None:
        began = time.monotonic()
        for number in range(self._count):
            pause = began + number / RATE - time.monotonic()
            if pause > 0.001:
                threading.Event().wait(pause)
            turn, which = divmod(number, GUESTS)
            domain = self._domains[which]
            self.made.append(time.monotonic())
            if turn % 2:
                domain.resume()
            else:
                domain.suspend()


def memory() -> int:
    """Bytes of this process in memory."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def counted(host: Watched) -> int:
    """How many suspensions and resumptions the page counts."""
    lines = host.host.page.lines("libvirt_events_total").decode().splitlines()
    return sum(int(line.rpartition(" ")[2]) for line in lines if '"suspended"' in line or '"resumed"' in line)


def flood(driver: Driver, host: Watched, seconds: float) -> None:
    """Let it rain, ask for the page meanwhile, and look at what became of it."""
    # pytest would keep every record in memory.
    root = logging.getLogger()
    root.handlers[:] = [handler for handler in root.handlers if not type(handler).__module__.startswith("_pytest")]
    rain = Flood(driver, seconds)
    eventually(lambda: host.ring.newest >= GUESTS, within=10, what="the starts")
    before, counted_before = host.ring.newest, counted(host)
    seen: list[float] = []
    end = host.ring.listen(lambda: seen.append(time.monotonic()))
    remembered = memory()
    rain.thread.start()
    scrapes, behind = [], []
    while rain.thread.is_alive():
        asked = time.monotonic()
        assert host.host.page.render("openmetrics", gzip=True)
        scrapes.append(time.monotonic() - asked)
        shown = counted(host) - counted_before
        # By how long the page is behind: the age of the first event that it does not count yet.
        behind.append(time.monotonic() - rain.made[shown] if shown < len(rain.made) else 0.0)
        rain.thread.join(0.2)
    eventually(lambda: len(seen) >= len(rain.made), within=10, what="all events")
    end()
    late = max(seen_at - made for made, seen_at in zip(rain.made, seen, strict=True))
    rate = (len(rain.made) - 1) / (rain.made[-1] - rain.made[0])
    eventually(lambda: counted(host) - counted_before == len(rain.made), within=1, what="every event on the page")
    grown = (memory() - remembered) / 2**20
    print(
        f"{rate:.0f} events/s, latest {late:.3f} s, page behind {max(behind):.3f} s, "
        f"slowest page {max(scrapes):.3f} s, memory {grown:+.1f} MiB"
    )
    assert rate > 0.95 * RATE, "what is offered"
    assert host.ring.newest - before == len(rain.made), "every event once"
    assert host.host.listening is not None
    assert host.host.listening.queue.dropped == 0
    assert late < 1
    assert max(behind) < 1
    assert max(scrapes) < 1
    assert grown < 32


def test_two_thousand_events_a_second_are_all_there_in_time(driver: Driver, host: Watched) -> None:
    """Nothing is lost or late, pages are answered, memory does not grow."""
    flood(driver, host, seconds=3)


@pytest.mark.soak
def test_a_long_flood_is_no_different(driver: Driver, host: Watched) -> None:
    """The same for half a minute."""
    flood(driver, host, seconds=30)
