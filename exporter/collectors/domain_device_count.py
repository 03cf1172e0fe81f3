"""How many devices guests have, by kind."""

from collections import Counter
from xml.etree.ElementTree import Element

from exporter.collectors.collector import RARE, Collector, Feed
from exporter.collectors.source import Description
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import Guest

DEVICES = Metric(
    "libvirt_domain_devices",
    "gauge",
    "Devices of the guest by kind, kinds it lacks are absent (libvirt domain XML devices).",
    labels=("domain", "device"),
    source="XMLDesc(0) count of children of devices by tag",
    note="Off: about ten series a guest for what hardly changes.",
    set="optional",
)
METRICS = (DEVICES,)


def describe(guest: Guest, root: Element, rows: Sink) -> None:
    """One sample a kind of device; what emulates them is not a device itself."""
    counts = Counter(device.tag for device in root.findall("devices/*") if device.tag != "emulator")
    for kind, count in counts.items():
        rows.add(DEVICES, guest.labels(DEVICES.labels, kind), count)


COLLECTOR = Collector(
    name="domain_device_count",
    help="How many devices guests have, by kind.",
    metrics=METRICS,
    feeds=(Feed(Description(), describe),),
    interval=RARE,
    cost="one XMLDesc for a guest that changed, shared by all that read descriptions",
    queries=(("Devices of all guests by kind", "sum by (device) (libvirt_domain_devices)"),),
)
