"""When batches run, on the real scheduler."""

import threading
import time
from collections.abc import Iterator

import pytest

from exporter.collection.plan import Batch, Slot
from exporter.collectors.collector import Collector, Feed
from exporter.collectors.source import HostCall
from exporter.schedule import Schedule
from tests.lab.polling import eventually


def _batch(name: str, interval: float) -> Batch:
    feed = Feed(HostCall(lambda _: None), lambda *_: None)
    collector = Collector(name=name, help="Something.", metrics=(), feeds=(feed,))
    return Batch(name, interval, (Slot(collector, 0, feed, interval),))


@pytest.fixture
def schedule() -> Iterator[Schedule]:
    """A schedule that runs."""
    made = Schedule()
    made.start()
    yield made
    made.stop()


def test_a_batch_runs_again_at_its_interval(schedule: Schedule) -> None:
    """Without being asked to."""
    runs: list[Batch] = []
    schedule.add_host("host", [_batch("a", 0.1)], runs.append, lambda *_: None)
    eventually(lambda: len(runs) >= 3, within=10, what="three runs")


def test_what_is_wanted_soon_does_not_wait_for_its_interval(schedule: Schedule) -> None:
    """A host that came back is collected at once."""
    runs: list[Batch] = []
    batch = _batch("a", 3600)
    schedule.add_host("host", [batch], runs.append, lambda *_: None)
    schedule.soon("host", [batch])
    eventually(lambda: runs, within=10, what="the run")


def test_what_began_together_does_not_stay_together(schedule: Schedule) -> None:
    """Batches that all ran when the host was connected run at times of their own from then on."""
    runs: dict[str, list[float]] = {f"batch-{number}": [] for number in range(8)}
    batches = [_batch(name, 1.0) for name in runs]
    schedule.add_host("host", batches, lambda batch: runs[batch.name].append(time.monotonic()), lambda *_: None)
    schedule.soon("host", batches)
    eventually(lambda: all(len(times) >= 2 for times in runs.values()), within=20, what="two runs of each")
    second = [times[1] for times in runs.values()]
    assert max(second) - min(second) > 0.25  # eight random times are closer once in 30,000 trials


def test_a_run_that_is_due_while_one_goes_on_is_skipped_and_said(schedule: Schedule) -> None:
    """Never two runs of one collector side by side."""
    release = threading.Event()
    inside: list[int] = []
    skipped: list[str] = []

    def run(_: Batch) -> None:
        inside.append(1)
        release.wait(30)
        inside.pop()

    schedule.add_host("host", [_batch("a", 0.1)], run, lambda _, reason: skipped.append(reason))
    eventually(lambda: "running" in skipped, within=10, what="the skipped run")
    assert len(inside) == 1
    release.set()


def test_a_run_that_is_wanted_while_one_goes_on_follows_it(schedule: Schedule) -> None:
    """What was asked for is not lost because something was in its way."""
    release = threading.Event()
    runs: list[Batch] = []

    def run(batch: Batch) -> None:
        runs.append(batch)
        release.wait(30)

    batch = _batch("a", 3600)
    schedule.add_host("host", [batch], run, lambda *_: None)
    schedule.soon("host", [batch])
    eventually(lambda: runs, within=10, what="the first run")
    schedule.soon("host", [batch])
    release.set()
    eventually(lambda: len(runs) == 2, within=10, what="the second run")


def test_a_host_that_hangs_holds_up_no_other(schedule: Schedule) -> None:
    """Each has threads of its own."""
    release = threading.Event()
    runs: list[Batch] = []
    schedule.add_host("hung", [_batch("a", 0.1)], lambda _: bool(release.wait(30)) and None, lambda *_: None)
    schedule.add_host("other", [_batch("a", 0.1)], runs.append, lambda *_: None)
    eventually(lambda: len(runs) >= 3, within=10, what="the other host's runs")
    release.set()


def test_a_host_that_was_removed_runs_no_more(schedule: Schedule) -> None:
    """And what somebody still wants of it is nothing."""
    runs: list[Batch] = []
    others: list[Batch] = []
    batch = _batch("a", 0.1)
    schedule.add_host("gone", [batch], runs.append, lambda *_: None)
    schedule.remove_host("gone", [batch])
    schedule.soon("gone", [batch])
    schedule.add_host("other", [_batch("a", 0.1)], others.append, lambda *_: None)
    eventually(lambda: len(others) >= 3, within=10, what="the other host's runs")
    assert runs == []
