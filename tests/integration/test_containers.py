"""Containers: a real driver that has no bulk statistics."""

from collections.abc import Iterator

import pytest

from exporter.collectors.registry import COLLECTORS
from tests.lab.containers import HELPER, container, lxc
from tests.lab.guests import Guests
from tests.lab.libvirtd import Libvirtd
from tests.lab.watch import Watch, watch

_DEFAULT = [each.name for each in COLLECTORS if each.default and each.name not in ("connection", "event", "exporter")]


@pytest.fixture
def host(own_libvirt_host: Libvirtd, own_guests: Guests) -> Iterator[Watch]:
    """A container that runs, after every default collector ran twice."""
    if not HELPER.exists():
        pytest.skip("libvirt's driver for containers is not installed: run scripts/setup")
    own_guests.network()
    box = container(own_libvirt_host, "box")
    with watch(lxc(own_libvirt_host.uri), *_DEFAULT) as watched:
        watched.run()
        watched.run()
        yield watched
    box.destroy()


def test_containers_are_asked_one_by_one(host: Watch) -> None:
    """Their state, memory, CPU time and traffic are there, and nothing that the driver lacks is a failure."""
    failed = {name for name in _DEFAULT if host.host.figures.collectors[name].supported and not host.success(name)}
    assert failed == set()
    assert host.value("libvirt_domain_info_state", domain="box") == 1
    assert host.value("libvirt_domain_timed_out", domain="box") == 0
    assert host.value("libvirt_domain_memory_stats_current_balloon_bytes", domain="box") == 64 << 20
    assert (host.value("libvirt_domain_memory_stats_rss_bytes", domain="box") or 0) > 0
    assert (host.value("libvirt_domain_info_cpu_time_seconds_total", domain="box") or 0) > 0
    assert host.value("libvirt_node_guest_vcpus") == 1
    (received,) = host.samples("libvirt_domain_interface_stats_receive_bytes_total")
    assert ("domain", "box") in received
