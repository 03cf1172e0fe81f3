"""Events of real QEMU guests: each is seen once, under libvirt's names."""

import json
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import libvirt  # noqa: TID251  its constants
import pytest

from tests.lab import extras, images
from tests.lab.agent import Agent
from tests.lab.definitions import Disk
from tests.lab.guests import Guests
from tests.lab.libvirtd import Libvirtd
from tests.lab.polling import eventually

# What else happens on the way differs between releases and is not what these tests are about.
_INCIDENTAL = {"migration_iteration", "tunable", "agent_lifecycle", "rtc_change", "balloon_change"}

DISK = """\
<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='{path}'/>
<target dev='vdb' bus='virtio'/></disk>"""


class Told:
    """What an agent tells of guests."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent

    def events(self, guest: str, kind: str = "") -> list[dict[str, Any]]:
        """All events of a guest so far, or those of one kind."""
        answer = self.agent.page(f"/api/v1/events?guest={guest}" + (f"&kind={kind}" if kind else ""))
        found: list[dict[str, Any]] = json.loads(answer)["events"]
        return found

    def names(self, guest: str) -> list[str]:
        """Kind and detail of each event of a guest so far, without what is incidental."""
        return [
            " ".join(filter(None, (event["kind"], event.get("detail", ""))))
            for event in self.events(guest)
            if event["kind"] not in _INCIDENTAL
        ]

    def expect(self, guest: str, *names: str, within: float = 30) -> None:
        """Exactly these events, in any order: libvirt tells a resume before the start it belongs to."""

        def complete() -> bool:
            found = self.names(guest)
            assert sorted(found) == sorted(names), f"so far {found}"
            return True

        eventually(complete, within=within, what=f"events of {guest}")

    def wait(self, guest: str, kind: str, *, within: float = 60) -> dict[str, Any]:
        """The first event of a kind."""
        return eventually(lambda: self.events(guest, kind), within=within, what=f"{kind} of {guest}")[0]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, libvirt_host: Libvirtd) -> Iterator[Told]:
    """An agent that watches the shared host for the whole module."""
    agent = Agent(tmp_path_factory.mktemp("agent"), f"--libvirt.uri={libvirt_host.uri}")
    yield Told(agent)
    agent.stop()


@pytest.fixture
def own_told(tmp_path: Path, own_libvirt_host: Libvirtd) -> Iterator[Told]:
    """An agent that watches a host of one test's own."""
    agent = Agent(tmp_path, f"--libvirt.uri={own_libvirt_host.uri}")
    yield Told(agent)
    agent.stop()


def test_a_definition_comes_and_goes(told: Told, guests: Guests) -> None:
    """Define, define again, undefine."""
    domain = guests.define(guests.idle("paper"))
    guests.connection.defineXML(domain.XMLDesc()).undefine()
    told.expect("paper", "defined added", "defined updated", "undefined removed")


def test_a_definition_that_changes_under_a_running_guest(told: Told, guests: Guests) -> None:
    """What a restart would change is on the page at once, and gone after the restart."""
    domain = guests.start_paused(guests.idle("edited"))
    told.agent.wait_for_line('libvirt_domain_updated{domain="edited"} 0')
    inactive = domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)
    guests.connection.defineXML(inactive.replace("<memory ", "<title>new</title><memory ", 1))
    told.agent.wait_for_line('libvirt_domain_updated{domain="edited"} 1')
    domain.destroy()
    domain.createWithFlags(libvirt.VIR_DOMAIN_START_PAUSED)
    told.agent.wait_for_line('libvirt_domain_updated{domain="edited"} 0')


def test_a_secret_is_told_by_its_uuid(told: Told, guests: Guests) -> None:
    """Define, give a value, undefine; neither the value nor what the secret is for is told."""
    made = extras.secret(guests, "client.volumes")
    uuid = made.UUIDString()
    made.setValue(b"quite-secret", 0)
    made.undefine()

    def found() -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = json.loads(told.agent.page("/api/v1/events?object=secret"))["events"]
        return [{key: each[key] for key in each.keys() - {"id", "time", "host"}} for each in events]

    eventually(lambda: len(found()) >= 3, within=30, what="three events of a secret")
    assert found() == [
        {"object": "secret", "kind": kind, "uuid": uuid} for kind in ("defined", "value_changed", "undefined")
    ]
    for kind in ("defined", "value_changed", "undefined"):
        told.agent.wait_for_line(f'libvirt_events_total{{event="{kind}",object="secret"}} 1')


def test_a_life_of_a_guest(told: Told, guests: Guests) -> None:
    """Start, suspend, resume and destroy; the last begins with a shutdown that the host asked for."""
    domain = guests.start(guests.idle("life"))
    domain.suspend()
    domain.resume()
    domain.destroy()
    told.expect(
        "life",
        "defined added",
        "resumed unpaused",
        "started booted",
        "suspended paused",
        "resumed unpaused",
        "shutdown host",
        "stopped destroyed",
    )
    told.agent.wait_for_line('libvirt_domain_starts_total{domain="life"} 1')


def test_a_state_is_there_before_the_next_poll(told: Told, guests: Guests) -> None:
    """A suspended guest is paused on the page at once, with the time of the event."""
    domain = guests.start(guests.idle("prompt"))
    told.wait("prompt", "started")
    domain.suspend()
    event = told.wait("prompt", "suspended")
    eventually(
        lambda: 'libvirt_domain_state_reason_info{domain="prompt",reason="user",state="paused"} 1' in told.agent.page(),
        within=5,
        what="its state",
    )
    assert event["detail"] == "paused"


def test_managed_save_and_restore(told: Told, guests: Guests) -> None:
    """A save is a job that ends with the guest stopped; the next start is a restore."""
    domain = guests.start(guests.idle("saved"))
    domain.managedSave()
    domain.create()
    told.expect(
        "saved",
        "defined added",
        "resumed unpaused",
        "started booted",
        "suspended paused",
        "job_completed completed",
        "stopped saved",
        "started restored",
        "resumed from_snapshot",
    )
    assert told.events("saved", "job_completed")[0]["operation"] == "save"
    told.agent.wait_for_line('libvirt_domain_jobs_total{domain="saved",operation="save",result="completed"} 1')
    told.agent.wait_for_line('libvirt_domain_job_completed_success{domain="saved",operation="save"} 1')


def test_a_killed_process_is_a_crash(told: Told, libvirt_host: Libvirtd, guests: Guests) -> None:
    """kill -9 of a QEMU is a stop that failed, and counts as one crash."""
    guests.start_paused(guests.idle("victim"))
    told.wait("victim", "suspended")
    libvirt_host.signal_guest("victim", signal.SIGKILL)
    assert told.wait("victim", "stopped")["detail"] == "failed"
    told.agent.wait_for_line('libvirt_domain_crashes_total{domain="victim"} 1')


def test_a_reset_is_a_reboot(told: Told, guests: Guests) -> None:
    """A reset is counted once, however often libvirt tells it."""
    domain = guests.start(guests.idle("reset"))
    told.wait("reset", "started")
    domain.reset()
    told.wait("reset", "reboot")
    told.agent.wait_for_line('libvirt_domain_reboots_total{domain="reset"} 1')


def test_a_snapshot_and_the_way_back(told: Told, guests: Guests) -> None:
    """A snapshot pauses the guest for a moment; reverting to it stops and starts it."""
    disk = Disk(images.qcow2(guests.images / "snapped.qcow2"), "qcow2")
    domain = guests.start(replace(guests.idle("snapped", disks=0, nics=0), disks=(disk,)))
    domain.snapshotCreateXML("<domainsnapshot><name>one</name></domainsnapshot>")
    domain.revertToSnapshot(domain.snapshotLookupByName("one"))
    told.expect(
        "snapped",
        "defined added",
        "resumed unpaused",
        "started booted",
        "suspended paused",
        "resumed unpaused",
        "stopped from_snapshot",
        "started from_snapshot",
        "resumed from_snapshot",
        "defined from_snapshot",
    )


def test_linux_takes_part(told: Told, guests: Guests) -> None:
    """Balloon, disks in and out, and a shutdown that the guest does itself."""
    domain = guests.start(guests.linux("linux", "idle"))
    guests.wait_booted("linux")
    domain.setMemory(88 * 1024)
    told.wait("linux", "balloon_change")
    disk = DISK.format(path=images.raw(guests.images / "linux-more.raw"))
    domain.attachDevice(disk)
    assert told.wait("linux", "device_added")["alias"] == "virtio-disk1"
    domain.detachDevice(disk)
    assert told.wait("linux", "device_removed")["alias"] == "virtio-disk1"
    domain.shutdown()
    told.expect(
        "linux",
        "defined added",
        "resumed unpaused",
        "started booted",
        "device_added",
        "device_removed",
        "shutdown guest",
        "stopped shutdown",
    )


def test_a_full_file_system_pauses_the_guest(told: Told, libvirt_host: Libvirtd, guests: Guests) -> None:
    """An I/O error names the disk by its target, and why."""
    full = guests.images / "full"
    libvirt_host.run_inside(["mkdir", "-p", str(full)])
    libvirt_host.run_inside(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(full)])
    try:
        libvirt_host.run_inside(["truncate", "-s", "8M", str(full / "disk.raw")])
        guests.start(guests.linux("thirsty", disks=(Disk(full / "disk.raw"),)))
        event = told.wait("thirsty", "io_error")
        assert (event["target_device"], event["action"], event["detail"]) == ("vda", "pause", "enospc")
        assert told.wait("thirsty", "suspended")["detail"] == "ioerror"
        told.agent.wait_for_line('libvirt_domain_io_errors_total{domain="thirsty",target_device="vda"} 1')
    finally:
        guests.clear()
        libvirt_host.run_inside(["umount", str(full)])


def test_a_panic_is_told(told: Told, guests: Guests) -> None:
    """A kernel that panics is one panic and one crash, though libvirt sends two events."""
    guests.start(guests.linux("panicker", "panic", options="lab.after=1"))
    assert told.wait("panicker", "crashed")["detail"] == "panicked"
    assert told.wait("panicker", "stopped")["detail"] == "crashed"
    told.agent.wait_for_line('libvirt_domain_panics_total{domain="panicker"} 1')
    told.agent.wait_for_line('libvirt_domain_crashes_total{domain="panicker"} 1')


def test_a_watchdog_fires(told: Told, guests: Guests) -> None:
    """A watchdog that nobody feeds pauses its guest."""
    guests.start(guests.linux("sleepy", "watchdog", watchdog="pause"))
    assert told.wait("sleepy", "watchdog")["detail"] == "pause"
    assert told.wait("sleepy", "suspended")["detail"] == "watchdog"
    told.agent.wait_for_line('libvirt_domain_watchdog_events_total{action="pause",domain="sleepy"} 1')


def test_a_guest_that_reboots_itself(told: Told, guests: Guests) -> None:
    """A reboot from inside is told as such and is no stop."""
    guests.start(guests.linux("restless", "reboot", options="lab.after=1"))
    told.wait("restless", "reboot")
    assert not told.events("restless", "stopped")


def test_a_restart_of_libvirt_is_a_gap_that_is_closed(
    own_told: Told, own_libvirt_host: Libvirtd, own_guests: Guests
) -> None:
    """What changed while libvirtd was away is found by comparing, and events come again after."""
    own_guests.start_paused(own_guests.idle("stays"))
    own_guests.start_paused(own_guests.idle("dies"))
    own_told.wait("dies", "suspended")
    own_libvirt_host.kill(signal.SIGTERM)
    own_libvirt_host.signal_guest("dies", signal.SIGKILL)
    own_libvirt_host.start_daemon()
    missed = own_told.wait("dies", "missed")
    # Why it was paused depends on how soon after its start it was asked.
    assert (missed["was"].partition(" ")[0], missed["now"].partition(" ")[0]) == ("paused", "shutoff")
    assert not own_told.events("stays", "missed")
    own_told.agent.wait_for_line("libvirt_event_gaps_total 1")
    own_guests.close()  # the connection to the daemon that is gone
    own_guests.connection.lookupByName("stays").resume()
    own_told.wait("stays", "resumed")
    own_told.agent.wait_for_line('libvirt_domain_events_total{domain="stays",event="resumed"} 1')
