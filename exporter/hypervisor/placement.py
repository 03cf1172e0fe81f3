"""Where the threads of a guest are and may be, by calls about one guest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from exporter.guest import Guest
from exporter.hypervisor.connection import Connection


@dataclass(frozen=True)
class Placement:
    """By vCPU: the host CPU it is on (-1 offline, -2 any), and those it may be on; those the emulator may be on, None
    where the driver does not tell."""

    cpus: Mapping[int, int]
    affinities: Mapping[int, tuple[int, ...]]
    emulator: tuple[int, ...] | None


def read_placement(connection: Connection, domain: Any, guest: Guest) -> Placement | None:
    """vcpus and emulatorPinInfo; None when the driver has no vcpus."""
    about = f"domain '{guest.name}'"
    vcpus = connection.optional(domain.vcpus, about=about)
    if not vcpus:
        return None
    emulator = connection.optional(domain.emulatorPinInfo, 0, about=about)
    infos, maps = vcpus
    return Placement(
        cpus={number: cpu for number, _state, _time, cpu in infos},
        affinities={info[0]: _set(allowed) for info, allowed in zip(infos, maps, strict=False)},
        emulator=_set(emulator) if emulator else None,
    )


def read_iothread_affinities(connection: Connection, domain: Any, guest: Guest) -> dict[int, tuple[int, ...]]:
    """The host CPUs each I/O thread may be on (ioThreadInfo); raises HypervisorError."""
    threads = connection.call(domain.ioThreadInfo, 0, about=f"domain '{guest.name}'")
    return {identifier: _set(allowed) for identifier, allowed in threads}


def read_logical_cpus(connection: Connection, domain: Any, guest: Guest) -> list[dict[str, int]]:
    """Nanoseconds of each logical CPU of the host that the guest took (getCPUStats); raises HypervisorError."""
    times: list[dict[str, int]] = connection.call(domain.getCPUStats, False, 0, about=f"domain '{guest.name}'")
    return times


def _set(allowed: Sequence[bool]) -> tuple[int, ...]:
    """The numbers of the host CPUs that are allowed."""
    return tuple(cpu for cpu, one in enumerate(allowed) if one)
