"""virtqemud and its fellow daemons of the next Debian release (libvirt 11.3, QEMU 10) end and come back."""

import signal
import time
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from tests.figures import Measured
from tests.lab.guests import Guests
from tests.lab.libvirtd import Libvirtd
from tests.lab.modular import FELLOWS, ModularHost, build
from tests.lab.polling import eventually
from tests.reliability.conftest import StartWatch
from tests.reliability.watching import Watch
from tests.ship.root import fresh_root

pytestmark = [pytest.mark.ship, pytest.mark.timeout(1800)]

COUNT, INTERVAL = 3, 2.0
FRESH_SECONDS = 10.0
HUNG_SECONDS = 90.0
"""A daemon that is asked in each interval has lost its twenty workers by then."""
_COLLECTORS = {
    "virtnetworkd": {"network", "network_lease"},
    "virtnodedevd": {"node_device"},
    "virtstoraged": {"storage_pool", "storage_volume"},
}
"""Collectors that one of the fellows answers."""
_OBJECTS = {"virtnetworkd": "network", "virtstoraged": "storage_pool", "virtsecretd": "secret"}
"""What a fellow tells events of."""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModularHost]:
    """A host of modular daemons with some paused guests."""
    with fresh_root(tmp_path_factory.mktemp("root") / "trixie", "trixie") as root:
        build(root.run)
        made = ModularHost(root.path)
        try:
            guests = Guests(cast(Libvirtd, made.start()))
            guests.crowd(COUNT, disks=1, nics=0)
            guests.close()
            yield made
        finally:
            made.stop()


@pytest.fixture(scope="module")
def watching(host: ModularHost, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    """One agent that lives through all of it."""
    watch = Watch(tmp_path_factory.mktemp("agent"), host.uri, interval=INTERVAL, everything=True)
    yield watch
    watch.agent.stop()


def _failed(watch: Watch) -> set[str]:
    found = watch.samples().by("collector", "libvirt_exporter_collector_success")
    return {name for name, success in found.items() if not success} - {"domain_address"}


def _fresh(watch: Watch, measured: Measured, since: float, fault: str = "") -> None:
    took = watch.wait_fresh(within=30, guests=COUNT, since=since)
    measured(f"{fault}: fresh after" if fault else "fresh after", f"{took:.1f} s")
    assert took < FRESH_SECONDS
    eventually(lambda: not _failed(watch), within=20, what="every collector's success")


def test_modular_daemons_give_everything(watching: Watch) -> None:
    """A newer libvirt answers every collector it has something for."""
    watching.wait_fresh(within=30, guests=COUNT)
    versions = watching.samples().each("libvirt_versions_info")
    assert any(labels["libvirtd_running"].startswith("11.") for labels, _ in versions)
    eventually(lambda: not _failed(watching), within=20, what="every collector's success")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_virtqemud_that_is_started_again(
    host: ModularHost, watching: Watch, measured: Measured, number: signal.Signals
) -> None:
    """However it ended, everything is fresh within ten seconds of the new daemon."""
    host.kill("virtqemud", number)
    watching.wait_up(False, within=10)
    host.start_daemon("virtqemud")
    _fresh(watching, measured, time.time(), number.name)


def test_virtqemud_that_is_replaced_while_it_runs(host: ModularHost, watching: Watch, measured: Measured) -> None:
    """A second one takes the sockets' names while the first still holds our connections."""
    for name in ("virtqemud-sock", "virtqemud-sock-ro"):
        socket = host.directory / "run" / name
        socket.rename(socket.with_name(f"{name}-old"))
    host.kill("virtqemud", signal.SIGKILL)
    host.start_daemon("virtqemud")
    _fresh(watching, measured, time.time())


def test_agent_that_starts_without_virtqemud(host: ModularHost, watch: StartWatch, measured: Measured) -> None:
    """It says so, and is fresh within ten seconds of the daemon."""
    host.kill("virtqemud", signal.SIGTERM)
    absent = watch(host.uri, interval=INTERVAL, ready=False)
    assert absent.figure("libvirt_up") == 0
    host.start_daemon("virtqemud")
    _fresh(absent, measured, time.time())
    absent.stop()


@pytest.mark.parametrize(
    ("daemon", "number"),
    [
        ("virtnetworkd", signal.SIGTERM),
        ("virtnetworkd", signal.SIGKILL),
        ("virtstoraged", signal.SIGTERM),
        ("virtstoraged", signal.SIGKILL),
        ("virtnodedevd", signal.SIGKILL),  # without udev it takes no notice of SIGTERM
    ],
)
def test_fellow_daemon_that_is_started_again(
    host: ModularHost, watching: Watch, measured: Measured, daemon: str, number: signal.Signals
) -> None:
    """While one of its fellows is away only what that one answers fails, and guests stay fresh; it is whole again
    within ten seconds of its start."""
    assert daemon in FELLOWS
    collectors = _COLLECTORS[daemon]
    host.kill(daemon, number)
    eventually(lambda: _failed(watching) == collectors, within=20, what=f"failure of {collectors} alone")
    watching.wait_fresh(within=3 * INTERVAL + 4, guests=COUNT)
    assert watching.figure("libvirt_up") == 1
    host.start_daemon(daemon)
    started = time.monotonic()
    eventually(lambda: not _failed(watching), within=30, what="every collector's success")
    took = time.monotonic() - started
    measured(f"{daemon}, {number.name}: whole after", f"{took:.1f} s")
    assert took < FRESH_SECONDS


@pytest.mark.parametrize("daemon", ["virtnetworkd", "virtnodedevd"])
def test_fellow_daemon_that_hangs(host: ModularHost, watching: Watch, measured: Measured, daemon: str) -> None:
    """It holds each call that is passed on to it, and with that a worker of virtqemud, of which there are twenty: it
    is asked after pauses that double, so that guests stay fresh however long it hangs."""
    hung = _COLLECTORS[daemon]
    with host.stopped(daemon):
        began = time.monotonic()

        def fails() -> bool:
            assert _failed(watching) == hung
            return True

        # A listing and three things are waited for, ten seconds each, before that is given up.
        eventually(fails, within=60, what=f"failure of {hung} alone")
        stale: list[float] = []

        def over() -> bool:
            page = watching.samples()
            assert page.value("libvirt_up") == 1
            stale.append(max(watching.ages().values()))
            return time.monotonic() - began > HUNG_SECONDS

        eventually(over, within=HUNG_SECONDS + 30, every=0.5, what="the time it hangs")
        assert _failed(watching) == hung
    measured(f"{daemon}: oldest figures of a guest in {HUNG_SECONDS:g} s", f"{max(stale):.1f} s")
    assert max(stale) < 3 * INTERVAL + 4
    answered = time.monotonic()
    eventually(lambda: not _failed(watching), within=2 * HUNG_SECONDS + 60, what="every collector's success")
    measured(f"{daemon}: whole after", f"{time.monotonic() - answered:.1f} s")


def _start_network(connection: Any) -> None:
    connection.networkCreateXML("<network><name>told</name></network>").destroy()


def _start_pool(connection: Any) -> None:
    pool = "<pool type='dir'><name>told</name><target><path>/tmp</path></target></pool>"
    connection.storagePoolCreateXML(pool).destroy()


def _define_secret(connection: Any) -> None:
    connection.secretDefineXML("<secret><description>told</description></secret>").undefine()


_NETWORKS = ("libvirt_network_lifecycle_events_total", {"network": "told", "event": "started"})
_POOLS = ("libvirt_storage_pool_lifecycle_events_total", {"storage_pool": "told", "event": "started"})
_SECRETS = ("libvirt_events_total", {"object": "secret", "event": "defined"})


@pytest.mark.parametrize("away", [False, True], ids=["at once", "after it was missed"])
@pytest.mark.parametrize(
    ("daemon", "happen", "counts"),
    [
        ("virtnetworkd", _start_network, _NETWORKS),
        ("virtstoraged", _start_pool, _POOLS),
        ("virtsecretd", _define_secret, _SECRETS),
    ],
)
def test_events_of_a_fellow_daemon_that_is_started_again(
    host: ModularHost,
    watching: Watch,
    measured: Measured,
    daemon: str,
    happen: Callable[[Any], None],
    counts: tuple[str, dict[str, str]],
    *,
    away: bool,
) -> None:
    """Its end takes our registrations along, unseen by libvirt's client. What its successor tells is counted within
    ten seconds of its start, and a gap is counted too."""

    def count() -> float:
        name, labels = counts
        return sum(value for _, value in watching.samples().each(name, **labels))

    def happens() -> float:
        # Anew each time: a connection loses the fellows that end, as the agent's do.
        guests = Guests(cast(Libvirtd, host))
        happen(guests.connection)
        guests.close()
        return count()

    def subscribed() -> float:
        return watching.figure("libvirt_event_subscribed", object=_OBJECTS[daemon], event="lifecycle")

    before = count()
    happens()
    eventually(lambda: count() > before, within=10, what="an event before the fault")
    gaps = watching.figure("libvirt_event_gaps_total")
    host.kill(daemon, signal.SIGKILL)
    if away:
        eventually(lambda: not subscribed(), within=10, what=f"a page that misses the events of {daemon}")
    host.start_daemon(daemon)
    started = time.monotonic()
    before = count()
    eventually(lambda: happens() > before, within=30, what="another event")
    took = time.monotonic() - started
    measured(f"{daemon}, {'missed before' if away else 'started at once'}: counted after", f"{took:.1f} s")
    assert took < FRESH_SECONDS
    assert host.runs("virtqemud")
    assert subscribed() == 1
    assert watching.figure("libvirt_event_gaps_total") > gaps
    eventually(lambda: not _failed(watching), within=20, what="every collector's success")


def test_agent_that_stops_after_a_fellow_ended_harms_no_daemon(
    host: ModularHost, watch: StartWatch, measured: Measured
) -> None:
    """Whoever ends a registration with a fellow that is no more has virtqemud crash. The agent just hangs up."""
    watching = watch(host.uri, interval=INTERVAL)
    eventually(lambda: watching.figure("libvirt_event_subscribed", object="network", event="lifecycle"), within=30)
    for daemon in _OBJECTS:
        host.kill(daemon, signal.SIGKILL)
        host.start_daemon(daemon)
    measured("stopped after", f"{watching.stop():.2f} s")
    eventually(host.answers, within=10, what="virtqemud's answer")
    assert host.runs("virtqemud")


def test_virtqemud_that_is_started_by_our_connection(host: ModularHost, watch: StartWatch, measured: Measured) -> None:
    """With socket activation the agent's own connection starts it, and starts it again after each end."""
    host.kill("virtqemud", signal.SIGTERM)
    host.start_activated("virtqemud")
    watching = watch(host.uri, interval=INTERVAL)
    watching.wait_fresh(within=30, guests=COUNT)
    for number in (signal.SIGTERM, signal.SIGKILL):
        since = time.time()
        host.kill_activated("virtqemud", number)
        eventually(host.answers, within=30, what="virtqemud's answer")
        _fresh(watching, measured, since, number.name)
    watching.stop()
