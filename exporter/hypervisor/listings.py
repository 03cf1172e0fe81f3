"""Listings of guests by what they have: one listAllDomains each, for all guests at once."""

from collections.abc import Collection, Mapping

import libvirt

from exporter.hypervisor.connection import Connection

_FILTERS: Mapping[str, int] = {
    "persistent": libvirt.VIR_CONNECT_LIST_DOMAINS_PERSISTENT,
    "autostart": libvirt.VIR_CONNECT_LIST_DOMAINS_AUTOSTART,
    "managed_save": libvirt.VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE,
}


def read_listings(connection: Connection, names: Collection[str]) -> dict[str, frozenset[str]]:
    """The uuids in each of these listings; one that the driver does not support, or that failed, is left out."""
    found = {}
    for name in names:
        domains = connection.optional(connection.libvirt.listAllDomains, _FILTERS[name], about=f"guests by {name}")
        if domains is not None:
            found[name] = frozenset(domain.UUIDString() for domain in domains)
    return found
