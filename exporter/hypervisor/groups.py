"""The groups of bulk statistics, and which of them enter a guest's monitor."""

from collections.abc import Iterable

import libvirt

from exporter.hypervisor.connection import Connection

GROUPS: dict[str, int] = {
    "state": libvirt.VIR_DOMAIN_STATS_STATE,
    "cpu": libvirt.VIR_DOMAIN_STATS_CPU_TOTAL,
    "balloon": libvirt.VIR_DOMAIN_STATS_BALLOON,
    "vcpu": libvirt.VIR_DOMAIN_STATS_VCPU,
    "net": libvirt.VIR_DOMAIN_STATS_INTERFACE,
    "block": libvirt.VIR_DOMAIN_STATS_BLOCK,
    "perf": libvirt.VIR_DOMAIN_STATS_PERF,
    "iothread": libvirt.VIR_DOMAIN_STATS_IOTHREAD,
    "memory": libvirt.VIR_DOMAIN_STATS_MEMORY,
    "dirtyrate": libvirt.VIR_DOMAIN_STATS_DIRTYRATE,
    "vm": getattr(libvirt, "VIR_DOMAIN_STATS_VM", 0),  # since 8.9
}
"""Bit of each group, by the first word of its keys."""

_NOWAIT = libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT

NO_MONITOR = frozenset({"state", "net", "perf", "memory"})
"""Groups that answer for a guest whose monitor hangs."""


def mask(groups: Iterable[str]) -> int:
    """The `stats` argument that asks for these groups; never 0, which would mean all."""
    bits = 0
    for group in groups:
        bits |= GROUPS[group]
    return bits


def read_groups(connection: Connection, uuid: str) -> frozenset[str]:
    """The groups that give something of a guest (domainListGetStats, a call for each group); raises HypervisorError."""
    handle = connection.domain(uuid)
    given = set()
    for group, bit in GROUPS.items():
        for _, flat in connection.call(connection.libvirt.domainListGetStats, [handle], bit, _NOWAIT) if bit else ():
            if any(key.startswith(f"{group}.") for key in flat):
                given.add(group)
    return frozenset(given)
