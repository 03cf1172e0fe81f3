"""From an address as a flag writes it to sockets that listen."""

import os
import re
import socket
import stat
from collections.abc import Sequence
from pathlib import Path

from exporter.errors import ConfigError, ListenError

FLAG = "--web.listen-address"
ALLOWED = ":PORT, HOST:PORT, [IPV6]:PORT or unix:/PATH"

BACKLOG = 2048
FIRST_SYSTEMD_DESCRIPTOR = 3

_ANYBODY = 0o666

_TCP = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.%\w]+)\]|(?P<host>[^\[\]:/\s]*)):(?P<port>\d{1,5})")


def open_sockets(addresses: Sequence[str]) -> list[socket.socket]:
    """Listening sockets for all addresses, or none; raises ConfigError and ListenError."""
    sockets: list[socket.socket] = []
    try:
        for address in addresses:
            sockets += _open(address)
    except BaseException:
        for listener in sockets:
            listener.close()
        raise
    return sockets


def systemd_sockets() -> list[socket.socket]:
    """The sockets that systemd passed to this process; raises ListenError."""
    count = os.environ.get("LISTEN_FDS", "")
    if os.environ.get("LISTEN_PID") != str(os.getpid()) or not count.isdecimal() or int(count) == 0:
        raise ListenError("--web.systemd-socket: no socket: systemd passed none to this process (LISTEN_FDS)")
    first = FIRST_SYSTEMD_DESCRIPTOR
    return [socket.socket(fileno=descriptor) for descriptor in range(first, first + int(count))]


def name_of(listener: socket.socket) -> str:
    """The address of a listening socket, as the flag would write it."""
    address = listener.getsockname()
    if listener.family == socket.AF_UNIX:
        return f"unix:{address}"
    host, port = address[:2]
    return f"[{host}]:{port}" if listener.family == socket.AF_INET6 else f"{host}:{port}"


def _open(address: str) -> list[socket.socket]:
    if address.startswith("unix:"):
        path = Path(address.removeprefix("unix:"))
        if not path.is_absolute():
            raise ConfigError(FLAG, address, ALLOWED)
        return [_unix(path, address)]
    parts = _TCP.fullmatch(address)
    if parts is None or int(parts["port"]) > 65535:
        raise ConfigError(FLAG, address, ALLOWED)
    host, port = parts["six"] or parts["host"], int(parts["port"])
    if not host:
        return [_everywhere(port, address)]
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise ListenError(f"{FLAG}: {address}: {str(error.strerror).lower()}") from error
    places = dict.fromkeys((family, place) for family, _, _, _, place in found)
    sockets: list[socket.socket] = []
    for family, place in places:
        # Port 0 lets the system choose, once for all addresses of a name.
        if not port and sockets:
            place = (place[0], sockets[0].getsockname()[1], *place[2:])
        sockets.append(_tcp(family, place, address, dual=False))
    return sockets


def _everywhere(port: int, address: str) -> socket.socket:
    """IPv4 and IPv6 in one socket, or IPv4 alone on a system without IPv6."""
    if socket.has_dualstack_ipv6():
        return _tcp(socket.AF_INET6, ("::", port), address, dual=True)
    return _tcp(socket.AF_INET, ("", port), address, dual=False)


def _tcp(family: int, place: tuple[object, ...], address: str, *, dual: bool) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if dual else 1)
        listener.bind(place)
        listener.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        raise _refused(address, error) from error
    return listener


def _unix(path: Path, address: str) -> socket.socket:
    _remove_stale(path, address)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(path))
        # Who may reach it is a matter of its directory, of TLS and of passwords: a umask would shut the proxy out.
        path.chmod(_ANYBODY)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise _refused(address, error) from error
    return listener


def _remove_stale(path: Path, address: str) -> None:
    """Remove a socket file that nobody listens on any more; anything else there stays."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise ListenError(f"{FLAG}: {address}: a file that is no socket is there")
    except OSError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
        except OSError as error:
            raise _refused(address, error) from error
        else:
            raise ListenError(f"{FLAG}: {address}: address already in use")


def _refused(address: str, error: Exception) -> ListenError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return ListenError(f"{FLAG}: {address}: {reason.lower()}")
