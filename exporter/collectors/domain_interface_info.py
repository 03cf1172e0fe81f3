"""What the network interfaces of guests are: address, model, source, limits."""

from xml.etree.ElementTree import Element

from exporter.collectors.attributes import attribute_of
from exporter.collectors.collector import RARE, Collector, Feed
from exporter.collectors.source import Description
from exporter.collectors.units import kibibytes, kilobytes
from exporter.exposition.labels import Labels
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import INTERFACE, Guest

_NOTE = (
    "Same figures as dom.interfaceParameters() without a call. 1000 is what tc takes for kbps; Open vSwitch uses "
    "1024 in one direction."
)

STATS_INFO = Metric(
    "libvirt_domain_interface_stats_info",
    "info",
    "What the interface is made of (libvirt domain XML interface).",
    labels=("domain", "interface_type", "source_bridge", "target_device", "mac_address", "model_type", "mtu_size"),
    source="XMLDesc(0) devices/interface: @type, source/@bridge, target/@dev, mac/@address, model/@type, mtu/@size",
    note="mac_address is the stable key: target_device changes with each start.",
    set="default",
)
SOURCE_INFO = Metric(
    "libvirt_domain_interface_source_info",
    "info",
    "Where the interface is attached: network, port group, host device and virtual port (libvirt domain XML "
    "interface).",
    labels=(
        "domain",
        "target_device",
        "network",
        "portgroup",
        "source_device",
        "source_mode",
        "virtual_interface",
        "alias",
    ),
    source=(
        "XMLDesc(0) devices/interface: source/{@network,@portgroup,@dev,@mode}, "
        "virtualport/parameters/@interfaceid, alias/@name"
    ),
    note="Joins guests to libvirt_network_* and events to target_device.",
    set="default",
)
LINK_UP = Metric(
    "libvirt_domain_interface_link_up",
    "gauge",
    "Whether the interface's cable is plugged in the definition (libvirt domain XML interface/link).",
    labels=INTERFACE,
    source="XMLDesc(0) devices/interface/link/@state, up if the element is missing",
    set="default",
)
INBOUND_AVERAGE_BYTES_PER_SECOND = Metric(
    "libvirt_domain_interface_inbound_average_bytes_per_second",
    "gauge",
    "Average rate the host allows the interface inbound, absent if unlimited (libvirt domain XML interface/bandwidth).",
    labels=INTERFACE,
    unit="bytes_per_second",
    source="XMLDesc(0) devices/interface/bandwidth/inbound/@average kilobytes (1000) a second -> bytes",
    note=_NOTE,
    set="default",
)
INBOUND_PEAK_BYTES_PER_SECOND = Metric(
    "libvirt_domain_interface_inbound_peak_bytes_per_second",
    "gauge",
    "Peak rate the host allows the interface inbound, absent if unlimited (libvirt domain XML interface/bandwidth).",
    labels=INTERFACE,
    unit="bytes_per_second",
    source="XMLDesc(0) devices/interface/bandwidth/inbound/@peak kilobytes (1000) a second -> bytes",
    note=_NOTE,
    set="default",
)
INBOUND_BURST_BYTES = Metric(
    "libvirt_domain_interface_inbound_burst_bytes",
    "gauge",
    "Bytes the interface may send at peak rate inbound (libvirt domain XML interface/bandwidth).",
    labels=INTERFACE,
    unit="bytes",
    source="XMLDesc(0) devices/interface/bandwidth/inbound/@burst KiB -> bytes",
    set="default",
)
OUTBOUND_AVERAGE_BYTES_PER_SECOND = Metric(
    "libvirt_domain_interface_outbound_average_bytes_per_second",
    "gauge",
    "Average rate the host allows the interface outbound, absent if unlimited (libvirt domain XML "
    "interface/bandwidth).",
    labels=INTERFACE,
    unit="bytes_per_second",
    source="XMLDesc(0) devices/interface/bandwidth/outbound/@average kilobytes (1000) a second -> bytes",
    note=_NOTE,
    set="default",
)
OUTBOUND_PEAK_BYTES_PER_SECOND = Metric(
    "libvirt_domain_interface_outbound_peak_bytes_per_second",
    "gauge",
    "Peak rate the host allows the interface outbound, absent if unlimited (libvirt domain XML interface/bandwidth).",
    labels=INTERFACE,
    unit="bytes_per_second",
    source="XMLDesc(0) devices/interface/bandwidth/outbound/@peak kilobytes (1000) a second -> bytes",
    note=_NOTE,
    set="default",
)
OUTBOUND_BURST_BYTES = Metric(
    "libvirt_domain_interface_outbound_burst_bytes",
    "gauge",
    "Bytes the interface may send at peak rate outbound (libvirt domain XML interface/bandwidth).",
    labels=INTERFACE,
    unit="bytes",
    source="XMLDesc(0) devices/interface/bandwidth/outbound/@burst KiB -> bytes",
    set="default",
)
INBOUND_FLOOR_BYTES_PER_SECOND = Metric(
    "libvirt_domain_interface_inbound_floor_bytes_per_second",
    "gauge",
    "Rate the network guarantees the interface (libvirt domain XML interface/bandwidth).",
    labels=INTERFACE,
    unit="bytes_per_second",
    source="XMLDesc(0) devices/interface/bandwidth/inbound/@floor kilobytes (1000) a second -> bytes",
    set="default",
)
METRICS = (
    STATS_INFO,
    SOURCE_INFO,
    LINK_UP,
    INBOUND_AVERAGE_BYTES_PER_SECOND,
    INBOUND_PEAK_BYTES_PER_SECOND,
    INBOUND_BURST_BYTES,
    OUTBOUND_AVERAGE_BYTES_PER_SECOND,
    OUTBOUND_PEAK_BYTES_PER_SECOND,
    OUTBOUND_BURST_BYTES,
    INBOUND_FLOOR_BYTES_PER_SECOND,
)


_BANDWIDTH = (
    ("inbound", "average", INBOUND_AVERAGE_BYTES_PER_SECOND, kilobytes),
    ("inbound", "peak", INBOUND_PEAK_BYTES_PER_SECOND, kilobytes),
    ("inbound", "burst", INBOUND_BURST_BYTES, kibibytes),
    ("inbound", "floor", INBOUND_FLOOR_BYTES_PER_SECOND, kilobytes),
    ("outbound", "average", OUTBOUND_AVERAGE_BYTES_PER_SECOND, kilobytes),
    ("outbound", "peak", OUTBOUND_PEAK_BYTES_PER_SECOND, kilobytes),
    ("outbound", "burst", OUTBOUND_BURST_BYTES, kibibytes),
)
"""Direction, attribute, metric and unit of each limit."""


def describe(guest: Guest, root: Element, rows: Sink) -> None:
    """The facts of each interface; one without a host side has a MAC address and no name."""
    for interface in root.findall("devices/interface"):
        name = attribute_of(interface, "target", "dev")
        labels = guest.interface(name) if name else None
        if name and labels is None:
            continue
        rows.add(STATS_INFO, Labels(STATS_INFO.labels, (guest.name, *_identity(interface, name))), 1)
        rows.add(SOURCE_INFO, Labels(SOURCE_INFO.labels, (guest.name, name, *_source(interface))), 1)
        if labels is None:
            continue
        rows.add(LINK_UP, labels, int(attribute_of(interface, "link", "state") != "down"))
        for direction, attribute, metric, convert in _BANDWIDTH:
            limit = attribute_of(interface, f"bandwidth/{direction}", attribute)
            if limit:
                rows.add(metric, labels, convert(int(limit)))


def _identity(interface: Element, name: str) -> tuple[str, ...]:
    return (
        interface.get("type", ""),
        attribute_of(interface, "source", "bridge"),
        name,
        attribute_of(interface, "mac", "address"),
        attribute_of(interface, "model", "type"),
        attribute_of(interface, "mtu", "size"),
    )


def _source(interface: Element) -> tuple[str, ...]:
    source = interface.find("source")
    return (
        *("" if source is None else source.get(name, "") for name in ("network", "portgroup", "dev", "mode")),
        attribute_of(interface, "virtualport/parameters", "interfaceid"),
        attribute_of(interface, "alias", "name"),
    )


COLLECTOR = Collector(
    name="domain_interface_info",
    help="What the network interfaces of guests are: address, model, source, limits.",
    metrics=METRICS,
    feeds=(Feed(Description(), describe),),
    interval=RARE,
    cost="one XMLDesc for a guest that changed, shared by all that read descriptions",
    queries=(
        (
            "Traffic by MAC address, which stays the same when a guest starts anew",
            "rate(libvirt_domain_interface_stats_receive_bytes_total[5m])"
            " * on(instance, domain, target_device) group_left(mac_address) libvirt_domain_interface_stats_info",
        ),
    ),
)
