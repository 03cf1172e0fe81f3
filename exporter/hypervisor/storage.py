"""Storage pools and their volumes. Pools are never refreshed by us: a read-only connection may not."""

from dataclasses import dataclass
from xml.etree import ElementTree

import libvirt

from exporter.filters import NameFilter
from exporter.hypervisor.connection import Connection
from exporter.hypervisor.things import Thing, list_things
from exporter.hypervisor.xml import describe
from exporter.scope import Scope

Element = ElementTree.Element


def find_pools(connection: Connection) -> list[Thing]:
    """listAllStoragePools, four times with flags."""
    return list_things(
        connection,
        connection.libvirt.listAllStoragePools,
        libvirt.VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE,
        libvirt.VIR_CONNECT_LIST_STORAGE_POOLS_PERSISTENT,
        libvirt.VIR_CONNECT_LIST_STORAGE_POOLS_AUTOSTART,
    )


def pool_filter(scope: Scope) -> NameFilter:
    """Which of them are shown."""
    return scope.filters.storage_pool


@dataclass(frozen=True)
class Pool:
    """A pool as of its last refresh: info() is state, capacity, allocation and available bytes; `volumes` is None for
    a pool that is not started."""

    info: list[int]
    description: Element
    volumes: int | None


def read_pool(connection: Connection, thing: Thing, _scope: Scope) -> Pool:
    """info, XMLDesc, numOfVolumes."""
    about = f"storage pool '{thing.name}'"
    pool = connection.call(connection.libvirt.storagePoolLookupByName, thing.name, about=about)
    return Pool(
        info=connection.call(pool.info, about=about),
        description=ElementTree.fromstring(connection.call(pool.XMLDesc, 0, about=about)),
        volumes=connection.optional(pool.numOfVolumes, about=about) if thing.active else None,
    )


def volume_filter(scope: Scope) -> NameFilter:
    """Which of a pool's volumes are shown."""
    return scope.filters.volume


@dataclass(frozen=True)
class Volumes:
    """Descriptions of a pool's volumes in the order of their names, how many were left out by the limit, and the names
    of all there are."""

    descriptions: list[Element]
    omitted: int
    names: tuple[str, ...] = ()


def read_volumes(connection: Connection, thing: Thing, scope: Scope) -> Volumes:
    """listAllVolumes, then XMLDesc of each volume the filters and the limit let through: sizes in it are live."""
    if not thing.active:
        return Volumes([], 0)
    about = f"storage pool '{thing.name}'"
    pool = connection.call(connection.libvirt.storagePoolLookupByName, thing.name, about=about)
    listed = {each.name(): each for each in connection.call(pool.listAllVolumes, 0, about=about)}
    allowed = [listed[name] for name in sorted(filter(volume_filter(scope).allows, listed))]
    descriptions = describe(connection, allowed[: scope.volume_limit], f"volume in {about}")
    omitted = max(0, len(allowed) - scope.volume_limit)
    return Volumes(descriptions, omitted, tuple(listed))
