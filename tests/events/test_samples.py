"""Counts of events as they stand on a page."""

import pytest

from exporter.collectors import event as collector
from exporter.events.event import Event
from exporter.exposition.live import write_rows
from exporter.exposition.rows import Rows
from tests.collectors.written import guest
from tests.events.test_counts import NOON, counted, event


def _samples(rows: Rows) -> set[str]:
    text = write_rows(collector.COLLECTOR.metrics, rows, "text").decode()
    return {line for line in text.splitlines() if not line.startswith("#")}


@pytest.mark.parametrize(
    ("told", "line"),
    [
        (
            event("io_error", "enospc", identifier="io_error", target_device="vda", action="pause"),
            'io_error_reasons_total{action="pause",domain="web-1",reason="enospc",target_device="vda"} 1',
        ),
        (
            event("memory_failure", "ignore", identifier="memory_failure", recipient="guest"),
            'memory_failures_total{action="ignore",domain="web-1",recipient="guest"} 1',
        ),
        (
            event("agent_lifecycle", "disconnected", identifier="agent_lifecycle"),
            'agent_disconnects_total{domain="web-1"} 1',
        ),
        (
            event("block_job", "failed", identifier="block_job", target_device="vda", block_job="commit"),
            'blockjobs_total{block_job="commit",domain="web-1",status="failed",target_device="vda"} 1',
        ),
        (
            event("block_threshold", identifier="block_threshold", target_device="vda", excess_bytes=512),
            'block_threshold_events_total{domain="web-1",target_device="vda"} 1',
        ),
        (
            event("block_threshold", identifier="block_threshold", target_device="vda", excess_bytes=512),
            'block_threshold_excess_bytes{domain="web-1",target_device="vda"} 512',
        ),
        (
            event("graphics", "connect", identifier="graphics"),
            'graphics_sessions_total{domain="web-1",phase="connect"} 1',
        ),
        (event("rtc_change", identifier="rtc_change", offset_seconds=3600), 'rtc_offset_seconds{domain="web-1"} 3600'),
        (
            event("started", "booted", at=5.0),
            f'last_event_timestamp_seconds{{domain="web-1",event="started"}} {NOON + 5}',
        ),
    ],
    ids=lambda each: each.partition("{")[0] if isinstance(each, str) else "of",
)
def test_an_event_of_a_guest_has_its_sample(told: Event, line: str) -> None:
    """Beside the count of all events of its kind."""
    counts = counted(told)
    rows = Rows()
    collector.collect_guest("web-1", counts.guests["web-1"], guest(), rows)
    assert f"libvirt_domain_{line}" in _samples(rows)


def test_the_newest_event_of_each_kind_is_dated_for_the_host() -> None:
    """Whatever guest it came from."""
    rows = Rows()
    collector.collect_host(counted(event("started", at=1.0), event("started", at=7.0)), rows)
    wanted = f'libvirt_last_event_timestamp_seconds{{event="started",object="domain"}} {NOON + 7}'
    assert wanted in _samples(rows)
