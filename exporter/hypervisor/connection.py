"""One connection, read-only but for that to guest agents, with one call in flight."""

import threading
from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Any, TypeVar

import libvirt
import structlog

from exporter.hypervisor.calls import OPEN, CallLog
from exporter.hypervisor.enums import names
from exporter.hypervisor.errors import ConnectFailed, ConnectionLost, HypervisorError, NotFound, NotSupported, translate
from exporter.hypervisor.lasterror import forget as forget_error
from exporter.hypervisor.sockets import Inode

T = TypeVar("T")

_KEEPALIVE_COUNT = 2

logger = structlog.get_logger()


@dataclass(frozen=True)
class Target:
    """Where a connection leads: the URI as the user wrote it, and SASL credentials, if there are any.

    `open_read_only` gives a virConnect, or what answers like one. A daemon that sends nothing is asked for a sign of
    life every `keepalive` seconds; the connection ends when it is silent for three times as long.
    """

    uri: str
    username: str = ""
    password: str = ""
    open_read_only: Callable[[str], Any] = libvirt.openReadOnly
    read_only: bool = True
    keepalive: int = 4


class Connection:
    """A connection, read-only but for that to guest agents. One thread at a time may call through it: libvirt's client
    before about 10.4 loses wake-ups, and can end the process, when threads share a connection.

    Every call is timed, has a deadline and raises HypervisorError. What libvirt says it supports nowhere on this host
    is remembered in `unsupported`, which the connections of a host share, and not asked again.
    """

    def __init__(
        self,
        target: Target,
        calls: CallLog,
        unsupported: set[tuple[object, ...]],
        on_close: Callable[["Connection", str], None],
    ) -> None:
        self._target = target
        self._calls = calls
        self._unsupported = unsupported
        self._on_close = on_close
        self._inode = Inode(target.uri)
        self._abandoned = False
        self._broken = False
        self._closed = threading.Event()
        self._libvirt: Any = None
        self._domains: dict[str, Any] = {}
        self._present: Container[str] = ()
        self.ended = ""
        """Why the connection ended; empty while it is open."""
        self.failures = 0
        """Calls that failed and were got over, since `take_failures`."""

    @property
    def libvirt(self) -> Any:
        """The virConnect, for its bound methods."""
        return self._libvirt

    @property
    def alive(self) -> bool:
        """Whether the connection is open as far as this side knows; a stopped daemon is noticed by keepalive later."""
        ended = self._closed.is_set() or self._abandoned or self._broken
        return self._libvirt is not None and not ended

    def open(self, deadline: float) -> None:
        """Open it, within `deadline` seconds; raises ConnectFailed."""
        attempted = f"open {self._target.uri} {'read-only' if self._target.read_only else 'read-write'}"
        try:
            # The deadline counts from when it is this connection's turn to open.
            with self._inode.opening(), self._calls.watched(OPEN, deadline, self.abandon):
                self._open_within(attempted)
        except OSError as error:
            raise ConnectFailed(attempted, f"this process cannot: {error.strerror}") from error
        self._watch_closing()

    def _open_within(self, attempted: str) -> None:
        forget_error()
        try:
            self._libvirt = self._open()
        except libvirt.libvirtError as error:
            reason = translate(error, attempted, abandoned=self._abandoned)
            raise ConnectFailed(attempted, reason.reason, reason.code, reason.domain) from error
        if self._abandoned:
            raise ConnectFailed(attempted, "no answer before its deadline", "operation_timeout", "rpc")

    def _open(self) -> Any:
        if not self._target.username:
            opens = self._target.open_read_only if self._target.read_only else libvirt.open
            return opens(self._target.uri)
        wanted = {
            libvirt.VIR_CRED_AUTHNAME: self._target.username,
            libvirt.VIR_CRED_PASSPHRASE: self._target.password,
        }

        def answer(credentials: list[list[Any]], _data: object) -> int:
            for credential in credentials:
                if credential[0] not in wanted:
                    return -1
                credential[4] = wanted[credential[0]]
            return 0

        flags = libvirt.VIR_CONNECT_RO if self._target.read_only else 0
        return libvirt.openAuth(self._target.uri, [list(wanted), answer, None], flags)

    def _watch_closing(self) -> None:
        try:
            self._libvirt.registerCloseCallback(self._when_closed, None)
            self._libvirt.setKeepAlive(self._target.keepalive, _KEEPALIVE_COUNT)
        except libvirt.libvirtError as error:
            # Drivers inside this process have no connection that could close.
            logger.debug("connection not watched", uri=self._target.uri, reason=error.get_error_message())

    @property
    def _reason(self) -> str:
        """Why this side ends it."""
        return "abandoned" if self._abandoned else "error" if self._broken else "client"

    def _when_closed(self, _connection: object, reason: int, _opaque: object) -> None:
        name = names("VIR_CONNECT_CLOSE_REASON_").get(reason, "unknown")
        self._end("abandoned" if self._abandoned else name)

    def _end(self, reason: str) -> None:
        if not self._closed.is_set():
            self.ended = reason
            self._closed.set()
            self._on_close(self, reason)

    def call(self, method: Callable[..., T], *arguments: Any, about: str = "", deadline: float = 10.0) -> T:
        """Call a bound method of libvirt's objects; `about` names the thing it is called on ("domain 'web-1'").

        Raises NotSupported without asking when libvirt said so before on any connection of this host.
        """
        name = method.__name__
        attempted = f"call {name}" + (f" of {about}" if about else "")
        # The class belongs to the key: pools, networks and guests all have an XMLDesc.
        kind = type(getattr(method, "__self__", None))
        key = (kind, name, *(argument for argument in arguments if isinstance(argument, int)))
        if key in self._unsupported:
            raise NotSupported(attempted, "not supported here", "no_support")
        if not self.alive:
            raise ConnectionLost(attempted, "not connected", "invalid_conn")
        with self._calls.watched(name, deadline, self.abandon):
            forget_error()
            try:
                return method(*arguments)
            except libvirt.libvirtError as error:
                reason = translate(error, attempted, abandoned=self._abandoned)
                if isinstance(reason, NotSupported):
                    # The connection stands for the whole host; a guest or pool speaks of others only if it can know.
                    if reason.everywhere or kind is type(self._libvirt):
                        self._unsupported.add(key)
                    logger.debug("not supported here", call=name, reason=reason.reason)
                elif isinstance(reason, ConnectionLost):
                    # A modular daemon that lost a fellow asks for it again on a new connection only.
                    self._broken = True
                raise reason from error

    def optional(self, method: Callable[..., T], *arguments: Any, about: str = "", deadline: float = 10.0) -> T | None:
        """The same, where the caller can go on without: None if it is not supported, if what was asked about has gone,
        or if it failed, which is logged and counted; a lost connection still raises."""
        try:
            return self.call(method, *arguments, about=about, deadline=deadline)
        except (NotSupported, NotFound):
            return None
        except ConnectionLost:
            raise
        except HypervisorError as error:
            self.failures += 1
            logger.warning("libvirt call failed", error=str(error), code=error.code, domain=error.domain)
            return None

    def take_failures(self) -> int:
        """How many optional calls failed since this was last asked."""
        failures, self.failures = self.failures, 0
        return failures

    def abandon(self) -> None:
        """End the call in flight by shutting down the socket under it; any thread may."""
        self._abandoned = True
        if not self._inode.shut_down():
            logger.debug("no socket to shut down", uri=self._target.uri)

    def hang_up(self) -> None:
        """End it for the daemon, without a word; what is called on it from now on fails at once, on this side. A driver
        inside this process is nobody to hang up on."""
        if not self._inode.in_process:
            self._end(self._reason)
            self._inode.shut_down()

    def domain(self, uuid: str) -> Any:
        """The virDomain of a guest on this connection, looked up once (lookupByUUIDString); raises NotFound."""
        handle = self._domains.get(uuid)
        if handle is None:
            handle = self._domains[uuid] = self.call(self._libvirt.lookupByUUIDString, uuid, about=f"domain {uuid}")
        return handle

    def forget_domains(self, present: Container[str]) -> None:
        """Let go of guests that are not among these uuids; a collection that it knows already costs nothing."""
        if present is self._present:
            return
        self._present = present
        self._domains = {uuid: handle for uuid, handle in self._domains.items() if uuid in present}

    def discard(self) -> None:
        """Let go of a connection that did not open."""
        self._inode.forget()

    def close(self) -> None:
        """Close it; nothing may be in flight."""
        self._inode.forget()
        self._domains.clear()
        handle, self._libvirt = self._libvirt, None
        if handle is None:
            return
        self._end(self._reason)
        try:
            handle.unregisterCloseCallback()
            handle.close()
        except libvirt.libvirtError as error:
            logger.debug("connection did not close", uri=self._target.uri, reason=error.get_error_message())
