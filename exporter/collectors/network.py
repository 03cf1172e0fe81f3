"""Virtual networks, their ports and DHCP leases."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address
from xml.etree.ElementTree import Element

from exporter.collectors.collector import SLOW, Collector, Feed
from exporter.collectors.source import ThingCall
from exporter.collectors.units import kibibytes, kilobytes
from exporter.exposition.labels import NO_LABELS, Labels
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Rows
from exporter.hypervisor.networks import Network, find_networks, network_filter, read_network
from exporter.hypervisor.things import Thing

NETWORKS = Metric(
    "libvirt_networks",
    "gauge",
    "Virtual networks the host knows, active or not (libvirt listAllNetworks).",
    source="len(listAllNetworks(0))",
    set="default",
)
NETWORK_INFO = Metric(
    "libvirt_network_info",
    "info",
    "What the network is made of (libvirt network XML).",
    labels=("network", "uuid", "bridge", "forward_mode", "domain_name"),
    source="net.XMLDesc(0): uuid, bridge/@name, forward/@mode, domain/@name",
    note="forward_mode isolated when the element is missing.",
    set="default",
)
NETWORK_ACTIVE = Metric(
    "libvirt_network_active",
    "gauge",
    "Whether the network is started (libvirt virNetworkIsActive).",
    labels=("network",),
    source="in listAllNetworks(ACTIVE)",
    set="default",
)
NETWORK_PERSISTENT = Metric(
    "libvirt_network_persistent",
    "gauge",
    "Whether the network is defined on the host (libvirt virNetworkIsPersistent).",
    labels=("network",),
    source="in listAllNetworks(PERSISTENT)",
    set="default",
)
NETWORK_AUTOSTART = Metric(
    "libvirt_network_autostart",
    "gauge",
    "Whether the network starts with the host (libvirt virNetworkGetAutostart).",
    labels=("network",),
    source="in listAllNetworks(AUTOSTART)",
    note="autostart 1 with active 0 is worth an alert.",
    set="default",
)
NETWORK_CONNECTIONS = Metric(
    "libvirt_network_connections",
    "gauge",
    "Guest interfaces attached to the network (libvirt network XML connections).",
    labels=("network",),
    source="net.XMLDesc(0) @connections, 0 if the attribute is missing",
    set="default",
)
NETWORK_PORTS = Metric(
    "libvirt_network_ports",
    "gauge",
    "Ports of the network (libvirt virNetworkListAllPorts).",
    labels=("network",),
    source="len(net.listAllPorts())",
    set="default",
)
NETWORK_MTU_BYTES = Metric(
    "libvirt_network_mtu_bytes",
    "gauge",
    "Largest packet of the network, absent if not set (libvirt network XML mtu).",
    labels=("network",),
    unit="bytes",
    source="net.XMLDesc(0) mtu/@size",
    set="default",
)
NETWORK_DHCP_LEASES = Metric(
    "libvirt_network_dhcp_leases",
    "gauge",
    "DHCP leases the network has given out of its IPv4 ranges (libvirt virNetworkGetDHCPLeases).",
    labels=("network",),
    source="count of net.DHCPLeases() whose ipaddr lies in an ip/dhcp/range of net.XMLDesc(0)",
    note=(
        "Expired ones, which libvirt lists until dnsmasq drops them, and addresses beside the ranges (IPv6, "
        "reservations outside) are not counted. network_lease shows each lease."
    ),
    set="default",
)
NETWORK_DHCP_ADDRESSES = Metric(
    "libvirt_network_dhcp_addresses",
    "gauge",
    "IPv4 addresses the network's DHCP ranges hold (libvirt network XML dhcp).",
    labels=("network",),
    source="net.XMLDesc(0) sum over ip/dhcp/range of end - start + 1",
    note="Compare with dhcp_leases: when they meet, guests get no address.",
    set="default",
)
NETWORK_DHCP_RESERVATIONS = Metric(
    "libvirt_network_dhcp_reservations",
    "gauge",
    "Addresses reserved for named guests (libvirt network XML dhcp host).",
    labels=("network",),
    source="net.XMLDesc(0) count of ip/dhcp/host",
    set="default",
)
NETWORK_INBOUND_AVERAGE_BYTES_PER_SECOND = Metric(
    "libvirt_network_inbound_average_bytes_per_second",
    "gauge",
    "Average rate the network allows inbound, absent if unlimited (libvirt network XML bandwidth).",
    labels=("network",),
    unit="bytes_per_second",
    source="net.XMLDesc(0) bandwidth/inbound/@average kilobytes (1000) a second -> bytes",
    set="default",
)
NETWORK_INBOUND_PEAK_BYTES_PER_SECOND = Metric(
    "libvirt_network_inbound_peak_bytes_per_second",
    "gauge",
    "Peak rate the network allows inbound, absent if unlimited (libvirt network XML bandwidth).",
    labels=("network",),
    unit="bytes_per_second",
    source="net.XMLDesc(0) bandwidth/inbound/@peak kilobytes (1000) a second -> bytes",
    set="default",
)
NETWORK_INBOUND_BURST_BYTES = Metric(
    "libvirt_network_inbound_burst_bytes",
    "gauge",
    "Bytes the network may send at peak rate inbound (libvirt network XML bandwidth).",
    labels=("network",),
    unit="bytes",
    source="net.XMLDesc(0) bandwidth/inbound/@burst KiB -> bytes",
    set="default",
)
NETWORK_OUTBOUND_AVERAGE_BYTES_PER_SECOND = Metric(
    "libvirt_network_outbound_average_bytes_per_second",
    "gauge",
    "Average rate the network allows outbound, absent if unlimited (libvirt network XML bandwidth).",
    labels=("network",),
    unit="bytes_per_second",
    source="net.XMLDesc(0) bandwidth/outbound/@average kilobytes (1000) a second -> bytes",
    set="default",
)
NETWORK_OUTBOUND_PEAK_BYTES_PER_SECOND = Metric(
    "libvirt_network_outbound_peak_bytes_per_second",
    "gauge",
    "Peak rate the network allows outbound, absent if unlimited (libvirt network XML bandwidth).",
    labels=("network",),
    unit="bytes_per_second",
    source="net.XMLDesc(0) bandwidth/outbound/@peak kilobytes (1000) a second -> bytes",
    set="default",
)
NETWORK_OUTBOUND_BURST_BYTES = Metric(
    "libvirt_network_outbound_burst_bytes",
    "gauge",
    "Bytes the network may send at peak rate outbound (libvirt network XML bandwidth).",
    labels=("network",),
    unit="bytes",
    source="net.XMLDesc(0) bandwidth/outbound/@burst KiB -> bytes",
    set="default",
)
METRICS = (
    NETWORKS,
    NETWORK_INFO,
    NETWORK_ACTIVE,
    NETWORK_PERSISTENT,
    NETWORK_AUTOSTART,
    NETWORK_CONNECTIONS,
    NETWORK_PORTS,
    NETWORK_MTU_BYTES,
    NETWORK_DHCP_LEASES,
    NETWORK_DHCP_ADDRESSES,
    NETWORK_DHCP_RESERVATIONS,
    NETWORK_INBOUND_AVERAGE_BYTES_PER_SECOND,
    NETWORK_INBOUND_PEAK_BYTES_PER_SECOND,
    NETWORK_INBOUND_BURST_BYTES,
    NETWORK_OUTBOUND_AVERAGE_BYTES_PER_SECOND,
    NETWORK_OUTBOUND_PEAK_BYTES_PER_SECOND,
    NETWORK_OUTBOUND_BURST_BYTES,
)


_BANDWIDTH = {
    "inbound": (
        ("average", NETWORK_INBOUND_AVERAGE_BYTES_PER_SECOND, kilobytes),
        ("peak", NETWORK_INBOUND_PEAK_BYTES_PER_SECOND, kilobytes),
        ("burst", NETWORK_INBOUND_BURST_BYTES, kibibytes),
    ),
    "outbound": (
        ("average", NETWORK_OUTBOUND_AVERAGE_BYTES_PER_SECOND, kilobytes),
        ("peak", NETWORK_OUTBOUND_PEAK_BYTES_PER_SECOND, kilobytes),
        ("burst", NETWORK_OUTBOUND_BURST_BYTES, kibibytes),
    ),
}


def collect(thing: Thing, network: Network | None, rows: Rows) -> None:
    """What its listings tell, and what the network itself tells if it answers."""
    labels = Labels(NETWORK_ACTIVE.labels, (thing.name,))
    rows.add(NETWORK_ACTIVE, labels, int(thing.active))
    rows.add(NETWORK_PERSISTENT, labels, int(thing.persistent))
    rows.add(NETWORK_AUTOSTART, labels, int(thing.autostart))
    if network is None:
        return
    root = network.description
    rows.add(NETWORK_INFO, Labels(NETWORK_INFO.labels, (thing.name, *_facts(root))), 1)
    if thing.active:
        rows.add(NETWORK_CONNECTIONS, labels, int(root.get("connections", "0")))
    if network.ports is not None:
        rows.add(NETWORK_PORTS, labels, network.ports)
    mtu = root.find("mtu")
    if mtu is not None:
        rows.add(NETWORK_MTU_BYTES, labels, int(mtu.get("size", "")))
    if root.find("ip/dhcp") is not None:
        _dhcp(network, labels, rows)
    for direction, limits in _BANDWIDTH.items():
        element = root.find(f"bandwidth/{direction}")
        for attribute, metric, convert in limits if element is not None else ():
            limit = None if element is None else element.get(attribute)
            if limit is not None:
                rows.add(metric, labels, convert(int(limit)))


def _facts(root: Element) -> tuple[str, str, str, str]:
    """uuid, bridge, forward mode and DNS domain."""
    bridge, forward, domain = root.find("bridge"), root.find("forward"), root.find("domain")
    return (
        root.findtext("uuid") or "",
        "" if bridge is None else bridge.get("name", ""),
        "isolated" if forward is None else forward.get("mode", "nat"),
        "" if domain is None else domain.get("name", ""),
    )


def _dhcp(network: Network, labels: Labels, rows: Rows) -> None:
    """Leases beside the addresses there are for them: only what comes out of a range makes the range smaller."""
    root = network.description
    ranges = [
        (IPv4Address(each.get("start", "")), IPv4Address(each.get("end", "")))
        for each in root.findall("ip/dhcp/range")
        if ":" not in each.get("start", "")
    ]
    if ranges:
        rows.add(NETWORK_DHCP_ADDRESSES, labels, sum(int(end) - int(start) + 1 for start, end in ranges))
    if ranges and network.leases is not None:
        given = [IPv4Address(lease.address) for lease in network.leases if ":" not in lease.address]
        in_range = [address for address in given if any(start <= address <= end for start, end in ranges)]
        rows.add(NETWORK_DHCP_LEASES, labels, len(in_range))
    rows.add(NETWORK_DHCP_RESERVATIONS, labels, len(root.findall("ip/dhcp/host")))


def summarise(_values: Mapping[str, None], listed: Sequence[Thing], rows: Rows) -> None:
    """How many there are, before any filter."""
    rows.add(NETWORKS, NO_LABELS, len(listed))


COLLECTOR = Collector(
    name="network",
    help="Virtual networks: state, bridge, guests attached, DHCP ranges and leases, limits.",
    metrics=METRICS,
    feeds=(Feed(ThingCall(find_networks, network_filter, read_network), collect, summarise),),
    interval=SLOW,
    cost="four listings, and four calls for each network",
    queries=(
        ("Networks about to run out of addresses", "libvirt_network_dhcp_addresses - libvirt_network_dhcp_leases < 10"),
        ("Networks that should run and do not", "libvirt_network_autostart == 1 and libvirt_network_active == 0"),
    ),
)
