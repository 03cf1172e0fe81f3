"""The test driver, failing as real daemons do: faults that connections inside the process never have."""

import time
from collections.abc import Callable
from typing import Any

import libvirt

from exporter.hypervisor.connection import Target

from .driver import URI


def _error(message: str, code: int, domain: int) -> libvirt.libvirtError:
    error = libvirt.libvirtError(message)
    error.err = (code, domain, message, libvirt.VIR_ERR_ERROR, "", "", "", -1, -1)
    return error


class Faults:
    """What goes wrong on the connections that `target` opens."""

    def __init__(self) -> None:
        self.absent: set[str] = set()
        """Objects whose daemon is away, by the first word of libvirt's method ("network", "storagePool")."""
        self.listings = 0
        """How many of the next listings of guests fail."""
        self.listing_seconds = 0.0
        """For how long each of them keeps its caller waiting."""
        self.opened = 0
        self.closers: list[Callable[[], None]] = []
        self.target = Target(URI, open_read_only=self._open)

    def end_connections(self) -> None:
        """Have every connection told that the daemon closed it."""
        closers, self.closers = self.closers, []
        for close in closers:
            close()

    def _open(self, uri: str) -> Any:
        self.opened += 1
        return _Faulty(libvirt.openReadOnly(uri), self)


class _Faulty:
    """A virConnect of the test driver with these faults."""

    def __init__(self, handle: Any, faults: Faults) -> None:
        self._handle = handle
        self._faults = faults

    def __getattr__(self, name: str) -> Any:
        return getattr(self._handle, name)

    def registerCloseCallback(self, closed: Callable[..., None], opaque: object) -> None:  # noqa: N802  libvirt's name
        self._faults.closers.append(lambda: closed(self, libvirt.VIR_CONNECT_CLOSE_REASON_EOF, opaque))

    def unregisterCloseCallback(self) -> None:  # noqa: N802
        pass

    def listAllDomains(self, flags: int) -> Any:  # noqa: N802
        time.sleep(self._faults.listing_seconds)
        if self._faults.listings:
            self._faults.listings -= 1
            raise _error("An error occurred", libvirt.VIR_ERR_INTERNAL_ERROR, libvirt.VIR_FROM_QEMU)
        return self._handle.listAllDomains(flags)

    def networkEventRegisterAny(self, *arguments: Any) -> int:  # noqa: N802
        return self._register("network", *arguments)

    def storagePoolEventRegisterAny(self, *arguments: Any) -> int:  # noqa: N802
        return self._register("storagePool", *arguments)

    def numOfNetworks(self) -> int:  # noqa: N802
        self._reach("network")
        number: int = self._handle.numOfNetworks()
        return number

    def _register(self, kind: str, *arguments: Any) -> int:
        self._reach(kind)
        number: int = getattr(self._handle, f"{kind}EventRegisterAny")(*arguments)
        return number

    def _reach(self, kind: str) -> None:
        if kind in self._faults.absent:
            message = f"Failed to connect socket to '/run/libvirt/virt{kind}d-sock-ro': No such file or directory"
            raise _error(message, libvirt.VIR_ERR_SYSTEM_ERROR, libvirt.VIR_FROM_RPC)
