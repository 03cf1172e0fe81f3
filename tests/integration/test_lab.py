"""The laboratory itself: its guests give the figures that other tests rely on."""

import signal

import pytest

from tests.lab.guests import Guests
from tests.lab.libvirtd import Libvirtd
from tests.lab.polling import eventually
from tests.lab.readonly import bulk_stats

RUNNING, PAUSED, SHUT_OFF = 1, 3, 5


_COUNTERS = ["cpu.time", "vcpu.0.time", "block.0.rd.bytes", "block.0.wr.bytes", "net.0.rx.bytes"]


@pytest.fixture(scope="module")
def three_guests(module_guests: Guests) -> None:
    """A Linux that writes, a paused guest and one that is shut off."""
    module_guests.start(module_guests.linux("writer"))
    module_guests.start_paused(module_guests.idle("idle"))
    module_guests.define(module_guests.idle("off"))
    module_guests.wait_booted("writer")


@pytest.mark.usefixtures("three_guests")
def test_each_guest_is_in_its_state(libvirt_host: Libvirtd) -> None:
    """Running, paused and shut-off guests show as such over the read-only socket."""
    states = {name: record["state.state"] for name, record in bulk_stats(libvirt_host.uri).items()}
    assert states == {"writer": RUNNING, "idle": PAUSED, "off": SHUT_OFF}


@pytest.mark.usefixtures("three_guests")
@pytest.mark.parametrize("key", _COUNTERS)
def test_counters_of_the_writer_grow(libvirt_host: Libvirtd, key: str) -> None:
    """The writing guest moves its processor, disk and network counters."""
    before: int = bulk_stats(libvirt_host.uri)["writer"][key]

    def is_more() -> bool:
        return before < int(bulk_stats(libvirt_host.uri)["writer"][key])

    eventually(is_more, within=20, every=0.5, what=f"growth of {key}")


@pytest.mark.usefixtures("three_guests")
def test_balloon_of_the_writer_reports_again_and_again(libvirt_host: Libvirtd) -> None:
    """The balloon driver brings its report up to date at the period asked for."""
    before: int = bulk_stats(libvirt_host.uri)["writer"]["balloon.last-update"]
    assert before > 0

    def is_newer() -> bool:
        return before < int(bulk_stats(libvirt_host.uri)["writer"]["balloon.last-update"])

    eventually(is_newer, within=20, every=0.5, what="a newer balloon report")


@pytest.mark.usefixtures("three_guests")
def test_a_linux_guest_obeys_the_power_button(module_guests: Guests) -> None:
    """ACPI shutdown ends a Linux guest."""
    domain = module_guests.start(module_guests.linux("mayfly", role="idle"))
    module_guests.wait_booted("mayfly")
    domain.shutdown()
    eventually(lambda: not domain.isActive(), within=30, what="shutdown of mayfly")


def test_guests_outlive_a_killed_daemon(own_libvirt_host: Libvirtd, own_guests: Guests) -> None:
    """A daemon killed and started again finds the guests it left."""
    own_guests.start_paused(own_guests.idle("survivor"))
    own_libvirt_host.kill(signal.SIGKILL)
    own_libvirt_host.start_daemon()
    assert bulk_stats(own_libvirt_host.uri)["survivor"]["state.state"] == PAUSED
