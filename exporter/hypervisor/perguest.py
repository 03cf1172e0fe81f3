"""Statistics by one call after another for each guest, in the flat keys of the bulk call.

For drivers that have no bulk statistics (test, LXC, Xen and others), and for guests whose monitor must not be entered.
"""

from collections.abc import Iterable
from typing import Any

import structlog

from exporter.guest import Guest
from exporter.hypervisor.connection import Connection
from exporter.hypervisor.descriptions import devices_of
from exporter.hypervisor.errors import ConnectionLost, HypervisorError, NotFound
from exporter.hypervisor.record import Flat

# Tags of memoryStats() that are called otherwise in bulk statistics.
_BALLOON_KEYS = {"actual": "current", "last_update": "last-update"}
_BLOCK_KEYS = ("rd.reqs", "rd.bytes", "wr.reqs", "wr.bytes")
WITHOUT_MONITOR = frozenset({"cpu", "balloon", "vcpu"})
"""Groups of which `without_monitor` gives a part."""

ONE_BY_ONE = frozenset({"state", "cpu", "balloon", "vcpu", "block", "net"})
"""Groups of which `fill` gives a part."""

_NET_KEYS = ("rx.bytes", "rx.pkts", "rx.errs", "rx.drop", "tx.bytes", "tx.pkts", "tx.errs", "tx.drop")

logger = structlog.get_logger()


def fill(connection: Connection, guests: Iterable[Guest], groups: frozenset[str]) -> list[tuple[Guest, Flat]]:
    """Each guest's statistics; one that vanished is left out, one that fails in part has only the rest."""
    answered = []
    for guest in guests:
        try:
            answered.append((guest, _ask(connection, guest, groups)))
        except NotFound:
            logger.debug("guest vanished", guest=guest.name, uuid=guest.uuid)
        except ConnectionLost:
            raise
        except HypervisorError as error:
            connection.failures += 1
            logger.warning("guest not read", guest=guest.name, error=str(error))
    return answered


def _ask(connection: Connection, guest: Guest, groups: frozenset[str]) -> Flat:
    about = f"domain '{guest.name}'"
    domain = connection.domain(guest.uuid)
    state, reason = connection.call(domain.state, about=about)
    flat: Flat = {"state.state": state, "state.reason": reason}
    if groups == {"state"}:
        return flat
    if groups & {"cpu", "balloon", "vcpu"}:
        flat |= _processor_and_memory(connection, guest, domain, about)
    if guest.active and "balloon" in groups:
        figures = connection.optional(domain.memoryStats, about=about) or {}
        flat |= {f"balloon.{_BALLOON_KEYS.get(tag, tag)}": value for tag, value in figures.items()}
    if guest.active and groups & {"block", "net"}:
        flat |= _devices(connection, guest, domain, groups, about)
    return flat


def without_monitor(connection: Connection, guest: Guest) -> Flat:
    """CPU time, vCPU times and memory limits of a guest whose monitor hangs: none of these calls takes a job."""
    about = f"domain '{guest.name}'"
    return _processor_and_memory(connection, guest, connection.domain(guest.uuid), about)


def _processor_and_memory(connection: Connection, guest: Guest, domain: Any, about: str) -> Flat:
    flat: Flat = {}
    info = connection.optional(domain.info, about=about)
    if info:
        flat |= {"balloon.maximum": info[1], "balloon.current": info[2], "vcpu.current": info[3]}
    if not guest.active:
        return flat
    total = connection.optional(domain.getCPUStats, True, about=about)
    if total:
        times = {"cpu.time": "cpu_time", "cpu.user": "user_time", "cpu.system": "system_time"}
        flat |= {key: total[0][name] for key, name in times.items() if name in total[0]}
    elif info:
        flat["cpu.time"] = info[4]
    vcpus = connection.optional(domain.vcpus, about=about)
    for number, state, time, _cpu in vcpus[0] if vcpus else ():
        flat |= {f"vcpu.{number}.state": state, f"vcpu.{number}.time": time}
    return flat


def _devices(connection: Connection, guest: Guest, domain: Any, groups: frozenset[str], about: str) -> Flat:
    devices = devices_of(connection, domain, guest)
    flat: Flat = {}
    for number, disk in enumerate(devices.disks if "block" in groups else ()):
        key = f"block.{number}"
        flat[f"{key}.name"] = disk
        counters = connection.optional(domain.blockStats, disk, about=f"disk '{disk}' of {about}")
        # -1 is how libvirt says that a figure is not known.
        flat |= {f"{key}.{name}": n for name, n in zip(_BLOCK_KEYS, counters or (), strict=False) if n >= 0}
        sizes = connection.optional(domain.blockInfo, disk, about=f"disk '{disk}' of {about}")
        if sizes:
            flat |= {f"{key}.capacity": sizes[0], f"{key}.allocation": sizes[1], f"{key}.physical": sizes[2]}
    for number, interface in enumerate(devices.interfaces if "net" in groups else ()):
        key = f"net.{number}"
        flat[f"{key}.name"] = interface
        counters = connection.optional(domain.interfaceStats, interface, about=f"interface '{interface}' of {about}")
        flat |= {f"{key}.{name}": n for name, n in zip(_NET_KEYS, counters or (), strict=False) if n >= 0}
    return flat
