"""Where the threads of a guest are and may be, by calls about one guest."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from exporter.guest import Guest
from exporter.hypervisor.connection import Connection


@dataclass(frozen=True)
class Placement:
    """By vCPU: the host CPU it is on (-1 offline, -2 any), and how many it may be on; how many the emulator may be on,
    None where the driver does not tell."""

    cpus: Mapping[int, int]
    affinities: Mapping[int, int]
    emulator: int | None


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
        affinities={info[0]: sum(allowed) for info, allowed in zip(infos, maps, strict=False)},
        emulator=sum(emulator) if emulator else None,
    )


def read_iothread_affinities(connection: Connection, domain: Any, guest: Guest) -> dict[int, int]:
    """How many host CPUs each I/O thread may be on (ioThreadInfo); raises HypervisorError."""
    threads = connection.call(domain.ioThreadInfo, 0, about=f"domain '{guest.name}'")
    return {identifier: sum(allowed) for identifier, allowed in threads}
