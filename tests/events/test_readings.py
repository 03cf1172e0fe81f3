"""What libvirt's callback arguments become."""

import pytest

from exporter.hypervisor.eventkinds import EventKind, event_kinds
from exporter.hypervisor.eventreadings import DOMAIN_READERS, anything

KINDS = {(kind.object, kind.identifier): kind for kind in event_kinds()}


def domain(identifier: str) -> EventKind:
    """A kind of event of guests; the test is skipped if the installed libvirt has none."""
    if ("domain", identifier) not in KINDS:
        pytest.skip(f"the installed libvirt has no event {identifier}")
    return KINDS["domain", identifier]


def test_every_event_of_the_installed_libvirt_is_understood() -> None:
    """No event of a guest falls back to numbered arguments."""
    assert [kind.identifier for kind in event_kinds() if kind.read is anything] == []


def test_the_richer_twin_is_taken() -> None:
    """I/O errors come with their reason, block jobs with the target; once each."""
    numbers = {kind.identifier: kind.number for kind in event_kinds() if kind.object == "domain"}
    assert (numbers["io_error"], numbers["block_job"]) == (6, 16)
    assert len(set(numbers.values())) == len(numbers)
    assert not {4, 8} & set(numbers.values())


def test_lifecycle_is_told_apart() -> None:
    """The kinds of a lifecycle are its types."""
    assert set(domain("lifecycle").kinds) >= {"defined", "started", "suspended", "stopped", "crashed"}
    assert set(KINDS["storage_pool", "lifecycle"].kinds) >= {"created", "deleted", "started"}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((5, 5), ("stopped", "failed")),
        ((2, 0), ("started", "booted")),
        ((6, 2), ("shutdown", "host")),
        ((8, 0), ("crashed", "panicked")),
        ((5, 99), ("stopped", "unknown")),
        ((99, 0), ("unknown", "")),
    ],
)
def test_lifecycle_has_names(arguments: tuple[int, int], expected: tuple[str, str]) -> None:
    """Type and detail have libvirt's names, numbers of a newer one are unknown."""
    reading = domain("lifecycle").read(*arguments)
    assert (reading.kind, reading.detail) == expected


@pytest.mark.parametrize(
    ("identifier", "arguments", "detail", "fields"),
    [
        (
            "io_error",
            ("/a", "virtio-disk0", 1, "enospc"),
            "enospc",
            {"action": "pause", "alias": "virtio-disk0", "source": "/a"},
        ),
        ("io_error", (None, None, 2, ""), "other", {"action": "report", "alias": "", "source": ""}),
        ("watchdog", (2,), "reset", {}),
        ("block_job", ("vda", 4, 3), "ready", {"target_device": "vda", "block_job": "active_commit"}),
        ("block_job", ("vda", 1, 1), "failed", {"target_device": "vda", "block_job": "pull"}),
        ("balloon_change", (1024,), "", {"bytes": 1048576}),
        ("rtc_change", (-3600,), "", {"offset_seconds": -3600}),
        ("tray_change", ("ide0-0-0", 0), "open", {"alias": "ide0-0-0"}),
        ("agent_lifecycle", (2, 2), "disconnected", {"reason": "channel"}),
        (
            "memory_failure",
            (1, 3, 2),
            "reset",
            {"recipient": "guest", "action_required": 0, "recursive": 1},
        ),
        (
            "block_threshold",
            ("vda[1]", None, 10, 5),
            "",
            {"target_device": "vda[1]", "source": "", "threshold_bytes": 10, "excess_bytes": 5},
        ),
        ("metadata_change", (1, None), "title", {}),
        ("tunable", ({"cputune.cpu_shares": 5, "x": None},), "", {"cputune.cpu_shares": 5, "x": ""}),
        ("memory_device_size_change", ("virtiomem0", 2), "", {"alias": "virtiomem0", "bytes": 2048}),
    ],
)
def test_arguments_have_names(
    identifier: str, arguments: tuple[object, ...], detail: str, fields: dict[str, object]
) -> None:
    """Each argument has a name, in base units, with libvirt's name for a number."""
    reading = domain(identifier).read(*arguments)
    assert (reading.detail, dict(reading.fields)) == (detail, fields)


@pytest.mark.parametrize(
    ("parameters", "result"),
    [
        ({"operation": 2, "time_elapsed": 1500, "downtime": 20, "data_processed": 7}, "completed"),
        ({"operation": 9, "success": False, "errmsg": "no space"}, "failed"),
        ({"operation": 5, "type": 5}, "cancelled"),
    ],
)
def test_jobs_have_a_result(parameters: dict[str, object], result: str) -> None:
    """A finished job says how it ended, even where libvirt only implies it."""
    assert domain("job_completed").read(parameters).detail == result


def test_times_of_jobs_are_seconds() -> None:
    """Milliseconds become seconds."""
    told = {"operation": 2, "time_elapsed": 1500, "downtime": 20, "setup_time": 5}
    fields = domain("job_completed").read(told).fields
    assert (fields["duration_seconds"], fields["downtime_seconds"], fields["setup_seconds"]) == (1.5, 0.02, 0.005)


def test_figures_of_jobs_keep_their_units() -> None:
    """Bytes are bytes; what a job does not have is absent."""
    told = {"data_processed": 9, "memory_processed": 7, "disk_processed": 2, "memory_bps": 3, "memory_iteration": 4}
    assert domain("job_completed").read({"operation": 5, **told}).fields == {
        "operation": "migration_out",
        "bytes": 9,
        "memory_bytes": 7,
        "file_bytes": 2,
        "memory_bytes_per_second": 3,
        "memory_iterations": 4,
    }


@pytest.mark.parametrize(("phase", "name"), [(0, "connect"), (1, "initialize"), (2, "disconnect")])
def test_who_looks_at_a_screen_is_personal(phase: int, name: str) -> None:
    """Addresses and identities are kept apart from what is told."""
    address = {"family": 0, "node": "192.0.2.7", "service": "5900"}
    reading = domain("graphics").read(phase, address, address, "sasl", [("sasluser", "anna")])
    assert (reading.detail, reading.fields) == (name, {"authentication": "sasl"})
    assert reading.personal == {
        "local_address": "192.0.2.7",
        "remote_address": "192.0.2.7",
        "identities": "sasluser=anna",
    }


@pytest.mark.parametrize(
    ("identifier", "arguments", "fields"),
    [
        ("nic_mac_change", ("net0", "a", "b"), {"alias": "net0", "old_mac": "a", "new_mac": "b"}),
        ("vcpu_removed", (3,), {"vcpu": 3}),
        ("channel_lifecycle", ("agent", 1, 1), {"reason": "unknown", "channel": "agent"}),
        ("channel_lifecycle", (1, 1), {"reason": "unknown"}),
    ],
)
def test_events_of_newer_releases_are_known(
    identifier: str, arguments: tuple[object, ...], fields: dict[str, object]
) -> None:
    """What the installed libvirt may not have yet is read as it is documented."""
    read = dict(DOMAIN_READERS[identifier](*arguments).fields)
    assert read | {"reason": "unknown"} == fields | {"reason": "unknown"}


def test_what_nobody_knows_is_numbered() -> None:
    """An event from the future shows its arguments to whoever may see addresses and names of people, and to nobody
    else: they could be some."""
    reading = anything("192.0.2.7", 3, None)
    assert reading.personal == {"argument_1": "192.0.2.7", "argument_2": 3, "argument_3": ""}
    assert not reading.fields
