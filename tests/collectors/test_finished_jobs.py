"""What is told of jobs that ended."""

from exporter.clock import Moment
from exporter.events.event import Event
from tests.replay.host import collected, page
from tests.replay.shapes import recording

_MIGRATION = {
    "operation": "migration_out",
    "duration_seconds": 12.5,
    "downtime_seconds": 0.25,
    "setup_seconds": 0.5,
    "bytes": 4096,
    "memory_bytes": 3072,
    "file_bytes": 1024,
    "memory_bytes_per_second": 512,
    "memory_iterations": 3,
}


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
    lines = [line for line in page(host, "text").splitlines() if line.startswith("libvirt_domain_job_completed_")]
    labels = '{domain="moved",operation="migration_out"}'
    assert {line.replace(labels, "") for line in lines} == {
        "libvirt_domain_job_completed_timestamp_seconds 7.0",
        "libvirt_domain_job_completed_success 1",
        "libvirt_domain_job_completed_duration_seconds 12.5",
        "libvirt_domain_job_completed_downtime_seconds 0.25",
        "libvirt_domain_job_completed_setup_seconds 0.5",
        "libvirt_domain_job_completed_bytes 4096",
        "libvirt_domain_job_completed_memory_bytes 3072",
        "libvirt_domain_job_completed_file_bytes 1024",
        "libvirt_domain_job_completed_memory_bytes_per_second 512",
        "libvirt_domain_job_completed_memory_iterations 3",
    }
