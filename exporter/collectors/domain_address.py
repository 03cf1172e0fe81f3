"""Addresses of guests, as the host knows them."""

from collections.abc import Sequence

from exporter.collectors.collector import RARE, Collector, Feed
from exporter.collectors.source import GuestCall
from exporter.exposition.labels import Labels
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import Guest
from exporter.hypervisor.details import Address, networks_answer, read_addresses

ADDRESS_INFO = Metric(
    "libvirt_domain_address_info",
    "info",
    "Address of the guest's interface as the host knows it (libvirt virDomainInterfaceAddresses LEASE or ARP).",
    labels=("domain", "target_device", "mac_address", "address", "prefix", "source"),
    source="dom.interfaceAddresses(LEASE), then (ARP); source = lease or arp",
    note=(
        "Off: one call or two a guest, and addresses are personal data in places. network_lease gives the"
        " same for libvirt networks with one call a network. ARP fails on some libvirt versions (nlmsg "
        "len): then absent."
    ),
    set="optional",
)
METRICS = (ADDRESS_INFO,)


def collect(guest: Guest, addresses: Sequence[Address], rows: Sink) -> None:
    """Each address of the interfaces that are shown."""
    for each in addresses:
        if guest.interface(each.interface) is not None:
            values = (guest.name, each.interface, each.mac, each.address, str(each.prefix), each.source)
            rows.add(ADDRESS_INFO, Labels(ADDRESS_INFO.labels, values), 1)


COLLECTOR = Collector(
    name="domain_address",
    help="Addresses of guests, as the host knows them from DHCP leases or its ARP table.",
    metrics=METRICS,
    feeds=(Feed(GuestCall(read_addresses, enters_monitor=False, among=networks_answer), collect),),
    interval=RARE,
    cost="one call about networks, one for each active guest, and one more for those without a lease for each "
    "interface",
    queries=(("The guest that has an address", 'libvirt_domain_address_info{address="192.0.2.7"}'),),
)
