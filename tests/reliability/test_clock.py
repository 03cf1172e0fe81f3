"""The machine's clock is set while the agent runs."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.figures import Measured
from tests.lab.guests import Guests
from tests.lab.libvirtd import Libvirtd
from tests.lab.polling import eventually
from tests.reliability.conftest import StartWatch
from tests.reliability.watching import Watch

INTERVAL = 1.0
RUNS = 6

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


def _runs(watch: Watch) -> Callable[[], float]:
    return lambda: watch.figure("libvirt_exporter_collector_runs_total", collector="domain_cpu")


@pytest.mark.parametrize(
    ("name", "seconds"),
    [("an hour back", -3600.0), ("an hour on", 3600.0), ("thirty years on", 30 * 365.25 * 86400), ("right again", 0.0)],
)
def test_schedule_goes_on_when_the_clock_is_set(
    watching: Watch, clock: Clock, measured: Measured, name: str, seconds: float
) -> None:
    """Runs neither stop nor come in a burst: there are as many as intervals pass, two more at the most."""
    runs = _runs(watching)
    clock.set(seconds)
    before, started = runs(), time.monotonic()
    count = eventually(
        lambda: made if (made := runs() - before) >= RUNS else None, within=60, every=0.2, what=f"{RUNS} runs"
    )
    intervals = (time.monotonic() - started) / INTERVAL
    measured(name, f"{count:.0f} runs in {intervals:.1f} intervals")
    assert count <= intervals + 2
    assert abs(watching.figure("libvirt_domain_stats_timestamp_seconds", domain="test") - time.time() - seconds) < 60


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
