"""Records what one host tells over a read-only connection: one JSON object, fit to be a fixture."""

from collections.abc import Callable
from typing import Any

import libvirt


def record_host(uri: str) -> dict[str, Any]:
    """Everything the host tells, under the names of libvirt's calls and in libvirt's units.

    A call that the host refuses leaves `{"error": [code, message]}`; nothing on the host is changed.
    """
    libvirt.registerErrorHandler(lambda _context, _error: None, None)  # libvirt would print each refusal
    connection = libvirt.openReadOnly(uri)
    try:
        return {
            "versions": {
                "type": connection.getType(),
                "library": libvirt.getVersion(),
                "daemon": _answer(connection.getLibVersion),
                "hypervisor": _answer(connection.getVersion),
            },
            "node": _node(connection),
            "guests": _guests(connection),
            "pools": [_pool(pool) for pool in _listed(connection.listAllStoragePools)],
            "networks": [_network(network) for network in _listed(connection.listAllNetworks)],
            "interfaces": [_described(item) for item in _listed(connection.listAllInterfaces)],
            "node_devices": [
                {"name": device.name(), "xml": _answer(device.XMLDesc, 0)}
                for device in _listed(connection.listAllDevices)
            ],
            "filters": [item.name() for item in _listed(connection.listAllNWFilters)],
            "filter_bindings": [item.portDev() for item in _listed(connection.listAllNWFilterBindings)],
            "secrets": [_secret(item) for item in _listed(connection.listAllSecrets)],
        }
    finally:
        connection.close()


def _answer(call: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return call(*arguments)
    except libvirt.libvirtError as refusal:
        return {"error": [refusal.get_error_code(), refusal.get_error_message()]}


def _listed(call: Callable[[], list[Any]]) -> list[Any]:
    answer = _answer(call)
    return answer if isinstance(answer, list) else []


def _secret(secret: Any) -> dict[str, Any]:
    return {"uuid": secret.UUIDString(), "usage_type": secret.usageType()}


def _node(connection: Any) -> dict[str, Any]:
    info = connection.getInfo()
    cells = range(info[4])
    return {
        "getHostname": _answer(connection.getHostname),
        "getInfo": info,
        "getMaxVcpus": _answer(connection.getMaxVcpus, None),
        "getCPUMap": _answer(connection.getCPUMap),
        "getCPUStats": {
            str(cpu): _answer(connection.getCPUStats, cpu) for cpu in (libvirt.VIR_NODE_CPU_STATS_ALL_CPUS, 0)
        },
        "getMemoryStats": {
            str(cell): _answer(connection.getMemoryStats, cell)
            for cell in (libvirt.VIR_NODE_MEMORY_STATS_ALL_CELLS, *cells)
        },
        "getMemoryParameters": _answer(connection.getMemoryParameters),
        "getFreeMemory": _answer(connection.getFreeMemory),
        "getCellsFreeMemory": _answer(connection.getCellsFreeMemory, 0, info[4]),
        "getFreePages": {str(size): _answer(connection.getFreePages, [size], 0, info[4]) for size in (4, 2048)},
        "getSecurityModel": _answer(connection.getSecurityModel),
        "getCapabilities": _answer(connection.getCapabilities),
        "getSysinfo": _answer(connection.getSysinfo),
    }


def _guests(connection: Any) -> list[dict[str, Any]]:
    domains = connection.listAllDomains()
    plain = _stats(connection, domains, 0)
    chains = _stats(connection, domains, libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_BACKING)
    guests = []
    for domain in domains:
        uuid = domain.UUIDString()
        blocks = {key: value for key, value in chains[uuid].items() if key.startswith("block.")}
        guests.append(_guest(domain, plain[uuid]) | {"stats_backing": blocks})
    return sorted(guests, key=lambda guest: str(guest["name"]))


def _stats(connection: Any, domains: list[Any], flags: int) -> dict[str, dict[str, Any]]:
    """Bulk statistics by UUID, of the groups that the driver has."""
    every_group = 0
    records = connection.domainListGetStats(domains, every_group, flags) if domains else []
    return {domain.UUIDString(): figures for domain, figures in records}


def _guest(domain: Any, stats: dict[str, Any]) -> dict[str, Any]:
    record = {
        "uuid": domain.UUIDString(),
        "name": domain.name(),
        "id": domain.ID(),
        "active": bool(domain.isActive()),
        "persistent": bool(domain.isPersistent()),
        "autostart": _answer(domain.autostart),
        "updated": _answer(domain.isUpdated),
        "managed_save": _answer(domain.hasManagedSaveImage),
        "stats": stats,
        "xml": _answer(domain.XMLDesc, 0),
        "info": _answer(domain.info),
        "state": _answer(domain.state),
        "memoryStats": _answer(domain.memoryStats),
        "vcpus": _answer(domain.vcpus),
        "getCPUStats": {"total": _answer(domain.getCPUStats, True), "each": _answer(domain.getCPUStats, False)},
        "controlInfo": _answer(domain.controlInfo),
        "diskErrors": _answer(domain.diskErrors),
        "messages": _answer(domain.messages),
        "snapshots": [snapshot.getXMLDesc() for snapshot in _listed(domain.listAllSnapshots)],
        "checkpoints": [checkpoint.getXMLDesc() for checkpoint in _listed(domain.listAllCheckpoints)],
    }
    if record["active"]:
        completed = libvirt.VIR_DOMAIN_JOB_STATS_COMPLETED | libvirt.VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED
        record |= {
            "jobStats": {
                "current": _answer(domain.jobStats),
                "completed": _answer(domain.jobStats, completed),
            },
            "ioThreadInfo": _answer(domain.ioThreadInfo),
            "emulatorPinInfo": _answer(domain.emulatorPinInfo),
            "migrateGetMaxDowntime": _answer(domain.migrateGetMaxDowntime),
            "migrateGetCompressionCache": _answer(domain.migrateGetCompressionCache),
            "interfaceAddresses": {
                "lease": _answer(domain.interfaceAddresses, libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE),
                "arp": _answer(domain.interfaceAddresses, libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP),
            },
            "blockJobInfo": {
                disk: _answer(domain.blockJobInfo, disk)
                for number in range(stats.get("block.count", 0))
                if (disk := stats.get(f"block.{number}.name")) is not None
            },
        }
    return record


def _pool(pool: Any) -> dict[str, Any]:
    volumes = _listed(pool.listAllVolumes) if pool.isActive() else []
    return _described(pool) | {
        "uuid": pool.UUIDString(),
        "autostart": _answer(pool.autostart),
        "persistent": bool(pool.isPersistent()),
        "info": _answer(pool.info),
        "volumes": [
            {"name": volume.name(), "info": _answer(volume.info), "xml": _answer(volume.XMLDesc, 0)}
            for volume in volumes
        ],
    }


def _network(network: Any) -> dict[str, Any]:
    return _described(network) | {
        "uuid": network.UUIDString(),
        "autostart": _answer(network.autostart),
        "persistent": bool(network.isPersistent()),
        "leases": _answer(network.DHCPLeases),
        "ports": [port.XMLDesc() for port in _listed(network.listAllPorts)],
    }


def _described(item: Any) -> dict[str, Any]:
    return {"name": item.name(), "active": bool(item.isActive()), "xml": _answer(item.XMLDesc, 0)}
