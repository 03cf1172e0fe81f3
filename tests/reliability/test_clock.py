"""The machine's clock is set while the agent runs."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from pathlib import Path

import pytest

from tests.figures import Measured
from tests.lab.guests import Guests
from tests.lab.libvirtd import Libvirtd
from tests.lab.polling import eventually
from tests.reliability.conftest import StartWatch
from tests.reliability.watching import Watch

INTERVAL = 1.0
WATCHED_SECONDS = 10.0
LONGEST_PAUSE = 6.0
"""A clock that was set back is noticed within a second, and the next run is an interval away; the rest is room."""
AT_ONCE = 2
"""So many runs more than intervals may come: one that was due, and one that was just under way."""

_LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))


class Clock:
    """The clock the agent sees, by a file; `set` puts it off the real one."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.set(0)
        self.environment = {
            "LD_PRELOAD": str(_LIBRARIES[0]),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, seconds: float) -> None:
        """From now on the clock is so many seconds ahead, or behind."""
        partial = self._file.with_suffix(".partial")
        partial.write_text(f"{seconds:+.1f}\n")
        os.replace(partial, self._file)


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Clock:
    """A clock to be set."""
    if not _LIBRARIES:
        pytest.skip("libfaketime, which sets the clock of one process, is missing: run scripts/setup")
    return Clock(tmp_path_factory.mktemp("clock") / "offset")


@pytest.fixture(scope="module")
def watching(clock: Clock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    """An agent on that clock, with libvirt's own test driver."""
    watch = Watch(tmp_path_factory.mktemp("agent"), "test:///default", interval=INTERVAL, environment=clock.environment)
    yield watch
    assert watch.stop() < 5


@dataclass
class Runs:
    """How many runs there had been at each look; times are monotonic."""

    looks: list[tuple[float, float]] = field(default_factory=list)

    def look(self, watch: Watch) -> bool:
        """Look once more; whether that was for long enough."""
        count = watch.figure("libvirt_exporter_collector_runs_total", collector="domain_cpu")
        self.looks.append((time.monotonic(), count))
        return self.looks[-1][0] - self.looks[0][0] >= WATCHED_SECONDS

    @property
    def longest_pause(self) -> float:
        """The longest time without a new run, in seconds."""
        pauses, last = [], self.looks[0][0]
        for (_, before), (at, count) in pairwise(self.looks):
            if count > before:
                pauses.append(at - last)
                last = at
        return max(*pauses, self.looks[-1][0] - last)

    @property
    def most_at_once(self) -> float:
        """By how many the runs of any stretch of time were more than its intervals."""
        return max(
            count - before - (at - since) / INTERVAL for (since, before), (at, count) in combinations(self.looks, 2)
        )


@pytest.mark.parametrize(
    ("name", "seconds"),
    [("an hour back", -3600.0), ("an hour on", 3600.0), ("thirty years on", 30 * 365.25 * 86400), ("right again", 0.0)],
)
def test_schedule_goes_on_when_the_clock_is_set(
    watching: Watch, clock: Clock, measured: Measured, name: str, seconds: float
) -> None:
    """Runs neither stop nor come in a burst, not even for a moment, and figures carry the new time."""
    runs = Runs()
    runs.look(watching)
    clock.set(seconds)
    eventually(lambda: runs.look(watching), within=60, every=0.1, what="the end of the time to watch")
    made = runs.looks[-1][1] - runs.looks[0][1]
    measured(
        name, f"{made:.0f} runs in {WATCHED_SECONDS / INTERVAL:g} intervals, {runs.longest_pause:.1f} s apart at most"
    )
    assert runs.longest_pause < LONGEST_PAUSE
    assert runs.most_at_once <= AT_ONCE
    age = time.time() + seconds - watching.figure("libvirt_domain_stats_timestamp_seconds", domain="test")
    assert abs(age) < LONGEST_PAUSE


def test_a_state_changes_on_the_page_after_the_clock_was_set_back(
    libvirt_host: Libvirtd, guests: Guests, clock: Clock, watch: StartWatch, measured: Measured
) -> None:
    """What a guest is does not wait until the clock is again where it was."""
    (domain,) = guests.crowd(1, prefix="clocked", disks=1, nics=0)
    clock.set(0)
    watching = watch(libvirt_host, interval=INTERVAL, environment=clock.environment)
    watching.wait_fresh(within=30, guests=1)

    def running() -> float:
        return watching.figure("libvirt_domain_state", domain="clocked-0", state="running")

    assert running() == 0
    clock.set(-3600.0)
    domain.resume()
    started = time.monotonic()
    eventually(running, within=10, every=0.1, what="the guest's new state")
    measured("new state with the clock an hour back", f"{time.monotonic() - started:.1f} s")
    changed = watching.figure("libvirt_domain_state_change_timestamp_seconds", domain="clocked-0")
    assert abs(changed - (time.time() - 3600)) < 60


@pytest.mark.parametrize("seconds", [-3600.0, 3600.0])
def test_agent_stops_after_the_clock_was_set(
    clock: Clock, watch: StartWatch, measured: Measured, seconds: float
) -> None:
    """However far away anything that was due is now."""
    clock.set(0)
    watching = watch("test:///default", interval=INTERVAL, environment=clock.environment)
    clock.set(seconds)
    measured(f"{seconds:+g} s: stopped after", f"{watching.stop():.2f} s")
