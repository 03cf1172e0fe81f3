"""A guest moves from one real host to another while both are watched."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from math import isnan
from pathlib import Path

import pytest

from tests.lab.guests import Guests
from tests.lab.libvirtd import Libvirtd
from tests.lab.migration import Migration, destination
from tests.lab.polling import eventually
from tests.lab.samples import Samples
from tests.reliability.watching import Watch

GUEST = "moved"
INTERVAL = 1.0

WHOLE = {
    "time_elapsed_seconds",
    "setup_time_seconds",
    "downtime_seconds",
    "data_total_bytes",
    "data_processed_bytes",
    "data_remaining_bytes",
    "memory_total_bytes",
    "memory_processed_bytes",
    "memory_remaining_bytes",
    "memory_normal_bytes",
    "memory_page_size_bytes",
    "memory_bytes_per_second",
    "memory_dirty_bytes_per_second",
    "memory_iteration",
}
"""Figures of a migration that has been over the memory once; all of them are above zero."""


@dataclass
class Story:
    """Pages of both hosts: twice on the way, and when it was over."""

    early: Samples
    late: Samples
    arriving: Samples
    left: Samples
    arrived: Samples
    log: str
    """What the agent of the second host had to say."""


@pytest.fixture(scope="module")
def story(libvirt_host: Libvirtd, module_guests: Guests, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Everything is collected of both hosts; the second has a guest of its own beside the one that arrives."""
    directory: Path = tmp_path_factory.mktemp("migration")
    with ExitStack() as stack:
        target = destination()
        stack.callback(target.stop)
        with closing(Guests(target.start())) as residents:
            residents.start_paused(residents.idle("resident"))
        # Emulated processors can lose a write while memory is moved: a guest that panics for that stays to be seen.
        module_guests.start(module_guests.linux(GUEST, "dirtier", watchdog="", on_crash="preserve"))
        module_guests.wait_booted(GUEST)
        watching = []
        for name, host in (("here", libvirt_host), ("there", target)):
            # Longer than one interval, so that a machine with much to do is not taken for a guest that hangs.
            watch = Watch(directory / name, host, "--libvirt.deadline=10s", interval=INTERVAL, everything=True)
            stack.callback(watch.agent.stop)
            watching.append(watch)
        migration = Migration(libvirt_host, target, GUEST)
        stack.callback(migration.close)
        yield _move(migration, *watching)


def _move(migration: Migration, here: Watch, there: Watch) -> Story:
    def reached(iteration: int) -> Samples:
        def page() -> Samples | None:
            samples = here.samples()
            at = samples.value("libvirt_domain_job_info_memory_iteration", domain=GUEST)
            return samples if at >= iteration else None

        found = eventually(page, within=60, what=f"pass {iteration} over the memory; {migration.error}")
        assert found is not None
        return found

    early, late = reached(1), reached(4)
    there.wait_fresh_of({"resident"}, within=10)
    arriving = there.samples()
    migration.hurry()
    eventually(
        lambda: not isnan(here.figure("libvirt_domain_job_completed_success", domain=GUEST)),
        within=10,
        what="the end of the job",
    )
    eventually(lambda: isnan(here.figure("libvirt_domain_active", domain=GUEST)), within=10, what="its leave")
    there.wait_fresh_of({GUEST}, within=10)
    return Story(early, late, arriving, here.samples(), there.samples(), "\n".join(there.agent.log_lines()))


def test_a_migration_is_a_job_with_figures(story: Story) -> None:
    """What it is, how far it is, how fast, and the pause that it will cause."""
    ((labels, _),) = story.late.each("libvirt_domain_job_info_operation_info", domain=GUEST)
    assert labels["operation"] == "migration_out"
    assert {
        name for name in WHOLE if not story.late.value(f"libvirt_domain_job_info_{name}", domain=GUEST) > 0
    } == set()


def test_a_migration_goes_on_from_one_run_to_the_next(story: Story) -> None:
    """More is moved, and time has passed."""
    for name in ("data_processed_bytes", "memory_processed_bytes", "time_elapsed_seconds"):
        early, late = (
            page.value(f"libvirt_domain_job_info_{name}", domain=GUEST) for page in (story.early, story.late)
        )
        assert early < late


def test_a_guest_that_writes_faster_than_it_is_moved_is_seen(story: Story) -> None:
    """The query of the collector's page about migrations that never end finds it; what the migration may do is told."""
    dirtied = story.late.value("libvirt_domain_job_info_memory_dirty_bytes_per_second", domain=GUEST)
    assert dirtied > 0.5 * story.late.value("libvirt_domain_job_info_memory_bytes_per_second", domain=GUEST)
    assert story.late.value("libvirt_domain_migration_maximum_downtime_seconds", domain=GUEST) == 0.3
    assert story.late.value("libvirt_domain_migration_compression_cache_bytes", domain=GUEST) > 0
    assert story.late.value("libvirt_domain_events_total", domain=GUEST, event="migration_iteration") >= 3


def test_a_guest_that_arrives_waits_for_its_memory(story: Story) -> None:
    """The other host knows it already, and why it does not run."""
    ((labels, _),) = story.arriving.each("libvirt_domain_state_reason_info", domain=GUEST)
    assert (labels["state"], labels["reason"]) == ("paused", "migration")


def test_a_guest_that_arrives_disturbs_nobody(story: Story) -> None:
    """libvirt lets nobody ask it for a job: who did would wait for half a minute, and the others with him."""
    assert "abandoned" not in story.log
    assert "set aside" not in story.log
    assert story.arriving.value("libvirt_domain_job_info_type", domain="resident") == 0
    failed = {
        name for name, good in story.arriving.by("collector", "libvirt_exporter_collector_success").items() if not good
    }
    # libvirt 9 cannot read the neighbour table of a network namespace.
    assert failed <= {"domain_address"}


def test_a_guest_that_left_takes_everything_along_but_its_end(story: Story) -> None:
    """Its series go, counters of events and the figures of the finished job stay for a while."""
    assert not [name for name in story.left.names(domain=GUEST) if "_info_" in name or "_stats_" in name]
    assert story.left.value("libvirt_domains") == 0
    job = {"domain": GUEST, "operation": "migration_out"}
    assert story.left.value("libvirt_domain_jobs_total", result="completed", **job) == 1
    assert story.left.value("libvirt_jobs_total", operation="migration_out", result="completed") >= 1
    assert story.left.value("libvirt_domain_job_completed_success", **job) == 1
    assert story.left.value("libvirt_domain_job_completed_timestamp_seconds", **job) > 1_600_000_000
    elapsed = story.late.value("libvirt_domain_job_info_time_elapsed_seconds", domain=GUEST)
    assert story.left.value("libvirt_domain_job_completed_duration_seconds", **job) > elapsed
    assert 0 < story.left.value("libvirt_domain_job_completed_downtime_seconds", **job) < 10
    for now, then in (
        ("data_processed_bytes", "bytes"),
        ("memory_processed_bytes", "memory_bytes"),
        ("memory_iteration", "memory_iterations"),
    ):
        before = story.late.value(f"libvirt_domain_job_info_{now}", domain=GUEST)
        assert story.left.value(f"libvirt_domain_job_completed_{then}", **job) > before
    wanted = {"domain": GUEST, "event": "stopped", "detail": "migrated"}
    assert story.left.value("libvirt_domain_lifecycle_events_total", **wanted) == 1


def test_a_guest_that_arrived_is_one_of_the_others(story: Story) -> None:
    """Where it came from is told; it has all its figures, and nobody waited for it."""
    ((labels, _),) = story.arrived.each("libvirt_domain_state_reason_info", domain=GUEST)
    assert (labels["state"], labels["reason"]) in {("running", "migrated"), ("crashed", "panicked")}
    for event in ("started", "resumed"):
        wanted = {"domain": GUEST, "event": event, "detail": "migrated"}
        assert story.arrived.value("libvirt_domain_lifecycle_events_total", **wanted) == 1
    assert story.arrived.value("libvirt_domain_vcpu_time_seconds_total", domain=GUEST, vcpu="0") >= 0
    assert story.arrived.value("libvirt_domain_timeouts_total", domain=GUEST) == 0
