"""Storage pools of a real daemon: two types, volumes, filters, and one that hangs."""

from collections.abc import Iterator

import pytest

from exporter.filters import Filters, NameFilter, parse_pattern
from tests.lab.guests import Guests
from tests.lab.libvirtd import Libvirtd
from tests.lab.polling import eventually
from tests.lab.pools import Pools
from tests.lab.watch import watch


@pytest.fixture
def pools(own_libvirt_host: Libvirtd, own_guests: Guests) -> Iterator[Pools]:
    """A directory with two volumes that starts with the host, one that is stopped, and a volume group."""
    made = Pools(own_libvirt_host, own_guests)
    made.directory("images", "a.qcow2", "b.raw", autostart=True)
    made.directory("archive").destroy()
    made.group()
    yield made
    made.recover()


@pytest.mark.usefixtures("pools")
def test_pools_tell_what_they_are(own_libvirt_host: Libvirtd) -> None:
    """State, size, use and flags of each pool, of both types, stopped ones without a size."""
    with watch(own_libvirt_host.uri, "storage_pool") as host:
        host.run("storage_pool")
        assert host.success("storage_pool")
        assert host.samples("libvirt_storage_pools") == {frozenset(): 3}
        states = {dict(key)["storage_pool"]: value for key, value in host.samples("libvirt_storage_pool_state").items()}
        assert states == {"archive": 0, "group": 2, "images": 2}
        kinds = {name: host.labels("libvirt_storage_pool_info", storage_pool=name)["pool_type"] for name in states}
        assert kinds == {"archive": "dir", "group": "logical", "images": "dir"}
        assert host.labels("libvirt_storage_pool_info", storage_pool="group")["source"] == "group"
        assert host.value("libvirt_storage_pool_capacity_bytes", storage_pool="group") == 1 << 30
        assert host.value("libvirt_storage_pool_capacity_bytes", storage_pool="archive") is None
        assert host.value("libvirt_storage_pool_volumes", storage_pool="images") == 2
        assert host.value("libvirt_storage_pool_autostart", storage_pool="images") == 1
        assert host.value("libvirt_storage_pool_active", storage_pool="archive") == 0


@pytest.mark.usefixtures("pools")
def test_volumes_are_shown_up_to_the_limit(own_libvirt_host: Libvirtd) -> None:
    """What the limit leaves out is counted; what the filters leave out is not there at all."""
    filters = Filters(storage_pool=NameFilter(include=parse_pattern("images|archive")))
    with watch(own_libvirt_host.uri, "storage_volume", filters=filters, volume_limit=1) as host:
        host.run("storage_volume")
        assert host.success("storage_volume")
        assert host.samples("libvirt_storage_volume_capacity_bytes") == {
            frozenset({("storage_pool", "images"), ("volume", "a.qcow2")}): 8 << 20
        }
        assert host.labels("libvirt_storage_volume_info")["volume_format"] == "qcow2"
        assert host.value("libvirt_storage_pool_volumes_omitted", storage_pool="images") == 1


@pytest.mark.usefixtures("pools")
def test_volumes_are_chosen_by_name(own_libvirt_host: Libvirtd) -> None:
    """A filter on volumes leaves the others unasked."""
    filters = Filters(volume=NameFilter(exclude=parse_pattern(".*raw")))
    with watch(own_libvirt_host.uri, "storage_volume", filters=filters) as host:
        host.run("storage_volume")
        shown = {
            dict(key)["volume"]
            for key in host.samples("libvirt_storage_volume_info")
            if ("storage_pool", "images") in key
        }
        assert shown == {"a.qcow2"}


def test_a_pool_that_hangs_costs_itself_alone(own_libvirt_host: Libvirtd, pools: Pools) -> None:
    """A refresh that never ends holds its pool; the others go on, and it comes back when the daemon is a new one."""
    with watch(own_libvirt_host.uri, "storage_pool") as host:
        host.run("storage_pool")
        refreshing = pools.hang()

        def held() -> bool:
            host.run("storage_pool")
            return host.value("libvirt_storage_pool_timed_out", storage_pool="group") == 1

        eventually(held, within=60, what="the pool to hang")
        assert host.success("storage_pool") is False
        assert host.value("libvirt_storage_pool_timed_out", storage_pool="images") == 0
        assert host.value("libvirt_storage_pool_capacity_bytes", storage_pool="group") is None
        assert (host.value("libvirt_storage_pool_capacity_bytes", storage_pool="images") or 0) > 0
        pools.recover()
        refreshing.join(timeout=20)
        host.host.gathering.host_returned()
        host.run("storage_pool")
        assert host.success("storage_pool")
        assert host.value("libvirt_storage_pool_timed_out", storage_pool="group") == 0
