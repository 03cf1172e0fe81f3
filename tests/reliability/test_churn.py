"""Guests come and go under load, and the agent lives long."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from exporter.collectors import event
from exporter.events.ring import SIZE
from tests.figures import Measured
from tests.lab.guests import Guests
from tests.lab.libvirtd import Libvirtd
from tests.lab.polling import eventually
from tests.reliability.churn import Churn
from tests.reliability.conftest import StartWatch
from tests.reliability.flood import flood
from tests.reliability.watching import STOP_SECONDS, Watch

STAYING = 3
ROOM = 1.5
"""Seconds beyond one interval that a busy machine may take to find that a guest is gone."""
FLAGS = [
    "--libvirt.deadline=15s",  # as at the usual pace: guests that start keep a busy daemon from answering for seconds
    "--event.retention=20s",  # counts of events outlive their guests, which must not be taken for a leak
]
OUTLIVING = {metric.name for metric in event.COLLECTOR.metrics}
"""Counts of events stay for ten minutes, so that the last ones of a guest are seen."""


@pytest.fixture(scope="module")
def churned_guests(libvirt_host: Libvirtd) -> Iterator[Guests]:
    """Some guests that stay, beside those that come and go."""
    guests = Guests(libvirt_host)
    guests.crowd(STAYING, prefix="stays", disks=1, nics=1)
    yield guests
    guests.clear()
    guests.close()


@dataclass(frozen=True)
class Size:
    """What of the process must not grow."""

    threads: int
    descriptors: int
    kibibytes: int

    @staticmethod
    def of(watch: Watch) -> "Size":
        """The size at this moment."""
        status = Path(f"/proc/{watch.agent.process.pid}/status").read_text()
        resident = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return Size(watch.threads(), watch.descriptors(), int(resident.split()[1]))


def _failed(watch: Watch) -> dict[str, float]:
    failures = watch.samples().by("collector", "libvirt_exporter_collector_failures_total")
    return {collector: count for collector, count in failures.items() if count}


def _fill_ring(watch: Watch, guests: Guests) -> None:
    """Let so many events happen as the agent keeps: until then each guest that comes and goes adds some KiB of them."""

    def full() -> bool:
        page = watch.samples()
        return sum(count for _, count in page.each("libvirt_events_total", object="domain")) >= SIZE

    with flood(guests.connection.listAllDomains()):
        eventually(full, within=60, every=0.2, what=f"{SIZE} events")


def _churn(
    watch: Watch,
    guests: Guests,
    a_minute: float,
    seconds: float,
    measured: Measured,
    *,
    warm_up: float,
) -> None:
    watch.wait_fresh(within=30, guests=STAYING)
    _fill_ring(watch, guests)
    churn = Churn(guests, a_minute)
    churn.run(warm_up)  # caches and the allocator's arenas find their size
    before = Size.of(watch)
    churn.run(seconds)
    churn.end()
    assert churn.gone

    def none_left() -> bool:
        left = {name for name, labels, _ in watch.samples().found if labels.get("domain") in churn.gone}
        assert left <= OUTLIVING, left - OUTLIVING
        return True

    # After three intervals what nobody writes any more leaves by itself; here it must have left with its guest.
    eventually(none_left, within=watch.interval + ROOM, every=0.1, what="the end of every vanished guest's series")
    after = Size.of(watch)
    measured("guests", f"{churn.made} in {seconds + warm_up:g} s")
    measured("failed runs", f"{sum(_failed(watch).values()):g}")
    measured("threads", f"{before.threads} to {after.threads}")
    measured("descriptors", f"{before.descriptors} to {after.descriptors}")
    measured("memory", f"{before.kibibytes / 1024:.1f} to {after.kibibytes / 1024:.1f} MiB")
    assert _failed(watch) == {}, watch.logged("level=warning") + watch.logged("level=error")
    assert after.threads == before.threads
    assert abs(after.descriptors - before.descriptors) <= 2  # a scrape or a health check under way
    measured("growth", f"{(after.kibibytes / before.kibibytes - 1) * 100:.1f} %")
    assert after.kibibytes < before.kibibytes * 1.05
    with ThreadPoolExecutor(1) as beside:
        going = beside.submit(churn.run, STOP_SECONDS)
        measured("stopped after", f"{watch.stop():.2f} s")
        going.result()
    churn.end()


def test_guests_that_come_and_go(
    libvirt_host: Libvirtd, churned_guests: Guests, watch: StartWatch, measured: Measured
) -> None:
    """At three times the usual pace no collector fails, no series of a vanished guest stays and nothing leaks."""
    _churn(watch(libvirt_host, *FLAGS, interval=2.0), churned_guests, 60, 25, measured, warm_up=10)


@pytest.mark.soak
def test_guests_that_come_and_go_for_ten_minutes(
    libvirt_host: Libvirtd, churned_guests: Guests, watch: StartWatch, measured: Measured
) -> None:
    """Twenty guests a minute for ten minutes: no collector fails, no series stays and nothing leaks."""
    _churn(watch(libvirt_host, *FLAGS, interval=2.0), churned_guests, 20, 600, measured, warm_up=180)


@pytest.mark.soak
def test_an_hour_in_six_minutes(
    libvirt_host: Libvirtd, churned_guests: Guests, watch: StartWatch, measured: Measured
) -> None:
    """With every collector at ten times the pace and guests that come and go, memory stays within 5 %, threads and
    descriptors stay the same."""
    watching = watch(libvirt_host, *FLAGS, interval=2.0, everything=True)
    _churn(watching, churned_guests, 20, 360, measured, warm_up=180)
