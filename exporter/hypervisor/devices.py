"""Devices of the host, its network interfaces, its network filters and its secrets."""

from collections import Counter
from dataclasses import dataclass
from xml.etree import ElementTree

import libvirt

from exporter.hypervisor.connection import Connection
from exporter.hypervisor.enums import names
from exporter.hypervisor.flags import flagged
from exporter.hypervisor.xml import describe

Element = ElementTree.Element

# What the device XML calls these capabilities, where the constants of the listing have other names.
_CAPABILITIES = {
    "pci_dev": "pci",
    "usb_dev": "usb_device",
    "usb_interface": "usb",
    "ccw_dev": "ccw",
    "css_dev": "css",
}


@dataclass(frozen=True)
class NodeDevices:
    """Devices by capability, and the descriptions of those that are shared out to guests."""

    counts: dict[str, int]
    mdev_parents: list[Element]
    mdevs: list[Element]
    pci: list[Element]


def read_node_devices(connection: Connection) -> NodeDevices:
    """listAllDevices for each capability; XMLDesc of PCI devices, mediated devices and what gives them."""
    list_all = connection.libvirt.listAllDevices
    # The first capability decides whether there are node devices at all.
    connection.call(list_all, libvirt.VIR_CONNECT_LIST_NODE_DEVICES_CAP_SYSTEM)
    found = {}
    for flag, name in names("VIR_CONNECT_LIST_NODE_DEVICES_CAP_").items():
        devices = flagged(connection, list_all, flag)
        if devices is not None:
            found[_CAPABILITIES.get(name, name)] = devices

    def descriptions(capability: str) -> list[Element]:
        return describe(connection, found.get(capability, []), "node device")

    return NodeDevices(
        {name: len(devices) for name, devices in found.items()},
        descriptions("mdev_types"),
        descriptions("mdev"),
        descriptions("pci"),
    )


@dataclass(frozen=True)
class HostInterfaces:
    """Descriptions of the host's network interfaces, and the names of those that are up."""

    descriptions: list[Element]
    active: frozenset[str]


def read_host_interfaces(connection: Connection) -> HostInterfaces:
    """listAllInterfaces, all and active ones; XMLDesc of each."""
    list_all = connection.libvirt.listAllInterfaces
    active = {each.name() for each in connection.call(list_all, libvirt.VIR_CONNECT_LIST_INTERFACES_ACTIVE)}
    return HostInterfaces(
        describe(connection, connection.call(list_all, 0), "host interface"),
        frozenset(active),
    )


@dataclass(frozen=True)
class Filters:
    """How many network filters there are, and the guest interfaces bound to each, empty where that is not told."""

    count: int
    bindings: dict[str, int]


def read_nwfilters(connection: Connection) -> Filters:
    """listAllNWFilters and listAllNWFilterBindings."""
    filters = [each.name() for each in connection.call(connection.libvirt.listAllNWFilters, 0)]
    bindings = connection.optional(connection.libvirt.listAllNWFilterBindings, 0)
    if bindings is None:
        return Filters(len(filters), {})
    bound = Counter(binding.filterName() for binding in bindings)
    return Filters(len(filters), {name: bound[name] for name in sorted({*filters, *bound})})


def read_secrets(connection: Connection) -> dict[str, int]:
    """listAllSecrets: how many there are, by usage; nothing else of a secret is looked at."""
    counts = dict.fromkeys(names("VIR_SECRET_USAGE_TYPE_").values(), 0)
    for secret in connection.call(connection.libvirt.listAllSecrets, 0):
        usage = names("VIR_SECRET_USAGE_TYPE_").get(secret.usageType(), "unknown")
        counts[usage] = counts.get(usage, 0) + 1
    return counts
