"""Addresses that OpenStack gave to the ports of guests."""

from xml.etree.ElementTree import Element

from exporter.collectors.collector import RARE, Collector, Feed
from exporter.collectors.nova import Instance
from exporter.collectors.source import Description
from exporter.exposition.labels import Labels
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import Guest

PORT_INFO = Metric(
    "libvirt_domain_openstack_port_info",
    "info",
    "Address of a port of the OpenStack instance, as of the last time Nova wrote it (libvirt domain XML metadata of "
    "Nova ports).",
    labels=("domain", "port_id", "address", "address_type", "ip_version"),
    source="XMLDesc(0) metadata nova instance/ports/port @uuid, ip @address, @type, @ipVersion",
    note=(
        "Off: addresses are personal data in places. Where the port is an Open vSwitch one, port_id is the label"
        " virtual_interface of libvirt_domain_interface_source_info. Nova writes it since release Victoria."
    ),
    set="optional",
)
METRICS = (PORT_INFO,)

_MOST = 1000
"""Addresses of one guest; keeps metadata that anybody may have written from filling a page."""


def describe(guest: Guest, root: Element, rows: Sink) -> None:
    """Each address of each port; nothing for guests that Nova did not make."""
    instance = Instance.of(root)
    ports = [] if instance is None else instance.each("ports/port")
    found = [(port.get("uuid", ""), ip) for port in ports for ip in port]
    if len(found) > _MOST:
        raise ValueError(f"{len(found)} addresses are more than any instance has")
    for port_id, ip in found:
        values = (guest.name, port_id, ip.get("address", ""), ip.get("type", ""), ip.get("ipVersion", ""))
        rows.add(PORT_INFO, Labels(PORT_INFO.labels, values), 1)


COLLECTOR = Collector(
    name="domain_openstack_port",
    help="Addresses that OpenStack gave to the ports of guests.",
    metrics=METRICS,
    feeds=(Feed(Description(), describe),),
    interval=RARE,
    cost="one XMLDesc for a guest that changed, shared by all that read descriptions",
    queries=(
        ("The guest that has an address", 'libvirt_domain_openstack_port_info{address="192.0.2.7"}'),
        (
            "Addresses of each project",
            "count by (project_name) (libvirt_domain_openstack_port_info"
            " * on(instance, domain) group_left(project_name) libvirt_domain_openstack_info)",
        ),
    ),
)
