"""Real QEMU guests of a laboratory: made, started and ended through the read-write connection."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import libvirt

from . import images
from .definitions import GATEWAY, NETWORK, Disk, Guest
from .kernel import linux
from .libvirtd import Libvirtd
from .polling import eventually


class Guests:
    """The guests of one private libvirtd; a libvirt domain object stands for each."""

    def __init__(self, host: Libvirtd) -> None:
        self._host = host
        self._connection: Any = None
        self._addresses = iter(range(2, 100))

    @property
    def connection(self) -> Any:
        """A read-write connection, opened again when the daemon was restarted."""
        if self._connection is None or not self._connection.isAlive():
            self._connection = libvirt.open(self._host.admin_uri)
        return self._connection

    @property
    def images(self) -> Path:
        """Where disk images stand."""
        return self._host.directory / "images"

    def network(self) -> str:
        """Give the name of the isolated network, started at the first call."""
        if "lab" not in self.connection.listNetworks():
            self.connection.networkCreateXML(NETWORK)
        return "lab"

    def linux(self, name: str, role: str = "writer", *, options: str = "", **changes: Any) -> Guest:
        """Describe a guest that boots Linux: `init.sh` lists roles and options, `changes` replaces parts."""
        address = f"192.168.177.{next(self._addresses)}"
        guest = Guest(
            name,
            memory_mib=96,
            disks=(Disk(images.qcow2(self.images / f"{name}.qcow2"), "qcow2"),),
            networks=(self.network(),),
            linux=linux(),
            command_line=f"lab.role={role} lab.ip={address}/24 lab.peer={GATEWAY} {options}".strip(),
            balloon_period=1,
            watchdog="none",
        )
        return replace(guest, **changes)

    def idle(self, name: str, *, disks: int = 2, nics: int = 2, vcpus: int = 2, **changes: Any) -> Guest:
        """Describe a 16 MiB guest with nothing to boot: started paused, it costs next to nothing."""
        guest = Guest(
            name,
            vcpus=vcpus,
            disks=tuple(Disk(images.raw(self.images / f"{name}-{number}.raw")) for number in range(disks)),
            networks=(self.network(),) * nics,
        )
        return replace(guest, **changes)

    def define(self, guest: Guest) -> Any:
        """Make a guest known, shut off."""
        return self.connection.defineXML(guest.xml())

    def start(self, guest: Guest) -> Any:
        """Make a guest known and let it run."""
        domain = self.define(guest)
        domain.create()
        return domain

    def start_paused(self, guest: Guest) -> Any:
        """Make a guest known and start its QEMU without running it."""
        domain = self.define(guest)
        domain.createWithFlags(libvirt.VIR_DOMAIN_START_PAUSED)
        return domain

    def start_transient(self, guest: Guest) -> Any:
        """Run a guest that is forgotten once it stops."""
        return self.connection.createXML(guest.xml())

    def crowd(self, count: int, prefix: str = "idle", **shape: Any) -> list[Any]:
        """Start `count` paused idle guests called `prefix-0`, `prefix-1` and so on."""
        return [self.start_paused(self.idle(f"{prefix}-{number}", **shape)) for number in range(count)]

    def wait_booted(self, name: str, *, within: float = 90) -> None:
        """Return when the guest's init is at its role and its balloon has reported."""
        domain = self.connection.lookupByName(name)

        def booted() -> bool:
            return "lab: ready" in self.console(name) and domain.memoryStats().get("last_update", 0) > 0

        eventually(booted, within=within, what=f"boot of {name}")

    def console(self, name: str) -> str:
        """What the guest's kernel and init have printed so far."""
        return (self._host.directory / "log" / f"{name}-console.log").read_text(errors="replace")

    def remove(self, domains: Iterable[Any]) -> None:
        """End guests, whatever state they are in, and forget them with all their belongings."""
        for domain in domains:
            if domain.isActive():
                domain.destroy()
            if domain.isPersistent():
                domain.undefineFlags(
                    libvirt.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE
                    | libvirt.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA
                    | libvirt.VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA
                    | libvirt.VIR_DOMAIN_UNDEFINE_NVRAM
                )

    def clear(self) -> None:
        """Remove every guest, for the next test."""
        self.remove(self.connection.listAllDomains())

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
