"""When to try to reach a host again."""

import contextlib
import os
import random
import time
from urllib.parse import parse_qs, urlsplit

_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 60.0
_LONGEST_LOCAL_PAUSE = 5.0  # a daemon on this machine that hung and goes on shows no sign of it
_RUNTIME_SOCKETS = ("/run/libvirt", "/var/run/libvirt")

IN_PROCESS = frozenset({"test"})
"""Drivers that live inside this process: every connection would be a host of its own."""


class Pauses:
    """When to try again: after a pause that doubles, or at once when the daemon's local socket was made anew."""

    def __init__(self, uri: str) -> None:
        self._paths = _socket_paths(uri)
        self._longest = _LONGEST_LOCAL_PAUSE if self._paths else _LONGEST_PAUSE
        self._seen = self._look()
        self._failures = 0
        self._until = 0.0

    def over(self) -> bool:
        """Whether it is time for an attempt."""
        seen = self._look()
        if seen != self._seen:
            self._seen = seen
            self._failures = 0
            return True
        return time.monotonic() >= self._until

    def lengthen(self) -> None:
        """An attempt failed."""
        pause = min(self._longest, _FIRST_PAUSE * 2.0**self._failures)
        self._failures = min(self._failures + 1, 16)
        self._until = time.monotonic() + pause * random.uniform(0.5, 1.0)  # noqa: S311 spreads hosts, guards nothing

    def reset(self) -> None:
        """An attempt worked."""
        self._failures = 0
        self._until = 0.0

    def _look(self) -> tuple[tuple[str, int, int], ...]:
        found = []
        for path in self._paths:
            with contextlib.suppress(OSError):  # not there is what it is when the daemon is not
                status = os.stat(path)
                found.append((path, status.st_ino, status.st_ctime_ns))
        return tuple(found)


def _socket_paths(uri: str) -> list[str]:
    """Local sockets a URI may lead to; none for hosts elsewhere and drivers without a daemon."""
    parts = urlsplit(uri)
    driver, _, transport = parts.scheme.partition("+")
    if parts.netloc or transport not in ("", "unix") or driver in IN_PROCESS:
        return []
    named = parse_qs(parts.query).get("socket")
    if named:
        return named
    folders = list(_RUNTIME_SOCKETS)
    if parts.path == "/session":
        folders = [os.path.join(os.environ.get("XDG_RUNTIME_DIR", f"/run/user/{os.getuid()}"), "libvirt")]
    daemons = ("libvirt-sock", "libvirt-sock-ro", f"virt{driver}d-sock", f"virt{driver}d-sock-ro")
    return [os.path.join(folder, daemon) for folder in folders for daemon in daemons]
