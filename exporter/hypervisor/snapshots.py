"""Snapshots and checkpoints of guests, asked for only where one listing says that there are any."""

from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import libvirt

from exporter.guest import Guest
from exporter.hypervisor.connection import Connection


@dataclass(frozen=True)
class Snapshots:
    """When each was made, in Unix seconds, as far as it is told; how many there are, and how many are external."""

    count: int = 0
    external: int | None = 0
    made: tuple[int, ...] = ()


def with_snapshots(connection: Connection) -> frozenset[str] | None:
    """uuids of the guests that have any (listAllDomains HAS_SNAPSHOT); None if the driver does not tell."""
    return _uuids(connection, libvirt.VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT)


def with_checkpoints(connection: Connection) -> frozenset[str] | None:
    """uuids of the guests that have any (listAllDomains HAS_CHECKPOINT); None if the driver does not tell."""
    return _uuids(connection, libvirt.VIR_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT)


def _uuids(connection: Connection, flag: int) -> frozenset[str] | None:
    listed = connection.optional(connection.libvirt.listAllDomains, flag)
    return None if listed is None else frozenset(domain.UUIDString() for domain in listed)


def read_snapshots(connection: Connection, domain: Any, guest: Guest) -> Snapshots:
    """listAllSnapshots, all and external ones; getXMLDesc of each."""
    about = f"domain '{guest.name}'"
    listed = connection.call(domain.listAllSnapshots, 0, about=about)
    if not listed:
        return Snapshots()
    external = connection.optional(domain.listAllSnapshots, libvirt.VIR_DOMAIN_SNAPSHOT_LIST_EXTERNAL, about=about)
    made = (
        _made(connection.optional(each.getXMLDesc, 0, about=f"snapshot '{each.getName()}' of {about}"))
        for each in listed
    )
    return Snapshots(
        len(listed),
        None if external is None else len(external),
        tuple(at for at in made if at is not None),
    )


def read_checkpoints(connection: Connection, domain: Any, guest: Guest) -> Snapshots:
    """listAllCheckpoints, and getXMLDesc of each without the description of its guest."""
    about = f"domain '{guest.name}'"
    listed = connection.call(domain.listAllCheckpoints, 0, about=about)
    made = (
        _made(
            connection.optional(
                each.getXMLDesc,
                libvirt.VIR_DOMAIN_CHECKPOINT_XML_NO_DOMAIN,
                about=f"checkpoint '{each.getName()}' of {about}",
            )
        )
        for each in listed
    )
    return Snapshots(len(listed), None, tuple(at for at in made if at is not None))


def _made(text: str | None) -> int | None:
    at = ElementTree.fromstring(text).findtext("creationTime") if text else None
    return int(at) if at else None
