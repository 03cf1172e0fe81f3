"""Descriptions of guests, read when they changed."""

from tests.lab.driver import URI
from tests.lab.watch import Watch, watch


def _read(watching: Watch) -> int:
    """How many descriptions a run of everything reads."""
    calls = watching.host.calls.durations["XMLDesc"]
    before = sum(calls.counts)
    watching.run()
    return sum(calls.counts) - before


def test_each_pace_reads_what_changed() -> None:
    """Where events tell of changes, collectors that describe at another pace have not seen what others have read."""
    with watch(URI, "domain_info", "domain_device_count", paces={"domain_device_count": 60.0}) as watching:
        watching.host.descriptions.events = True
        read = _read(watching)
        assert read == 2 * len(watching.host.inventory.candidates) > 0
        assert watching.samples("libvirt_domain_info")
        assert watching.samples("libvirt_domain_devices")
        assert _read(watching) == 0
        watching.host.descriptions.all_changed()
        assert _read(watching) == read
