"""What the host itself tells: identity, processors, memory, NUMA cells."""

from dataclasses import dataclass, field
from xml.etree import ElementTree

import libvirt

from exporter.hypervisor.connection import Connection

_SLOW_DEADLINE = 60.0  # capabilities probe every emulator again where /dev/kvm may not be opened: half a minute each

PROBE_SECONDS = 5.0
"""How long the daemon may take to answer the probe."""

Element = ElementTree.Element


@dataclass(frozen=True)
class Node:
    """Facts of the host that seldom change; None and empty where the driver does not tell."""

    hostname: str | None
    info: list[int | str] | None
    """getInfo(): model, MiB, CPUs, MHz, cells, sockets, cores, threads."""
    cpus: int | None
    cpus_online: int | None
    maximum_vcpus: int | None
    capabilities: Element | None
    sysinfo: Element | None


def read_node(connection: Connection) -> Node:
    """getHostname, getInfo, getCPUMap, getMaxVcpus, getCapabilities, getSysinfo."""
    conn = connection.libvirt
    cpu_map = connection.optional(conn.getCPUMap, 0)
    return Node(
        hostname=connection.optional(conn.getHostname),
        info=connection.optional(conn.getInfo),
        cpus=cpu_map[0] if cpu_map else None,
        cpus_online=cpu_map[2] if cpu_map else None,
        maximum_vcpus=connection.optional(conn.getMaxVcpus, None),
        capabilities=read_capabilities(connection),
        sysinfo=_parsed(connection.optional(conn.getSysinfo, 0)),
    )


def read_capabilities(connection: Connection) -> Element | None:
    """getCapabilities, parsed."""
    return _parsed(connection.optional(connection.libvirt.getCapabilities, deadline=_SLOW_DEADLINE))


def _parsed(text: str | None) -> Element | None:
    return ElementTree.fromstring(text) if text else None


def read_node_cpu(connection: Connection) -> dict[str, int]:
    """getCPUStats over all CPUs: nanoseconds by mode, or utilization in percent; raises NotSupported."""
    figures: dict[str, int] = connection.call(connection.libvirt.getCPUStats, libvirt.VIR_NODE_CPU_STATS_ALL_CPUS)
    return figures


def read_logical_cpus(connection: Connection) -> dict[int, dict[str, int]]:
    """getCPUStats of each CPU that is online: nanoseconds by mode; raises NotSupported."""
    _, online, _ = connection.call(connection.libvirt.getCPUMap, 0)
    stats = {}
    for cpu in (number for number, is_online in enumerate(online) if is_online):
        found = connection.optional(connection.libvirt.getCPUStats, cpu)
        if found:
            stats[cpu] = found
    return stats


def read_memory_parameters(connection: Connection) -> dict[str, int]:
    """getMemoryParameters: how same-page merging is set up and what it came to; raises NotSupported."""
    parameters: dict[str, int] = connection.call(connection.libvirt.getMemoryParameters, 0)
    return parameters


@dataclass(frozen=True)
class NodeMemory:
    """Memory of the host: KiB by kind out of getMemoryStats, and what getInfo and getFreeMemory say instead."""

    stats: dict[str, int]
    total_mebibytes: int | None
    free_bytes: int | None


def read_node_memory(connection: Connection) -> NodeMemory:
    """getMemoryStats over all cells; getInfo and getFreeMemory where the driver has none."""
    conn = connection.libvirt
    stats = connection.optional(conn.getMemoryStats, libvirt.VIR_NODE_MEMORY_STATS_ALL_CELLS)
    if stats:
        return NodeMemory(stats, None, None)
    info = connection.optional(conn.getInfo)
    # getFreeMemory answers 0 for an error, so 0 says nothing.
    free = connection.optional(conn.getFreeMemory) or None
    if free and _counts_kibibytes(connection):
        free *= 1024
    return NodeMemory({}, int(info[1]) if info else None, free)


def _counts_kibibytes(connection: Connection) -> bool:
    """Whether free memory comes in KiB: the test driver's does, where all others give bytes."""
    return connection.optional(connection.libvirt.getType) == "TEST"


@dataclass
class Numa:
    """NUMA cells: their description out of the capabilities, free bytes and free pages by size in KiB, by cell."""

    cells: list[Element] = field(default_factory=list)
    free: dict[int, int] = field(default_factory=dict)
    free_pages: dict[int, dict[int, int]] = field(default_factory=dict)


def read_numa(connection: Connection) -> Numa:
    """getCapabilities, then getCellsFreeMemory and getFreePages over the cells it names."""
    capabilities = read_capabilities(connection)
    if capabilities is None:
        return Numa()
    numa = Numa(capabilities.findall("host/topology/cells/cell"))
    if not numa.cells:
        return numa
    conn = connection.libvirt
    numbers = [int(cell.get("id", "0")) for cell in numa.cells]
    first, count = min(numbers), max(numbers) - min(numbers) + 1
    free = connection.optional(conn.getCellsFreeMemory, first, count) or []
    unit = 1024 if free and _counts_kibibytes(connection) else 1
    numa.free = {cell: amount * unit for cell, amount in zip(range(first, first + count), free, strict=False)}
    sizes = sorted({int(page.get("size", "0")) for cell in numa.cells for page in cell.findall("pages")})
    pages = connection.optional(conn.getFreePages, sizes, first, count) if sizes else None
    for cell, by_size in (pages or {}).items():
        numa.free_pages[int(cell)] = {int(size): n for size, n in by_size.items()}
    return numa


@dataclass(frozen=True)
class Versions:
    """What speaks to whom; version numbers as libvirt counts them."""

    driver: str | None
    uri: str | None
    library: int
    daemon: int | None
    hypervisor: int | None
    secure: bool | None
    encrypted: bool | None


def probe(connection: Connection) -> None:
    """getLibVersion, the cheapest call that only a daemon that works answers; raises HypervisorError."""
    connection.call(connection.libvirt.getLibVersion, deadline=PROBE_SECONDS)


def read_versions(connection: Connection) -> Versions:
    """getType, getURI, getLibVersion, getVersion (which may probe emulators for seconds), isSecure, isEncrypted."""
    conn = connection.libvirt
    return Versions(
        driver=connection.optional(conn.getType),
        uri=connection.optional(conn.getURI),
        library=libvirt.getVersion(),
        daemon=connection.optional(conn.getLibVersion),
        hypervisor=connection.optional(conn.getVersion, deadline=_SLOW_DEADLINE),
        secure=_truth(connection.optional(conn.isSecure)),
        encrypted=_truth(connection.optional(conn.isEncrypted)),
    )


def _truth(value: int | None) -> bool | None:
    return None if value is None else bool(value)
