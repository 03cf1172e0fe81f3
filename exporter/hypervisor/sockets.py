"""The sockets under libvirt's connections, found by inode, so that a call that hangs can be ended.

libvirt gives no file descriptor away and no way to interrupt a call. What ends one at once is shutting down its
socket. File descriptors are numbers that get used again, so a socket is known by its inode.
"""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from exporter.hypervisor.pauses import IN_PROCESS

_PORTS = {"tls": 16514, "tcp": 16509, "libssh": 22, "libssh2": 22}
_OPENING_SECONDS = 1.0
_LOOK_SECONDS = 0.02
_SYN_SENT = 2  # enum of linux/tcp_states.h, the first byte of TCP_INFO

_opening = threading.Lock()
_finding = threading.Lock()
_claimed: set[int] = set()


def _sockets() -> dict[int, int]:
    """File descriptor by inode of every socket of this process."""
    found = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except FileNotFoundError:  # closed since it was listed
            continue
        if target.startswith("socket:["):
            found[int(target[8:-1])] = int(name)
    return found


def _fits(descriptor: int, uri: str) -> bool:
    """Whether a socket can be the one a URI leads to: the client's side, and the right kind of peer."""
    parts = urlsplit(uri)
    transport = parts.scheme.partition("+")[2]
    try:
        duplicate = socket.socket(fileno=os.dup(descriptor))
    except OSError:  # closed meanwhile
        return False
    with duplicate:
        if duplicate.type != socket.SOCK_STREAM:
            return False
        try:
            peer = duplicate.getpeername()
        except OSError:  # listening, not connected, or still connecting
            return _connecting(duplicate)
        if duplicate.family == socket.AF_UNIX:
            if transport in ("ssh", "ext"):
                # A pair of sockets to the program that carries the connection.
                return not peer and not duplicate.getsockname()
            return bool(peer)
        if duplicate.family in (socket.AF_INET, socket.AF_INET6):
            return bool(peer[1] == (parts.port or _PORTS.get(transport or "tls", 0)))
    return False


def _connecting(waiting: socket.socket) -> bool:
    """Whether a socket waits for the other end to take it: in this process only libvirt's do, ours take others in."""
    if waiting.family == socket.AF_UNIX:
        return not waiting.getsockname() and not waiting.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    if waiting.family in (socket.AF_INET, socket.AF_INET6):
        return waiting.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == _SYN_SENT
    return False


class Inode:
    """The socket of one connection; known once it was found."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self.in_process = urlsplit(uri).scheme.partition("+")[0] in IN_PROCESS
        self._before: frozenset[int] | None = None
        self._number: int | None = None

    @contextmanager
    def opening(self) -> Iterator[None]:
        """Around the opening of a connection: the socket that is new inside is its own. Raises OSError.

        One opening at a time, so that no other's is mistaken for it, but only until the socket is there, which takes
        milliseconds, or a second at the most: a host that does not answer keeps no other waiting.
        """
        if self.in_process:
            yield
            return
        _opening.acquire()
        held = threading.Lock()
        opened = threading.Event()

        def release() -> None:
            if held.acquire(blocking=False):
                _opening.release()

        def search() -> None:
            until = time.monotonic() + _OPENING_SECONDS
            while not opened.wait(_LOOK_SECONDS) and not self._find() and time.monotonic() < until:
                pass
            release()

        try:
            self._before = frozenset(_sockets())
            threading.Thread(target=search, name="socket-search", daemon=True).start()
            yield
            self._find()
        finally:
            opened.set()
            release()

    def _find(self) -> bool:
        """Look for the socket; whether it is known now."""
        with _finding:
            if self._number is None and self._before is not None:
                with contextlib.suppress(OSError):  # no descriptor is left to look with
                    fitting = (
                        inode
                        for inode, descriptor in _sockets().items()
                        if inode not in self._before and inode not in _claimed and _fits(descriptor, self._uri)
                    )
                    self._number = next(fitting, None)
            if self._number is None:
                return False
            _claimed.add(self._number)
            return True

    def shut_down(self) -> bool:
        """End whatever waits on the socket; whether it was there."""
        # It may be younger than the search for it: the host's name took long to be looked up.
        if not self._find() or self._number is None:
            return False
        descriptor = _sockets().get(self._number)
        if descriptor is None:
            return False
        try:
            duplicate = socket.socket(fileno=os.dup(descriptor))
        except OSError:  # closed meanwhile
            return False
        with duplicate:
            try:
                duplicate.shutdown(socket.SHUT_RDWR)
            except OSError:  # the other end was faster
                return False
        return True

    def forget(self) -> None:
        """The connection is closed: its inode may be somebody else's from now on."""
        with _finding:
            if self._number is not None:
                _claimed.discard(self._number)
            self._before = self._number = None
