"""One guest may have nothing to say where the others do."""

from typing import Any

import libvirt
import pytest

from exporter.host import Host
from tests.replay.host import collected, page
from tests.replay.shapes import recording

_ELSEWHERE = {
    "error": [
        libvirt.VIR_ERR_OPERATION_UNSUPPORTED,
        "Operation not supported: migration statistics are available only on the source host",
    ]
}
"""What libvirt says of a guest that goes on here while the rest of its memory follows."""


def _with_jobs_refused(count: int) -> tuple[Host, list[str]]:
    """The host after one run, and the active guests of which this many say nothing about jobs."""
    found = recording("many")
    active = [each for each in found["guests"] if each["active"]]
    for refusing in active[:count]:
        refusing["jobStats"] = {"current": _ELSEWHERE, "completed": _ELSEWHERE}
    return collected(found, collectors={"connection": 15.0, "domain_job": 60.0}), [each["name"] for each in active]


def _told(host: Host) -> set[str]:
    prefix = 'libvirt_domain_job_info_type{domain="'
    lines = page(host, "text").splitlines()
    return {line.removeprefix(prefix).partition('"')[0] for line in lines if line.startswith(prefix)}


@pytest.mark.parametrize("count", [1, 11])
def test_a_guest_that_does_not_tell_costs_itself_alone(count: int) -> None:
    """Wherever it stands among the others, which are asked in groups of ten."""
    host, names = _with_jobs_refused(count)
    assert _told(host) == set(names[count:])
    assert host.figures.collectors["domain_job"].success
    assert host.figures.collectors["domain_job"].supported


def test_what_no_guest_tells_is_not_supported() -> None:
    """No failure: the host does not have it."""
    host, _ = _with_jobs_refused(len(recording("many")["guests"]))
    assert _told(host) == set()
    outcome = host.figures.collectors["domain_job"].newest["guest-60s-domain_job"]
    assert (outcome.supported, outcome.failures) == (False, 0)


@pytest.mark.parametrize(
    ("state", "asked"),
    [
        ([libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_MIGRATION], False),
        ([libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_STARTING_UP], False),
        ([libvirt.VIR_DOMAIN_RUNNING, libvirt.VIR_DOMAIN_RUNNING_POSTCOPY], False),
        ([libvirt.VIR_DOMAIN_RUNNING, libvirt.VIR_DOMAIN_RUNNING_MIGRATED], True),
        ([libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_USER], True),
    ],
)
def test_a_guest_that_is_being_started_or_moved_here_is_left_in_peace(state: list[int], asked: bool) -> None:
    """A call that wants a job of it would wait for half a minute."""
    found = recording("one")
    one: dict[str, Any] = found["guests"][0]
    one["state"] = state
    host = collected(found, collectors={"connection": 15.0, "domain_job": 60.0})
    assert _told(host) == ({"web-1"} if asked else set())
