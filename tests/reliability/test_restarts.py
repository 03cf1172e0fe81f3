"""The daemon ends and comes back, in every way it can."""

import signal
import time
from collections.abc import Iterator

import pytest

from tests.figures import Measured
from tests.lab.guests import Guests
from tests.lab.libvirtd import Libvirtd
from tests.lab.polling import eventually
from tests.reliability.conftest import StartWatch
from tests.reliability.watching import Watch

COUNT, INTERVAL = 3, 2.0
FRESH_SECONDS = 10.0


@pytest.fixture(scope="module")
def host() -> Iterator[Libvirtd]:
    """A host whose daemon these tests end and start."""
    made = Libvirtd()
    guests = Guests(made.start())
    try:
        guests.crowd(COUNT, disks=1, nics=1)
        guests.close()
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def watching(host: Libvirtd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    """One agent that lives through all of it."""
    watch = Watch(tmp_path_factory.mktemp("agent"), host, interval=INTERVAL)
    yield watch
    watch.agent.stop()


def _whole(watch: Watch) -> bool:
    page = watch.samples()
    succeeded = page.by("collector", "libvirt_exporter_collector_success")
    failed = [name for name, success in succeeded.items() if not success]
    assert not failed, f"these failed: {', '.join(failed)}"
    missing = {f"idle-{number}" for number in range(COUNT)} ^ set(page.by("domain", "libvirt_domain_info"))
    assert not missing, f"described wrongly: {', '.join(sorted(missing))}"
    return True


def _fresh(watch: Watch, measured: Measured, since: float, fault: str = "") -> None:
    took = watch.wait_fresh(within=30, guests=COUNT, since=since)
    measured(f"{fault}: fresh after" if fault else "fresh after", f"{took:.1f} s")
    assert took < FRESH_SECONDS
    eventually(lambda: _whole(watch), within=3 * INTERVAL, what="every collector's success")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_daemon_that_is_started_again(
    host: Libvirtd, watching: Watch, measured: Measured, number: signal.Signals
) -> None:
    """However it ended, everything is fresh within ten seconds of the new daemon, with the same threads."""
    watching.wait_fresh(within=30, guests=COUNT)
    threads = watching.threads()
    host.kill(number)
    watching.wait_up(False, within=5)
    host.start_daemon()
    _fresh(watching, measured, time.time(), number.name)
    eventually(lambda: watching.threads() == threads, within=5, what=f"{threads} threads")


def test_daemon_that_comes_back_after_long(host: Libvirtd, watching: Watch, measured: Measured) -> None:
    """After many attempts in vain a new socket is noticed at once, however long the next pause would be."""
    host.kill(signal.SIGKILL)
    for name in ("libvirt-sock", "libvirt-sock-ro"):
        (host.directory / "run" / name).unlink()
    failed = watching.figure("libvirt_connection_failures_total", role="worker")
    eventually(
        lambda: watching.figure("libvirt_connection_failures_total", role="worker") - failed >= 4,
        within=60, every=0.2, what="four attempts in vain",
    )  # fmt: skip
    host.start_daemon()
    _fresh(watching, measured, time.time())


def test_daemon_that_is_replaced_while_it_runs(host: Libvirtd, watching: Watch, measured: Measured) -> None:
    """A second daemon takes the socket's name while the first still holds our connections: when the first ends, the
    second is asked."""
    for name in ("libvirt-sock", "libvirt-sock-ro"):
        socket = host.directory / "run" / name
        socket.rename(socket.with_name(f"{name}-old"))
    host.kill(signal.SIGKILL)
    host.start_daemon()
    _fresh(watching, measured, time.time())


def test_agent_that_starts_without_a_daemon(host: Libvirtd, watch: StartWatch, measured: Measured) -> None:
    """It is healthy, not ready and says so; it is fresh within ten seconds of the daemon's start."""
    host.kill(signal.SIGTERM)
    absent = watch(host, interval=INTERVAL, ready=False)
    assert absent.agent.status("/-/ready") == 503
    assert absent.figure("libvirt_up") == 0
    host.start_daemon()
    _fresh(absent, measured, time.time())
    # Ready is later than fresh: what is read seldom must have been read as well.
    eventually(lambda: absent.agent.status("/-/ready") == 200, within=60, what="readiness")
    absent.stop()


def test_agent_stops_without_a_daemon(host: Libvirtd, watch: StartWatch, measured: Measured) -> None:
    """An absent daemon does not hold up the end."""
    host.kill(signal.SIGTERM)
    absent = watch(host, interval=INTERVAL, ready=False)
    measured("stopped after", f"{absent.stop():.2f} s")
    host.start_daemon()


def test_daemon_that_is_started_by_our_connection(host: Libvirtd, watch: StartWatch, measured: Measured) -> None:
    """With socket activation the agent's own connection starts the daemon, and starts it again after each end."""
    host.kill(signal.SIGTERM)
    host.start_activated()
    watching = watch(host, interval=INTERVAL)
    watching.wait_fresh(within=30, guests=COUNT)
    for number in (signal.SIGTERM, signal.SIGKILL):
        since = time.time()
        host.kill_activated(number)
        eventually(host.answers, within=30, what="the daemon's answer")
        _fresh(watching, measured, since, number.name)
    watching.stop()
