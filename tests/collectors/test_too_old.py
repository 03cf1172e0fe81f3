"""What can no longer be read is shown until it is too old, and no longer."""

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import pytest

from exporter.clock import Clock
from exporter.collection.paces import STATE, Paces
from exporter.collection.plan import Batch, Slot
from exporter.collectors.domain_block import COLLECTOR as BLOCK
from exporter.host import Host
from exporter.hypervisor.connection import Target
from exporter.hypervisor.errors import Abandoned
from exporter.hypervisor.stats import Asked
from exporter.outcome import Outcome
from exporter.schedule import Schedule
from exporter.settings import HostSettings
from tests.collectors.written import guest
from tests.lab.polling import eventually
from tests.replay.recorded import RecordedHost
from tests.replay.shapes import recording


@dataclass
class Replayed:
    """A host of one guest, what it answers, and the steady clock."""

    answers: dict[str, Any] = field(default_factory=lambda: recording("one"))
    seconds: float = 0.0

    def __post_init__(self) -> None:
        target = Target("test:///recording", open_read_only=RecordedHost(self.answers).open)
        settings = HostSettings("replayed", target.uri, collectors={"domain_info": 300.0, "secret": 300.0})
        clock = Clock(lambda: 1_800_000_000.0, lambda: self.seconds)
        self.host = Host(settings, Schedule(), None, target=target, clock=clock)
        self.host.pool.start()
        eventually(lambda: self.host.pool.up, within=10, what="the recording opened")

    def run(self, *, after: float) -> bool:
        """Run every batch so many seconds later; whether the guest's facts are on the page then."""
        self.seconds += after
        for batch in self.host.batches:
            self.host.runner.run(batch)
        return bool(self.host.page.lines("libvirt_domain_info"))


@pytest.fixture
def replayed() -> Iterator[Replayed]:
    """A host that was not read yet."""
    made = Replayed()
    yield made
    made.host.pool.stop()


def test_facts_whose_description_cannot_be_read_any_more_are_withdrawn(replayed: Replayed) -> None:
    """After three intervals, and not confirmed by each run that failed."""
    assert replayed.run(after=0)
    (one,) = replayed.answers["guests"]
    good, one["xml"] = one["xml"], {"error": [1, "no description today"]}
    assert [replayed.run(after=300) for _ in range(3)] == [True, True, False]
    one["xml"] = good
    assert replayed.run(after=300)


def test_the_last_run_that_ends_tells_of_all(replayed: Replayed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches begin together, and what is said of them is about all collectors."""
    host = replayed.host
    first, *others = host.batches
    told: list[set[Batch]] = []
    gather = host.gathering.gather

    def after_the_others(batch: Batch) -> dict[str, Outcome]:
        if batch is first:
            for other in others:
                host.runner.run(other)
        return gather(batch)

    monkeypatch.setattr(host.gathering, "gather", after_the_others)
    monkeypatch.setattr(
        host.page, "tell_runs", lambda: told.append({each for each in others if each in host.runner.ran})
    )
    host.runner.run(first)
    assert others
    assert told == [set(others)]
    host.runner.run(others[0])
    assert len(told) == 2


def test_calls_about_the_host_that_hang_are_made_after_pauses_that_double(
    replayed: Replayed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each may hold a worker of the daemon for as long as another daemon hangs, and there are twenty."""
    calls = []

    def hang(_task: Any) -> Future[Any]:
        calls.append(replayed.seconds)
        replayed.seconds += 15
        answer: Future[Any] = Future()
        answer.set_exception(Abandoned("call listAllSecrets", "no answer within 15 s"))
        return answer

    (batch,) = (batch for batch in replayed.host.batches if batch.name.startswith("host"))
    with monkeypatch.context() as patch:
        patch.setattr(replayed.host.pool, "submit", hang)
        for turn in range(20):
            replayed.seconds = 300 * turn
            replayed.host.runner.run(batch)
            assert replayed.host.figures.collectors["secret"].success is False
    assert calls == [0, 300, 900, 2100, 4500]
    replayed.seconds = 9300
    replayed.host.runner.run(batch)
    assert replayed.host.figures.collectors["secret"].success


def test_a_guest_that_is_off_rests_once_it_has_answered() -> None:
    """One that was asked in vain is asked again in the next run."""
    batch = Batch("block", 15.0, (Slot(BLOCK, 0, BLOCK.feeds[0], 15.0),))
    paces, off = Paces(Clock(steady=lambda: 0.0)), guest(active=False)
    assert paces.divide(batch, [off]) == {batch.groups: [off]}
    assert paces.divide(batch, [off]) == {batch.groups: [off]}
    paces.answered(batch, off, Asked(batch.groups, 0.0, whole=None))
    assert paces.divide(batch, [off]) == {STATE: [off]}


def test_batches_share_a_listing(replayed: Replayed) -> None:
    """A recent one will do; one that is asked for because something changed is made."""

    def listings() -> int:
        return sum(replayed.host.calls.durations["listAllDomains"].counts)

    replayed.run(after=0)
    apart = listings()
    replayed.run(after=14)
    assert listings() - apart == apart - 1
    replayed.run(after=300)
    assert listings() - apart == 2 * apart - 1
    replayed.host.gathering.list_guests()
    replayed.host.gathering.list_guests()
    assert listings() - apart == 2 * apart + 1
