"""Which feeds share a gathering."""

from collections.abc import Callable
from typing import Any

from exporter.collection.plan import Batch, plan, threads_for
from exporter.collectors.collector import Collector, Feed
from exporter.collectors.source import Description, GuestCall, HostCall, Live, Source, statistics


def _nothing(*_: Any) -> None:
    """A collect function that writes nothing."""


def _read(_: Any) -> int:
    return 1


def _collector(name: str, *sources: Source, interval: float | None = None) -> Collector:
    feeds = tuple(Feed(source, _nothing, interval=interval) for source in sources)
    return Collector(name=name, help="Something.", metrics=(), feeds=feeds)


def _names(batch: Batch) -> list[str]:
    return [slot.collector.name for slot in batch.slots]


def _batches(*collectors: Collector, intervals: Callable[[str], float] = lambda _: 15.0) -> list[list[str]]:
    found = plan(collectors, {collector.name: intervals(collector.name) for collector in collectors})
    return sorted(_names(batch) for batch in found)


def test_statistics_of_one_interval_are_one_call_with_all_their_groups() -> None:
    """Two collectors do not ask a guest twice."""
    (batch,) = plan([_collector("a", statistics("cpu")), _collector("b", statistics("block"))], {"a": 15.0, "b": 15.0})
    assert batch.groups == {"state", "cpu", "block"}
    assert _names(batch) == ["a", "b"]


def test_statistics_that_are_due_in_some_runs_of_others_go_with_them() -> None:
    """A guest can be asked for a part of the groups, and its monitor is entered once."""
    collectors = (_collector("slow", statistics("balloon")), _collector("fast", statistics("cpu")))
    (batch,) = plan(collectors, {"slow": 60.0, "fast": 15.0})
    assert (batch.interval, batch.intervals) == (15.0, (15.0, 60.0))
    assert batch.read_at((15.0,)) == {"state", "cpu"}
    assert batch.slow == {60.0: {"state", "balloon"}}
    assert batch.groups == {"state", "cpu", "balloon"}


def test_another_interval_is_another_gathering() -> None:
    """A slow collector does not slow a fast one down, nor the other way round."""
    collectors = (_collector("fast", statistics("cpu")), _collector("slow", statistics("cpu")))
    assert _batches(*collectors, intervals=lambda name: 40.0 if name == "slow" else 15.0) == [["fast"], ["slow"]]
    calls = (_collector("fast", HostCall(_read)), _collector("slow", HostCall(_read)))
    assert _batches(*calls, intervals=lambda name: 60.0 if name == "slow" else 15.0) == [["fast"], ["slow"]]


def test_groups_that_can_fail_a_call_have_one_of_their_own() -> None:
    """A QEMU that dies inside one of them takes nothing else with it."""
    assert _batches(_collector("a", statistics("cpu")), _collector("b", statistics("iothread", apart=True))) == [
        ["a"],
        ["b"],
    ]


def test_the_same_call_about_the_host_is_made_once() -> None:
    """Whoever needs what it returned gets it."""
    assert _batches(_collector("a", HostCall(_read)), _collector("b", HostCall(_read))) == [["a", "b"]]


def test_descriptions_are_read_once_for_all() -> None:
    """Domain XML is parsed once, whoever looks at it."""
    assert _batches(_collector("a", Description()), _collector("b", Description())) == [["a", "b"]]


def test_a_feed_can_be_slower_than_its_collector() -> None:
    """But never faster."""
    slow = _collector("a", statistics("cpu"), interval=60.0)
    assert [batch.interval for batch in plan([slow], {"a": 15.0})] == [60.0]
    assert [batch.interval for batch in plan([slow], {"a": 300.0})] == [300.0]


def test_what_is_off_and_what_needs_nothing_is_in_no_batch() -> None:
    """Figures of the moment come of no run."""
    assert plan([_collector("off", statistics("cpu"))], {}) == []
    assert _batches(_collector("live", Live())) == []


def test_batches_have_names_of_their_own() -> None:
    """The scheduler knows them by name."""
    collectors = [_collector(name, HostCall(lambda _: 1)) for name in "abc"]
    collectors += [_collector(name, statistics("cpu", apart=True)) for name in "de"]
    collectors += [_collector("f", HostCall(lambda _: 1), HostCall(lambda _: 2))]
    names = [batch.name for batch in plan(collectors, {collector.name: 15.0 for collector in collectors})]
    assert sorted(names) == sorted(set(names))


def test_a_host_has_the_threads_that_its_connections_can_keep_busy() -> None:
    """One for each call that can be under way, one for what needs none, and one for each batch that may wait for the
    monitors of guests while the others go on; never more than there are batches."""
    calls = [_collector(f"call-{number}", HostCall(lambda _: None)) for number in range(12)]
    monitors = [_collector("bulk", statistics("block")), _collector("each", GuestCall(_read))]
    batches = plan([*calls, *monitors], {each.name: 15.0 for each in (*calls, *monitors)})
    assert [threads_for(batches, lanes) for lanes in (1, 4, 40)] == [4, 7, 14]
    assert threads_for([], 4) == 1
