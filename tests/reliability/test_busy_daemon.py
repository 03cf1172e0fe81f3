"""A daemon that keeps some calls waiting for long and answers others: it is up."""

import threading
import time
from collections.abc import Iterator

import pytest

from tests.figures import Measured
from tests.lab.guests import Guests
from tests.lab.libvirtd import Libvirtd
from tests.lab.polling import eventually
from tests.reliability.conftest import StartWatch
from tests.reliability.watching import Watch

INTERVAL = 2.0
HELD_SECONDS = 6.0
"""Longer than the daemon may keep silent at this interval, shorter than the deadline of a listing."""
FLAGS = ["--collector.disable-defaults", "--collector.domain_health", "--collector.domain_memory"]
"""Only guests are asked for, so that everything the agent collects waits for the one that is held."""

# libvirtd runs it with the guest locked, and lists no guests before it has ended.
_HOOK = """\
#!/bin/sh
[ "$1 $2" = "held prepare" ] || exit 0
while [ -e /var/lib/libvirt/hold ]; do sleep 0.05; done
"""


@pytest.fixture
def host() -> Iterator[Libvirtd]:
    """A host with a hook that holds the start of the guest `held` as long as there is a file `hold`."""
    made = Libvirtd()
    hook = made.directory / "etc" / "hooks" / "qemu"
    hook.parent.mkdir()
    hook.write_text(_HOOK)
    hook.chmod(0o755)
    try:
        yield made.start()
    finally:
        made.stop()


def _slow_listings(watch: Watch) -> float:
    name, page = "libvirt_exporter_call_duration_seconds_bucket", watch.samples()
    return page.value(name, call="listAllDomains", le="+Inf") - page.value(name, call="listAllDomains", le="2.5")


def test_a_guest_that_starts_slowly_leaves_libvirt_up(host: Libvirtd, watch: StartWatch, measured: Measured) -> None:
    """Listings of guests wait until it has started; that the daemon answers is found out on another connection."""
    guests = Guests(host)
    guests.crowd(2, disks=1, nics=0)
    held = guests.define(guests.idle("held", disks=1, nics=0))
    watching = watch(host, *FLAGS, interval=INTERVAL)
    watching.wait_fresh(within=30, guests=2)
    hold = host.directory / "lib" / "hold"
    hold.touch()
    starting = threading.Thread(target=held.create, name="start")
    starting.start()
    started = time.monotonic()
    seen: list[float] = []

    def held_long_enough() -> bool:
        seen.append(watching.figure("libvirt_up"))
        return time.monotonic() - started > HELD_SECONDS

    eventually(held_long_enough, within=30, every=0.1, what="the time the guest is held")
    hold.unlink()
    starting.join()
    watching.wait_fresh(within=30, guests=3)
    eventually(lambda: _slow_listings(watching), within=10, what="a listing that waited for the guest")
    measured("guest held for", f"{HELD_SECONDS:g} s at an interval of {INTERVAL:g} s")
    assert set(seen) == {1.0}
    guests.close()
