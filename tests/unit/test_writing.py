"""Who is written onto the page while guests come and go."""

from collections import defaultdict
from dataclasses import replace
from typing import Any

import pytest

from exporter.collection.plan import Slot
from exporter.collection.writing import Writing
from exporter.collectors import domain_job, domain_state, overcommit
from exporter.collectors.collector import Collector
from exporter.exposition.page import Page
from exporter.exposition.part import Part
from exporter.guest import DeviceFilters, Guest
from exporter.hypervisor.inventory import Inventory
from exporter.hypervisor.record import Record
from exporter.outcome import Outcome

EVERYTHING = DeviceFilters(lambda _: True, lambda _: True)
FOR_EVER = float("inf")


class Host:
    """A host's inventory and page, written onto as a batch does."""

    def __init__(self, collector: Collector, **changes: Any) -> None:
        """`changes` are those of the collector's first feed."""
        self.inventory = Inventory(lambda _: True, EVERYTHING)
        part = Part(collector.metrics, phrase="", series_limit=0, clock=lambda: 0.0)
        self.page = Page({collector.name: part}, {}, lambda *_: b"", lambda: 0.0)
        self.writing = Writing(self.page, self.inventory)
        self.slot = Slot(collector, 0, replace(collector.feeds[0], **changes), 15.0)
        self.outcomes: dict[str, Outcome] = defaultdict(Outcome)

    def write(self, guest: Guest, data: Record | None = None) -> str:
        """The page after a guest was written onto it."""
        self.writing.guest(self.slot, guest, self.outcomes, FOR_EVER, data)
        self.writing.sums(self.slot, FOR_EVER)
        self.page.publish(self.slot.collector.name)
        return b"".join(self.page.render("text", gzip=False)).decode()


@pytest.fixture
def guest() -> Guest:
    """A guest whose state is known."""
    made = Guest("6f3f0a3e-0000-4000-8000-000000000001", "mayfly", EVERYTHING)
    made.state, made.active = 1, True
    return made


def test_a_guest_that_is_there_is_written(guest: Guest) -> None:
    """The usual case."""
    host = Host(domain_state.COLLECTOR)
    host.inventory.guests = host.inventory.everyone = {guest.uuid: guest}
    assert 'libvirt_domain_info_state{domain="mayfly"} 1' in host.write(guest)


def test_a_guest_that_went_while_it_was_asked_is_not_put_back(guest: Guest) -> None:
    """What a run learned of a guest that another run found gone is dropped."""
    host = Host(domain_state.COLLECTOR)
    assert "mayfly" not in host.write(guest)


def test_a_guest_that_was_renamed_while_it_was_asked_is_not_written_under_its_old_name(guest: Guest) -> None:
    """It is the same guest to libvirt, but its series are others."""
    host = Host(domain_state.COLLECTOR)
    renamed = Guest(guest.uuid, "imago", EVERYTHING)
    host.inventory.guests = host.inventory.everyone = {guest.uuid: renamed}
    assert "mayfly" not in host.write(guest)


def test_a_guest_is_written_again_when_what_it_is_made_of_changed(guest: Guest) -> None:
    """Not before, and always if nothing says what it is made of."""
    made_of: list[object] = [1]
    host = Host(domain_state.COLLECTOR, made_of=lambda *_: made_of[0])
    host.inventory.guests = host.inventory.everyone = {guest.uuid: guest}
    running, paused = (f'libvirt_domain_info_state{{domain="mayfly"}} {state}' for state in (1, 3))
    assert running in host.write(guest)
    guest.state = 3
    assert running in host.write(guest)
    made_of[0] = 2
    assert paused in host.write(guest)
    guest.state, made_of[0] = 1, None
    assert running in host.write(guest)
    guest.state = 3
    assert paused in host.write(guest)


@pytest.mark.parametrize("name", ["state", "reason", "started_at", "active"])
def test_a_guest_whose_state_is_another_is_written_again(guest: Guest, name: str) -> None:
    """Whatever of it is another."""
    host = Host(domain_state.COLLECTOR)
    host.inventory.guests = host.inventory.everyone = {guest.uuid: guest}
    guest.reason, guest.started_at = 1, 5.0
    before = host.write(guest)
    assert host.write(guest) == before
    setattr(guest, name, {"active": False}.get(name, 2))
    assert host.write(guest) != before


def test_what_was_made_wrong_is_not_repeated(guest: Guest) -> None:
    """It is tried again each time, and counted."""
    host = Host(overcommit.COLLECTOR, made_of=lambda *_: 1)
    host.inventory.everyone = {guest.uuid: guest}
    for _ in range(2):
        host.write(guest, Record({"vcpu.current": "many"}))
    assert host.outcomes["overcommit"].failures == 2


def test_what_it_is_made_of_cannot_be_said(guest: Guest) -> None:
    """It is no answer that libvirt documents: collecting it fails, once for each guest."""
    host = Host(domain_job.COLLECTOR)
    host.inventory.guests = {guest.uuid: guest}
    assert "mayfly" not in host.write(guest, Record({}))
    assert host.outcomes["domain_job"].failures == 1


def test_a_guest_that_went_while_it_was_asked_adds_to_no_sum(guest: Guest) -> None:
    """Sums are of guests that are there, those that filters hide included."""
    host = Host(overcommit.COLLECTOR)
    renamed = Guest(guest.uuid, "imago", EVERYTHING)
    renamed.active = True
    host.inventory.everyone = {guest.uuid: renamed}
    assert "libvirt_node_guest_vcpus 2" in host.write(renamed, Record({"vcpu.current": 2}))
    assert "libvirt_node_guest_vcpus 2" in host.write(guest, Record({"vcpu.current": 4}))
