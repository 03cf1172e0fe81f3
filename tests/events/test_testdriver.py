"""Events of the test driver, from libvirt to the page."""

import pytest

from exporter.collectors.source import Events
from exporter.exposition.part import Part
from exporter.exposition.rows import Rows
from tests.events.host import Watched, watched
from tests.lab.driver import URI, Driver
from tests.lab.polling import eventually

TITLE = 1
"""VIR_DOMAIN_METADATA_TITLE."""

LIFE = [
    ("defined", "added"),
    ("started", "booted"),
    ("suspended", "paused"),
    ("resumed", "unpaused"),
    ("stopped", "destroyed"),
    ("undefined", "removed"),
]


def live(driver: Driver, name: str) -> None:
    """Let a guest go through everything the driver tells."""
    domain = driver.define(name)
    domain.create()
    domain.suspend()
    domain.resume()
    domain.destroy()
    domain.undefine()


def test_a_life_is_told_once_and_in_order(driver: Driver, host: Watched) -> None:
    """Each event of a guest comes once, with libvirt's names."""
    live(driver, "mayfly")
    eventually(lambda: len(host.kinds("mayfly")) >= len(LIFE), within=10, what="the events")
    assert host.kinds("mayfly") == LIFE


def test_a_life_is_counted(driver: Driver, host: Watched) -> None:
    """Counters by kind and detail, and those with names of their own, say what happened; the guest itself is gone."""
    live(driver, "mayfly")
    assert host.wait("libvirt_domain_lifecycle_events_total", domain="mayfly", event="undefined", detail="removed") == 1
    for name in ("starts", "stops"):
        assert host.value(f"libvirt_domain_{name}_total", domain="mayfly") == 1
    assert host.value("libvirt_domain_crashes_total", domain="mayfly") == 0
    assert host.value("libvirt_domain_info_state", domain="mayfly") is None


def test_a_state_is_on_the_page_before_the_next_poll(driver: Driver, host: Watched) -> None:
    """A pause shows with its reason although nothing is polled."""
    driver.start("quick").suspend()
    assert host.wait("libvirt_domain_state_reason_info", domain="quick", state="paused", reason="user") == 1
    driver.connection.lookupByName("quick").resume()
    assert host.wait("libvirt_domain_state_reason_info", domain="quick", state="running", reason="unpaused") == 1


def test_counts_that_did_not_change_are_not_written_again(
    driver: Driver, host: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run writes those of the guest something happened to, and lets the others stand."""
    driver.start("calm")
    driver.start("busy")
    for name in ("calm", "busy"):
        assert host.wait("libvirt_domain_starts_total", domain=name) == 1
    (batch,) = (each for each in host.host.batches if isinstance(each.source, Events))
    part, written = host.host.figures.parts["event"], set[str]()
    put = Part.put

    def note(to: Part, feed: int, subject: str, rows: Rows, expires: float, made_of: object) -> None:
        if to is part:
            written.add(subject)
        put(to, feed, subject, rows, expires, made_of)

    host.host.runner.run(batch)
    monkeypatch.setattr(Part, "put", note)
    host.host.runner.run(batch)
    assert not {subject for subject in written if subject.endswith(("calm", "busy"))}
    driver.connection.lookupByName("busy").suspend()
    assert host.wait("libvirt_domain_lifecycle_events_total", domain="busy", event="suspended", detail="paused") == 1
    assert {subject for subject in written if subject.endswith(("calm", "busy"))} == {"event/busy"}


def test_a_start_that_was_seen_has_a_time(driver: Driver, host: Watched) -> None:
    """The start time is that of the event; a guest that ran before has none."""
    driver.start("fresh")
    started = host.wait("libvirt_domain_start_timestamp_seconds", domain="fresh")
    told = [entry for entry in host.ring.after(0) if entry.told.get("guest") == "fresh"]
    assert started == pytest.approx(told[0].at, abs=0.001)
    assert host.value("libvirt_domain_start_timestamp_seconds", domain="test") is None


def test_a_new_guest_is_described_at_once(driver: Driver, host: Watched) -> None:
    """What comes out of the XML is there without waiting for the slow schedule."""
    driver.start("described")
    eventually(lambda: 'libvirt_domain_info{domain="described"' in host.page(), within=10, what="its description")


def test_changed_metadata_is_read_at_once(driver: Driver, host: Watched) -> None:
    """A title that changes has the XML of that guest read again."""
    domain = driver.start("named")

    def reads() -> int:
        return sum(host.host.calls.durations["XMLDesc"].counts)

    before = eventually(reads, within=10, what="the first description")
    domain.setMetadata(TITLE, "a new title", None, None, 0)
    eventually(lambda: reads() > before, within=10, what="another description")


def test_counters_start_at_zero_for_a_guest_that_is_there(host: Watched) -> None:
    """What alerts use is there before anything happened, so that increase() sees the first event."""
    for name in ("starts", "stops", "crashes", "reboots", "panics"):
        assert host.value(f"libvirt_domain_{name}_total", domain="test") == 0


def test_pools_and_networks_are_counted(driver: Driver, host: Watched) -> None:
    """Lifecycle events of what is not a guest have counters by name."""
    pool = driver.pool("new-pool")
    pool.create()
    pool.refresh()
    network = driver.network("new-net")
    network.create()
    assert host.wait("libvirt_storage_pool_lifecycle_events_total", storage_pool="new-pool", event="started") == 1
    assert host.wait("libvirt_storage_pool_refreshes_total", storage_pool="new-pool") == 1
    assert host.wait("libvirt_storage_pool_refresh_timestamp_seconds", storage_pool="new-pool") > 0
    assert host.wait("libvirt_network_lifecycle_events_total", network="new-net", event="started") == 1
    for thing in (pool, network):
        thing.destroy()
        thing.undefine()


def test_host_devices_are_counted(driver: Driver, host: Watched) -> None:
    """A device that comes and goes is told by name and counted without it."""
    device = driver.device()
    name = device.name()
    device.destroy()
    for kind in ("created", "deleted"):
        assert host.wait("libvirt_node_device_lifecycle_events_total", event=kind) == 1
        assert host.value("libvirt_events_total", object="node_device", event=kind) == 1
    told = [entry.told for entry in host.ring.after(0) if entry.told["object"] == "node_device"]
    assert [(each["kind"], each["name"]) for each in told] == [("created", name), ("deleted", name)]


def test_a_guest_that_is_gone_keeps_its_counters_for_a_while(driver: Driver) -> None:
    """After the retention its series leave the page."""
    collectors = dict.fromkeys(("connection", "domain_state", "event", "exporter"), 0.2)
    with watched(URI, collectors=collectors, event_retention=1.0) as host:
        driver.start("brief").destroy()
        assert host.wait("libvirt_domain_stops_total", domain="brief") == 1
        eventually(lambda: 'domain="brief"' not in host.page(), within=10, what="the end of its series")


def test_a_guest_made_anew_goes_on_counting(driver: Driver, host: Watched) -> None:
    """Guests that come and go under one name share their counters, whatever their uuids."""
    for _ in range(2):
        driver.start("again").destroy()
    eventually(lambda: host.value("libvirt_domain_starts_total", domain="again") == 2, within=10, what="two starts")


def test_without_the_collector_nothing_is_subscribed(driver: Driver) -> None:
    """Switched off, there is no connection for events and no counter."""
    collectors = dict.fromkeys(("connection", "domain_state", "exporter"), 600.0)
    with watched(URI, collectors=collectors) as host:
        driver.start("silent")
        assert 'role="event"' not in host.page()
        assert "libvirt_event_subscribed" not in host.page()
        assert host.ring.newest == 0


def test_what_the_driver_refuses_is_said(host: Watched) -> None:
    """Each kind is subscribed or not; the test driver has no secrets."""
    assert host.value("libvirt_event_subscribed", object="domain", event="lifecycle") == 1
    assert host.value("libvirt_event_subscribed", object="secret", event="lifecycle") == 0
