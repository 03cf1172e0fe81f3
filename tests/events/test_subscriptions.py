"""What is subscribed, and refreshed, while something is away or fails."""

from collections.abc import Iterator

import pytest

from exporter.hypervisor.calls import CallLog
from exporter.hypervisor.connection import Connection
from exporter.hypervisor.events import EventQueue
from exporter.hypervisor.subscriptions import Subscriptions
from exporter.hypervisor.waits import Waits
from tests.events.host import watched
from tests.lab.driver import URI, Driver
from tests.lab.faulty import Faults
from tests.lab.polling import eventually


@pytest.fixture
def faults() -> Faults:
    """Nothing goes wrong yet."""
    return Faults()


@pytest.fixture
def queue() -> EventQueue:
    """Where the events arrive."""
    return EventQueue()


@pytest.fixture
def subscriptions(driver: Driver, faults: Faults, queue: EventQueue) -> Iterator[Subscriptions]:
    """Those of the test driver, which are still to be started."""
    assert driver.connection.isAlive()

    def connect() -> Connection:
        connection = Connection(faults.target, CallLog(), set(), lambda *_: None)
        connection.open(10)
        return connection

    made = Subscriptions(connect, queue, Waits())
    yield made
    made.end()


def test_one_connection_is_enough_where_nothing_is_away(faults: Faults, subscriptions: Subscriptions) -> None:
    """The test driver gives all but secrets."""
    subscriptions.start()
    assert subscriptions.present == {"domain", "network", "storage_pool", "node_device"}
    assert (subscriptions.absent, faults.opened) == (set(), 1)


def test_objects_whose_daemon_is_away_cost_nothing_else(faults: Faults, subscriptions: Subscriptions) -> None:
    """Everything else is subscribed, on connections that live."""
    faults.absent = {"network", "storagePool"}
    subscriptions.start()
    assert subscriptions.present == {"domain", "node_device"}
    assert subscriptions.absent == {"network", "storage_pool"}
    assert subscriptions.alive


def test_a_daemon_that_comes_is_subscribed_to_beside_the_others(
    driver: Driver, faults: Faults, subscriptions: Subscriptions, queue: EventQueue
) -> None:
    """What it tells arrives, and what others tell arrives once."""
    faults.absent = {"network", "storagePool"}
    subscriptions.start()
    assert subscriptions.complete() == set()
    faults.absent = {"storagePool"}
    assert subscriptions.complete() == {"network"}
    assert (subscriptions.absent, subscriptions.alive) == ({"storage_pool"}, True)
    network = driver.network("late-net")
    network.undefine()
    driver.define("late").undefine()
    heard: list[tuple[str, str]] = []

    def complete() -> bool:
        heard.extend((event.kind.object, event.name) for event in queue.take(0.1))
        return len(heard) >= 4

    eventually(complete, within=10, what="four events")
    assert sorted(heard) == [("domain", "late")] * 2 + [("network", "late-net")] * 2


def test_a_daemon_that_ends_is_missed_when_it_is_looked_for(faults: Faults, subscriptions: Subscriptions) -> None:
    """Nothing else says so: the connection goes on."""
    subscriptions.start()
    subscriptions.look("network")
    assert subscriptions.alive
    faults.absent = {"network"}
    subscriptions.look("network")
    assert not subscriptions.alive


def test_a_daemon_that_ends_and_comes_back_is_a_gap(driver: Driver, faults: Faults) -> None:
    """What it tells is counted again, and the page says that something may have been missed."""
    with watched(URI, target=faults.target) as host:
        assert host.value("libvirt_event_subscribed", object="network", event="lifecycle") == 1
        faults.absent = {"network"}
        assert host.wait("libvirt_event_gaps_total", within=10) == 1
        assert host.value("libvirt_event_subscribed", object="network", event="lifecycle") == 0
        assert host.value("libvirt_event_subscribed", object="domain", event="lifecycle") == 1
        faults.absent = set()
        assert host.wait("libvirt_event_subscribed", within=10, object="network", event="lifecycle") == 1
        driver.network("back-net").undefine()
        assert host.wait("libvirt_network_lifecycle_events_total", network="back-net", event="undefined") == 1


def test_a_host_is_ready_although_a_daemon_is_away(driver: Driver, faults: Faults) -> None:
    """The page says what is subscribed and what is not; guests lose nothing."""
    faults.absent = {"network"}
    with watched(URI, target=faults.target) as host:
        assert host.value("libvirt_event_subscribed", object="domain", event="lifecycle") == 1
        assert host.value("libvirt_event_subscribed", object="network", event="lifecycle") == 0
        driver.start("fresh")
        assert host.wait("libvirt_domain_start_timestamp_seconds", domain="fresh") > 0


def test_a_refresh_that_fails_is_made_up_for(driver: Driver, faults: Faults) -> None:
    """The start of a guest has its time although the first look at it failed."""
    with watched(URI, target=faults.target) as host:
        faults.listings = 1
        driver.start("fresh")
        assert host.wait("libvirt_domain_start_timestamp_seconds", domain="fresh") > 0
        assert faults.listings == 0


def test_a_host_that_returns_is_subscribed_to_at_once(driver: Driver, faults: Faults) -> None:
    """However long refreshing is to rest after a slow look at the host."""
    with watched(URI, target=faults.target) as host:
        faults.listing_seconds = 2.0
        driver.start("fresh")
        assert host.wait("libvirt_domain_start_timestamp_seconds", domain="fresh") > 0
        faults.listing_seconds = 0.0
        faults.end_connections()
        assert host.wait("libvirt_event_gaps_total", within=6) == 1


def test_what_was_heard_before_a_gap_was_not_missed(driver: Driver, faults: Faults) -> None:
    """Although the connection ended before anybody asked the guest how it was."""
    with watched(URI, target=faults.target) as host:
        faults.listing_seconds = 2.0
        driver.start("first")
        assert host.wait("libvirt_domain_start_timestamp_seconds", domain="first") > 0
        driver.start("second")  # while refreshing rests after that slow look
        eventually(lambda: host.kinds("second"), within=10, what="the event of the guest")
        assert host.value("libvirt_domain_start_timestamp_seconds", domain="second") is None
        faults.listing_seconds = 0.0
        faults.end_connections()
        assert host.wait("libvirt_event_gaps_total") == 1
        assert host.wait("libvirt_domain_start_timestamp_seconds", domain="second", within=40) > 0
        assert host.kinds("second") == [("started", "booted")]
