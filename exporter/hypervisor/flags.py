"""Calls with a flag that the daemon may be too old to know."""

from collections.abc import Callable
from typing import TypeVar

from exporter.hypervisor.connection import Connection
from exporter.hypervisor.errors import CallFailed, NotSupported

T = TypeVar("T")


def flagged(connection: Connection, method: Callable[[int], T], flag: int, about: str = "") -> T | None:
    """What the call gives with this flag, None if the daemon does not know it. Raises HypervisorError otherwise."""
    try:
        return connection.call(method, flag, about=about)
    except NotSupported:
        return None
    except CallFailed as error:
        # libvirt calls a flag that is newer than itself an invalid argument.
        if error.code == "invalid_arg":
            return None
        raise
