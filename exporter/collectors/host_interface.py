"""Network interfaces of the host."""

from exporter.collectors.collector import RARE, Collector, Feed
from exporter.collectors.source import HostCall
from exporter.collectors.units import megabits
from exporter.exposition.labels import Labels
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Rows
from exporter.hypervisor.devices import HostInterfaces, read_host_interfaces

INFO = Metric(
    "libvirt_host_interface_info",
    "info",
    "Network interface of the host (libvirt host interface XML).",
    labels=("interface", "interface_type", "mac_address", "parent"),
    source="iface.XMLDesc(0): @name, @type, mac/@address; parent = bridge or bond that lists it",
    note=(
        "Off: the listing asks udev or netcf (20 ms), one call for each interface, and node_exporter "
        "tells more of a local host."
    ),
    set="optional",
)
ACTIVE = Metric(
    "libvirt_host_interface_active",
    "gauge",
    "Whether the host interface is up (libvirt virInterfaceIsActive).",
    labels=("interface",),
    source="iface.isActive()",
    note=(
        "Off: the listing asks udev or netcf (20 ms), one call for each interface, and node_exporter "
        "tells more of a local host."
    ),
    set="optional",
)
LINK_UP = Metric(
    "libvirt_host_interface_link_up",
    "gauge",
    "Whether the host interface has a link (libvirt host interface XML link).",
    labels=("interface",),
    source="iface.XMLDesc(0) link/@state up -> 1",
    note=(
        "Off: the listing asks udev or netcf (20 ms), one call for each interface, and node_exporter "
        "tells more of a local host."
    ),
    set="optional",
)
SPEED_BYTES_PER_SECOND = Metric(
    "libvirt_host_interface_speed_bytes_per_second",
    "gauge",
    "Speed of the host interface's link, absent if unknown (libvirt host interface XML link).",
    labels=("interface",),
    unit="bytes_per_second",
    source="iface.XMLDesc(0) link/@speed Mbit/s * 125000 -> bytes/s; 0 and 4294967295 mean unknown",
    note=(
        "Off: the listing asks udev or netcf (20 ms), one call for each interface, and node_exporter "
        "tells more of a local host."
    ),
    set="optional",
)
MTU_BYTES = Metric(
    "libvirt_host_interface_mtu_bytes",
    "gauge",
    "Largest packet of the host interface (libvirt host interface XML mtu).",
    labels=("interface",),
    unit="bytes",
    source="iface.XMLDesc(0) mtu/@size",
    note=(
        "Off: the listing asks udev or netcf (20 ms), one call for each interface, and node_exporter "
        "tells more of a local host."
    ),
    set="optional",
)
METRICS = (INFO, ACTIVE, LINK_UP, SPEED_BYTES_PER_SECOND, MTU_BYTES)


_SPEED_UNKNOWN = (0, 4294967295)


def collect(interfaces: HostInterfaces, rows: Rows) -> None:
    """Each interface that was listed; those listed only inside a bridge or bond are theirs."""
    parents = {
        member.get("name"): root.get("name", "")
        for root in interfaces.descriptions
        for kind in ("bridge", "bond")
        for member in root.findall(f"{kind}/interface")
    }
    for root in interfaces.descriptions:
        name = root.get("name", "")
        labels = Labels(ACTIVE.labels, (name,))
        mac, link, mtu = root.find("mac"), root.find("link"), root.find("mtu")
        address = "" if mac is None else mac.get("address", "")
        rows.add(INFO, Labels(INFO.labels, (name, root.get("type", ""), address, parents.get(name, ""))), 1)
        rows.add(ACTIVE, labels, int(name in interfaces.active))
        if link is not None and link.get("state", "unknown") != "unknown":
            rows.add(LINK_UP, labels, int(link.get("state") == "up"))
        speed = int(link.get("speed", "0")) if link is not None else 0
        if speed not in _SPEED_UNKNOWN:
            rows.add(SPEED_BYTES_PER_SECOND, labels, megabits(speed))
        if mtu is not None:
            rows.add(MTU_BYTES, labels, int(mtu.get("size", "")))


COLLECTOR = Collector(
    name="host_interface",
    help="Network interfaces of the host: type, state, link and speed.",
    metrics=METRICS,
    feeds=(Feed(HostCall(read_host_interfaces), collect),),
    interval=RARE,
    cost="two listings, which ask udev or netcf, and one call for each interface",
    queries=(
        (
            "Interfaces that are up without a link",
            "libvirt_host_interface_active == 1 and libvirt_host_interface_link_up == 0",
        ),
    ),
)
