"""The sockets under libvirt's connections, found by inode, so that a call that hangs can be ended.

libvirt gives no file descriptor away and no way to interrupt a call. What ends one at once is shutting down its
socket. File descriptors are numbers that get used again, so a socket is known by its inode.
"""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

_PORTS = {"tls": 16514, "tcp": 16509, "libssh": 22, "libssh2": 22}
_OPENING_SECONDS = 1.0

_opening = threading.Lock()
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
        try:
            peer = duplicate.getpeername()
            own = duplicate.getsockname()
        except OSError:  # listening, or not connected
            return False
        if duplicate.family == socket.AF_UNIX:
            if transport in ("ssh", "ext"):
                return not peer and not own  # a pair of sockets to the program that carries the connection
            return bool(peer)
        if duplicate.family in (socket.AF_INET, socket.AF_INET6):
            return bool(peer[1] == (parts.port or _PORTS.get(transport or "tls", 0)))
    return False


class Inode:
    """The socket of one connection; known once it was found."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._before: frozenset[int] = frozenset()
        self._number: int | None = None

    @contextmanager
    def opening(self) -> Iterator[None]:
        """Around the opening of a connection: the socket that is new inside is its own.

        One opening at a time, so that no other's is mistaken for it; one that does not finish within a second is
        looked up then and lets the next one begin.
        """
        _opening.acquire()
        held = threading.Lock()

        def found() -> None:
            if held.acquire(blocking=False):
                self._find()
                _opening.release()

        self._before = frozenset(_sockets())
        timer = threading.Timer(_OPENING_SECONDS, found)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            found()

    def _find(self) -> None:
        for inode, descriptor in _sockets().items():
            if inode not in self._before and inode not in _claimed and _fits(descriptor, self._uri):
                self._number = inode
                _claimed.add(inode)
                return

    def shut_down(self) -> bool:
        """End whatever waits on the socket; whether it was there."""
        descriptor = _sockets().get(self._number) if self._number is not None else None
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
        if self._number is not None:
            _claimed.discard(self._number)
            self._number = None
