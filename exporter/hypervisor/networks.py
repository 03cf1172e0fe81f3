"""Virtual networks, their ports and their DHCP leases."""

from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import libvirt

from exporter.filters import NameFilter
from exporter.hypervisor.connection import Connection
from exporter.hypervisor.things import Thing, list_things
from exporter.scope import Scope

Element = ElementTree.Element


def find_networks(connection: Connection) -> list[Thing]:
    """listAllNetworks, four times with flags."""
    return list_things(
        connection,
        connection.libvirt.listAllNetworks,
        libvirt.VIR_CONNECT_LIST_NETWORKS_ACTIVE,
        libvirt.VIR_CONNECT_LIST_NETWORKS_PERSISTENT,
        libvirt.VIR_CONNECT_LIST_NETWORKS_AUTOSTART,
    )


def network_filter(scope: Scope) -> NameFilter:
    """Which of them are shown."""
    return scope.filters.network


@dataclass(frozen=True)
class Lease:
    """An address that a network's DHCP server has given; `expires` in Unix seconds is None for ever."""

    mac: str
    address: str
    prefix: int
    hostname: str
    expires: int | None


@dataclass(frozen=True)
class Network:
    """A network; ports and leases are None where it is not started or the driver does not tell."""

    description: Element
    ports: int | None
    leases: list[Lease] | None


def read_network(connection: Connection, thing: Thing, scope: Scope) -> Network:
    """XMLDesc, listAllPorts, DHCPLeases."""
    about = f"network '{thing.name}'"
    network = connection.call(connection.libvirt.networkLookupByName, thing.name, about=about)
    description = ElementTree.fromstring(connection.call(network.XMLDesc, 0, about=about))
    ports = connection.optional(network.listAllPorts, 0, about=about) if thing.active else None
    return Network(
        description,
        None if ports is None else len(ports),
        _leases(connection, network, about, scope)
        if thing.active and description.find("ip/dhcp") is not None
        else None,
    )


def read_leases(connection: Connection, thing: Thing, scope: Scope) -> list[Lease]:
    """DHCPLeases of a network that is started."""
    if not thing.active:
        return []
    about = f"network '{thing.name}'"
    network = connection.call(connection.libvirt.networkLookupByName, thing.name, about=about)
    return _leases(connection, network, about, scope) or []


def _leases(connection: Connection, network: Any, about: str, scope: Scope) -> list[Lease] | None:
    listed = connection.optional(network.DHCPLeases, about=about)
    if listed is None:
        return None
    # An expired lease stays in dnsmasq's file until another one is given.
    now = scope.clock.wall()
    return [
        Lease(
            mac=lease["mac"] or "",
            address=lease["ipaddr"] or "",
            prefix=lease["prefix"],
            hostname=lease["hostname"] or "",
            expires=lease["expirytime"] or None,
        )
        for lease in listed
        if not lease["expirytime"] or lease["expirytime"] > now
    ]
