"""Guest agents of a real daemon, asked over a connection of their own."""

from collections.abc import Iterator

import pytest

from tests.lab.guests import Guests
from tests.lab.libvirtd import Libvirtd
from tests.lab.polling import eventually
from tests.lab.watch import Watch, watch


@pytest.fixture(scope="module")
def asked(libvirt_host: Libvirtd, module_guests: Guests) -> Iterator[Watch]:
    """One guest whose agent answers and one whose channel nobody opens, after the agents were asked."""
    module_guests.start(module_guests.linux("answers", options="lab.agent", agent_channel=True))
    module_guests.start_paused(module_guests.idle("silent", agent_channel=True))
    module_guests.wait_booted("answers")
    with watch(libvirt_host.uri, "domain_agent", agent_uri=libvirt_host.admin_uri) as host:

        def answered() -> bool:
            host.run("domain_agent")
            return host.value("libvirt_domain_agent_up", domain="answers") == 1

        eventually(answered, within=30, every=0.5, what="the agent's answer")
        yield host


def test_an_agent_tells_what_runs_in_its_guest(asked: Watch) -> None:
    """System, host name, time zone, users, addresses, vCPUs."""
    assert asked.labels("libvirt_domain_agent_os_info", domain="answers") == {
        "domain": "answers",
        "os_id": "lab",
        "os_name": "Lab Linux",
        "os_version": "1",
        "kernel_release": "6.1",
        "machine": "x86_64",
    }
    assert asked.labels("libvirt_domain_agent_hostname_info")["hostname"] == "lab-guest"
    assert asked.value("libvirt_domain_agent_timezone_offset_seconds", domain="answers") == 3600
    assert asked.value("libvirt_domain_agent_users", domain="answers") == 2
    assert asked.labels("libvirt_domain_agent_address_info")["address"] == "192.0.2.7"
    assert asked.value("libvirt_domain_agent_vcpus_online", domain="answers") == 2
    assert asked.value("libvirt_domain_agent_vcpus_offlinable", domain="answers") == 1


def test_the_clock_of_a_guest_is_compared_with_ours(asked: Watch) -> None:
    """The laboratory's guests take the host's clock, which they tell to the second."""
    offset = asked.value("libvirt_domain_agent_clock_offset_seconds", domain="answers")
    assert offset is not None
    assert abs(offset) < 30


def test_file_systems_without_a_disk_are_left_out(asked: Watch) -> None:
    """A tmpfs says nothing that memory does not."""
    labels = asked.labels("libvirt_domain_agent_filesystem_used_bytes")
    assert (labels["mountpoint"], labels["fstype"], labels["device"]) == ("/", "ext4", "vda1")


def test_a_guest_without_an_agent_costs_nothing(asked: Watch) -> None:
    """Its channel is not connected, so it is not asked and not shown."""
    assert asked.value("libvirt_domain_agent_up", domain="silent") is None


def test_the_agent_connection_stands_apart(asked: Watch) -> None:
    """It is the only one that may write, and nothing but agents was asked over it."""
    assert asked.value("libvirt_connection_read_only", role="agent") == 0
    assert asked.value("libvirt_connection_read_only", role="worker") == 1


def test_without_a_connection_of_their_own_no_agent_is_asked(libvirt_host: Libvirtd) -> None:
    """The collector then says that it is not supported here, quietly."""
    with watch(libvirt_host.uri, "domain_agent") as host:
        host.run("domain_agent")
        assert host.samples("libvirt_domain_agent_up") == {}
        assert "agent" not in {dict(key)["role"] for key in host.samples("libvirt_connections")}
