"""Networks, jobs, disks in error, checkpoints and the like on a real daemon."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from exporter.filters import Filters, NameFilter, parse_pattern
from tests.lab.extras import SlowSave, backup, crowded_disk, secret
from tests.lab.guests import Guests
from tests.lab.libvirtd import Libvirtd
from tests.lab.polling import eventually
from tests.lab.watch import Watch, watch

_COLLECTORS = (
    "domain_state",
    "domain_health",
    "domain_job",
    "domain_block_error",
    "domain_checkpoint",
    "domain_snapshot",
    "domain_message",
    "domain_address",
    "domain_migration",
    "network",
    "network_lease",
    "host_interface",
    "node_device",
    "nwfilter",
    "secret",
    "ksm",
    "node_logical_cpu",
)


@pytest.fixture(scope="module")
def host(libvirt_host: Libvirtd, module_guests: Guests) -> Iterator[Watch]:
    """A guest with a lease, one whose disk is full, one that is being backed up, and one that is off."""
    module_guests.start(module_guests.linux("leased", "idle", options="lab.ip=dhcp"))
    full = module_guests.linux("full", disks=(crowded_disk(libvirt_host, "full"),))
    module_guests.start(replace(full, networks=()))
    saved = module_guests.start(module_guests.linux("saved", "idle"))
    module_guests.define(module_guests.idle("off"))
    key = secret(module_guests, "client.lab")
    module_guests.wait_booted("leased")
    module_guests.wait_booted("saved")
    backup(saved, "vda")
    with watch(libvirt_host.uri, *_COLLECTORS) as watched:

        def settled() -> bool:
            watched.run("domain_state", "domain_block_error")
            return watched.value("libvirt_domain_disks_in_error", domain="full") == 1

        eventually(settled, within=60, every=0.5, what="the full disk")
        watched.run()
        yield watched
    saved.abortJob()
    key.undefine()


def test_every_collector_did_its_work(host: Watch) -> None:
    """None of them failed, whatever they found."""
    assert {name: host.success(name) for name in _COLLECTORS} == dict.fromkeys(_COLLECTORS, True)


def test_a_full_disk_is_in_error(host: Watch) -> None:
    """Only the guest that is paused by it is asked, the others are known to be well."""
    assert host.labels("libvirt_domain_block_error") == {
        "domain": "full",
        "target_device": "vda",
        "error": "no_space",
    }
    assert host.value("libvirt_domain_disks_in_error", domain="leased") == 0


def test_a_backup_is_a_job(host: Watch) -> None:
    """Its kind and its time stand beside its number; a guest without a job has the number alone."""
    assert host.value("libvirt_domain_job_info_type", domain="saved") in (1, 2)
    assert host.labels("libvirt_domain_job_info_operation_info") == {"domain": "saved", "operation": "backup"}
    assert (host.value("libvirt_domain_job_info_time_elapsed_seconds", domain="saved") or 0) > 0
    assert host.value("libvirt_domain_job_info_type", domain="leased") == 0
    assert host.value("libvirt_domain_job_info_time_elapsed_seconds", domain="leased") is None


def test_a_checkpoint_is_counted_and_dated(host: Watch) -> None:
    """The backup made one; guests without any have 0 and no date, guests that are off too."""
    assert host.value("libvirt_domain_checkpoints", domain="saved") == 1
    assert (host.value("libvirt_domain_checkpoint_newest_timestamp_seconds", domain="saved") or 0) > 1_600_000_000
    assert host.value("libvirt_domain_checkpoints", domain="off") == 0
    assert host.value("libvirt_domain_checkpoint_newest_timestamp_seconds", domain="off") is None


def test_control_channels_that_are_free_say_so(host: Watch) -> None:
    """Active guests have a state, those that are off have none."""
    assert host.value("libvirt_domain_control_state", domain="leased") == 0
    assert host.value("libvirt_domain_control_state", domain="off") is None


def test_a_lease_is_counted_and_shown(host: Watch, module_guests: Guests) -> None:
    """The guest that asked has an address out of the network's range, and the host says where it knows it from."""
    # Guests of other tests on this host may have asked before.
    leases = module_guests.connection.networkLookupByName("lab").DHCPLeases()
    assert host.value("libvirt_network_dhcp_leases", network="lab") == len(leases) >= 1
    assert host.value("libvirt_network_dhcp_addresses", network="lab") == 155
    assert host.value("libvirt_network_connections", network="lab") == 2
    assert host.value("libvirt_network_ports", network="lab") == 2
    address = host.labels("libvirt_domain_address_info", domain="leased")
    assert address["source"] == "lease"
    lease = host.labels("libvirt_network_lease_info", mac_address=address["mac_address"])
    assert lease["hostname"] == "lab-guest"
    assert lease["address"] == address["address"]
    assert lease["address"].startswith("192.168.177.")


def test_a_network_filtered_out_is_counted_and_not_shown(
    host: Watch, libvirt_host: Libvirtd, module_guests: Guests
) -> None:
    """The total is before filters; nothing else of the network is asked for."""
    networks = len(module_guests.connection.listAllNetworks())
    filters = Filters(network=NameFilter(exclude=parse_pattern(".*")))
    with watch(libvirt_host.uri, "network", filters=filters) as filtered:
        filtered.run("network")
        assert filtered.samples("libvirt_networks") == {frozenset(): networks}
        assert filtered.samples("libvirt_network_info") == {}
    assert host.samples("libvirt_network_info") != {}


def test_secrets_are_counted_by_usage(host: Watch) -> None:
    """A number for each usage, and no name anywhere."""
    assert host.value("libvirt_secrets", usage="ceph") == 1
    assert host.value("libvirt_secrets", usage="tls") == 0


def test_the_host_tells_of_its_devices_filters_and_processors(host: Watch) -> None:
    """Each of the listings of the host has something."""
    assert host.value("libvirt_node_devices", capability="system") == 1
    assert (host.value("libvirt_nwfilters") or 0) > 0
    assert host.samples("libvirt_node_logical_cpu_seconds_total") != {}
    assert host.value("libvirt_node_ksm_merge_across_nodes") in (0, 1)
    assert host.value("libvirt_host_interface_active", interface="lab0") == 1


def test_a_save_is_a_job_with_progress(host: Watch, libvirt_host: Libvirtd) -> None:
    """What is there, what is moved and what is left, as long as it runs; then the job is over."""

    def memory(part: str) -> float:
        return host.value(f"libvirt_domain_job_info_memory_{part}_bytes", domain="leased") or 0

    def under_way() -> bool:
        host.run("domain_job")
        return memory("processed") > 0

    with closing(SlowSave(libvirt_host, "leased")) as save:
        eventually(under_way, within=30, every=0.2, what="the save")
        assert host.value("libvirt_domain_job_info_type", domain="leased") == 2
        assert host.labels("libvirt_domain_job_info_operation_info", domain="leased")["operation"] == "save"
        assert memory("total") > 90 << 20
        assert memory("remaining") > 0
    assert save.error
    host.run("domain_job")
    assert host.value("libvirt_domain_job_info_type", domain="leased") == 0
    assert memory("total") == 0
