"""What is told of jobs that ended."""

from exporter.clock import Moment
from exporter.events.event import Event
from tests.replay.host import collected, page
from tests.replay.shapes import recording

_MIGRATION = {"operation": "migration_out", "duration_seconds": 12.5, "downtime_seconds": 0.25, "bytes": 4096}


def test_a_guest_that_migrated_away_leaves_how_long_it_was_paused() -> None:
    """Its definition often leaves with it; the figures stay as long as its counters of events."""
    host = collected(recording("one"), event_retention=600.0)
    counts = host.figures.events
    counts.count(
        Event(
            "domain", "job_completed", "job_completed", Moment(7.0, 7.0), "moved", detail="completed", fields=_MIGRATION
        ),
        shown=True,
    )
    slots = [slot for batch in host.batches for slot in batch.slots]
    host.gathering.events.write_anew(slots)
    labels = '{domain="moved",operation="migration_out"}'
    assert f"libvirt_domain_job_completed_downtime_seconds{labels} 0.25" in page(host, "text")
    assert f"libvirt_domain_job_completed_bytes{labels} 4096" in page(host, "text")
