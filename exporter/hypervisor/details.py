"""What libvirt keeps about single guests beside their statistics: messages against them, and their addresses."""

from dataclasses import dataclass
from typing import Any

import libvirt
import structlog

from exporter.guest import Guest
from exporter.hypervisor.connection import Connection
from exporter.hypervisor.errors import CallFailed, NotSupported
from exporter.hypervisor.flags import flagged

logger = structlog.get_logger()

_MESSAGES = {
    "tainting": libvirt.VIR_DOMAIN_MESSAGE_TAINTING,
    "deprecation": libvirt.VIR_DOMAIN_MESSAGE_DEPRECATION,
    "ioerrors": getattr(libvirt, "VIR_DOMAIN_MESSAGE_IOERRORS", None),  # since 11.1
}


def read_messages(connection: Connection, domain: Any, guest: Guest) -> dict[str, int]:
    """messages: how many there are of each kind that the daemon knows."""
    found = {}
    for kind, flag in _MESSAGES.items():
        if flag is not None:
            listed = flagged(connection, domain.messages, flag, about=f"domain '{guest.name}'")
            if listed is not None:
                found[kind] = len(listed)
    return found


@dataclass(frozen=True)
class Address:
    """An address of a guest's interface as the host knows it, out of a `lease` or by `arp`."""

    interface: str
    mac: str
    address: str
    prefix: int
    source: str


_SOURCES = {
    "lease": libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE,
    "arp": libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP,
}


def networks_answer(connection: Connection) -> None:
    """numOfNetworks: libvirt asks for leases with the guest locked, so a daemon of networks that hangs would hold the
    guest, and every listing of guests, against everybody. Raises Abandoned then."""
    connection.optional(connection.libvirt.numOfNetworks)


def read_addresses(connection: Connection, domain: Any, guest: Guest) -> list[Address]:
    """interfaceAddresses from leases; from the host's ARP table for interfaces that have none."""
    found: list[Address] = []
    for source, flag in _SOURCES.items():
        interfaces = guest.devices.interfaces if guest.devices is not None else ()
        if found and {each.interface for each in found} >= set(interfaces):
            break
        known = {each.interface for each in found}
        listed = _addresses(connection, domain, guest, flag) or {}
        found += [
            Address(interface, details.get("hwaddr") or "", address["addr"], address["prefix"], source)
            for interface, details in listed.items()
            if interface not in known
            for address in details.get("addrs") or ()
        ]
    return found


def _addresses(connection: Connection, domain: Any, guest: Guest, source: int) -> dict[str, Any] | None:
    try:
        listed: dict[str, Any] = connection.call(domain.interfaceAddresses, source, about=f"domain '{guest.name}'")
    except NotSupported:
        return None
    except CallFailed as error:
        # libvirt 9 cannot read every ARP table: then these addresses are not known, which is no failure of the guest's.
        if error.code != "internal_error":
            raise
        logger.debug("addresses not read", guest=guest.name, reason=error.reason)
        return None
    return listed
