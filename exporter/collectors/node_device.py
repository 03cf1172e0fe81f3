"""Devices of the host, and those that are shared out to guests."""

from collections import Counter

from exporter.collectors.collector import RARE, Collector, Feed, not_run
from exporter.collectors.source import HostCall
from exporter.exposition.labels import Labels
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Rows
from exporter.hypervisor.devices import NodeDevices, read_node_devices

DEVICES = Metric(
    "libvirt_node_devices",
    "gauge",
    "Devices of the host by capability: pci, usb_device, net, storage, mdev and so on (libvirt listAllDevices).",
    labels=("capability",),
    source="len(listAllDevices(CAP_<capability>)), one call for each capability",
    note="A device can have several capabilities: the sum counts it more than once.",
    set="default",
)
MDEV_AVAILABLE_INSTANCES = Metric(
    "libvirt_node_mdev_available_instances",
    "gauge",
    "Mediated devices, such as virtual GPUs, that the host device can still give (libvirt node device XML mdev_types).",
    labels=("device", "mdev_type"),
    source="listAllDevices(CAP_MDEV_TYPES), XMLDesc(0) capability/type/availableInstances",
    note="Only hosts with such devices. 0: no room for another guest with a virtual GPU.",
    set="default",
)
MDEV_INSTANCES = Metric(
    "libvirt_node_mdev_instances",
    "gauge",
    "Mediated devices in use or made on the host device (libvirt node device XML mdev).",
    labels=("device", "mdev_type"),
    source="listAllDevices(CAP_MDEV), XMLDesc(0) parent, capability/type/@id",
    set="default",
)
PCI_VIRTUAL_FUNCTIONS = Metric(
    "libvirt_node_pci_virtual_functions",
    "gauge",
    "Virtual functions that are set up on the network or PCI device (libvirt node device XML virt_functions).",
    labels=("device",),
    source="listAllDevices(CAP_PCI_DEV), XMLDesc(0) count of capability[@type='virt_functions']/address",
    note=("Only devices with SR-IOV. One call for each PCI device: slow schedule, refreshed by node device events."),
    set="default",
)
PCI_VIRTUAL_FUNCTIONS_MAXIMUM = Metric(
    "libvirt_node_pci_virtual_functions_maximum",
    "gauge",
    "Virtual functions the device can have (libvirt node device XML virt_functions).",
    labels=("device",),
    source="listAllDevices(CAP_PCI_DEV), XMLDesc(0) capability[@type='virt_functions']/@maxCount",
    note=("Only devices with SR-IOV. One call for each PCI device: slow schedule, refreshed by node device events."),
    set="default",
)
METRICS = (DEVICES, MDEV_AVAILABLE_INSTANCES, MDEV_INSTANCES, PCI_VIRTUAL_FUNCTIONS, PCI_VIRTUAL_FUNCTIONS_MAXIMUM)


def collect(devices: NodeDevices, rows: Rows) -> None:
    """Devices by capability; mediated devices and virtual functions where the host has any."""
    for capability, count in devices.counts.items():
        rows.add(DEVICES, Labels(DEVICES.labels, (capability,)), count)
    for root in devices.mdev_parents:
        name = root.findtext("name") or ""
        for kind in root.iterfind(".//capability[@type='mdev_types']/type"):
            labels = Labels(MDEV_AVAILABLE_INSTANCES.labels, (name, kind.get("id", "")))
            rows.add(MDEV_AVAILABLE_INSTANCES, labels, int(kind.findtext("availableInstances") or ""))
    instances = Counter(
        (root.findtext("parent") or "", kind.get("id", ""))
        for root in devices.mdevs
        for kind in root.iterfind("capability[@type='mdev']/type")
    )
    for key, number in instances.items():
        rows.add(MDEV_INSTANCES, Labels(MDEV_INSTANCES.labels, key), number)
    for root in devices.pci:
        labels = Labels(PCI_VIRTUAL_FUNCTIONS.labels, (root.findtext("name") or "",))
        for functions in root.iterfind(".//capability[@type='virt_functions']"):
            rows.add(PCI_VIRTUAL_FUNCTIONS, labels, len(functions.findall("address")))
            maximum = functions.get("maxCount")
            if maximum is not None:
                rows.add(PCI_VIRTUAL_FUNCTIONS_MAXIMUM, labels, int(maximum))


COLLECTOR = Collector(
    name="node_device",
    help="Devices of the host by capability, mediated devices and virtual functions.",
    metrics=METRICS,
    feeds=(Feed(HostCall(read_node_devices), collect),),
    interval=RARE,
    cost="one call for each of some twenty capabilities, one for each PCI and mediated device",
    queries=(
        (
            "Virtual functions not set up",
            "libvirt_node_pci_virtual_functions_maximum - libvirt_node_pci_virtual_functions",
        ),
    ),
    notes=(not_run("virtual functions and mediated devices need their hardware"),),
)
