"""DHCP leases of virtual networks."""

from collections.abc import Sequence

from exporter.collectors.collector import SLOW, Collector, Feed
from exporter.collectors.source import ThingCall
from exporter.exposition.labels import Labels
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Rows
from exporter.hypervisor.networks import Lease, find_networks, network_filter, read_leases
from exporter.hypervisor.things import Thing

EXPIRY_TIMESTAMP_SECONDS = Metric(
    "libvirt_network_lease_expiry_timestamp_seconds",
    "gauge",
    "When the DHCP lease ends (libvirt virNetworkDHCPLease.expirytime).",
    labels=("network", "mac_address", "address"),
    unit="seconds",
    source="net.DHCPLeases()[n]['expirytime'] s",
    note="Off: a series for each lease, with addresses and names in labels. 0 means never: absent then.",
    set="optional",
)
INFO = Metric(
    "libvirt_network_lease_info",
    "info",
    "DHCP lease (libvirt virNetworkGetDHCPLeases).",
    labels=("network", "mac_address", "address", "prefix", "hostname"),
    source="net.DHCPLeases()[n] mac, ipaddr, prefix, hostname",
    note=(
        "Off: a series for each lease, with addresses and names in labels. Joins to "
        "libvirt_domain_interface_stats_info on mac_address."
    ),
    set="optional",
)
METRICS = (EXPIRY_TIMESTAMP_SECONDS, INFO)


def collect(thing: Thing, leases: Sequence[Lease] | None, rows: Rows) -> None:
    """Each lease that has not ended."""
    for lease in leases or ():
        key = (thing.name, lease.mac, lease.address)
        if lease.expires is not None:
            rows.add(EXPIRY_TIMESTAMP_SECONDS, Labels(EXPIRY_TIMESTAMP_SECONDS.labels, key), lease.expires)
        rows.add(INFO, Labels(INFO.labels, (*key, str(lease.prefix), lease.hostname)), 1)


COLLECTOR = Collector(
    name="network_lease",
    help="DHCP leases of virtual networks: address, name and end of each.",
    metrics=METRICS,
    feeds=(Feed(ThingCall(find_networks, network_filter, read_leases), collect),),
    interval=SLOW,
    cost="four listings, and two calls for each network",
    queries=(("Leases that end within five minutes", "libvirt_network_lease_expiry_timestamp_seconds - time() < 300"),),
)
