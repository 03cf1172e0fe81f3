"""virtqemud and its fellow daemons of the next Debian release (libvirt 11.3, QEMU 10) end and come back."""

import signal
import time
from collections.abc import Iterator
from typing import cast

import pytest

from tests.figures import Measured
from tests.lab.guests import Guests
from tests.lab.libvirtd import Libvirtd
from tests.lab.modular import FELLOWS, ModularHost, build
from tests.lab.polling import eventually
from tests.reliability.watching import Watch
from tests.ship.root import fresh_root

pytestmark = [pytest.mark.ship, pytest.mark.timeout(1800)]

COUNT, INTERVAL = 3, 2.0
FRESH_SECONDS = 10.0
_COLLECTORS = {
    "virtnetworkd": {"network", "network_lease"},
    "virtnodedevd": {"node_device"},
    "virtstoraged": {"storage_pool", "storage_volume"},
}
"""Collectors that one of the fellows answers."""


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
    took = watching.wait_fresh(within=30, guests=COUNT, since=time.time())
    measured(f"{number.name}: fresh after", f"{took:.1f} s")
    assert took < FRESH_SECONDS
    eventually(lambda: not _failed(watching), within=20, what="every collector's success")


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
