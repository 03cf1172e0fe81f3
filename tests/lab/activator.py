"""Starts a daemon when somebody connects to its sockets, as systemd does: activator.py DIRECTORY NAME SOCKET COMMAND...

Runs inside a laboratory. The sockets stay when the daemon ends, and the next connection starts it anew.
"""

import os
import select
import socket
import sys
from pathlib import Path

_FIRST_PASSED = 3  # where a daemon expects the sockets it is given


def main(directory: Path, daemon: str, stem: str, command: list[str]) -> None:
    """Listen for ever; the daemon NAME has the socket SOCKET, and one that only reads."""
    sockets = {f"{daemon}.socket": (stem, 0o700), f"{daemon}-ro.socket": (f"{stem}-ro", 0o777)}
    listening = []
    for name, mode in sockets.values():
        path = directory / name
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        path.chmod(mode)
        listener.listen(64)
        listening.append(listener)
    while True:
        select.select(listening, [], [])
        child = os.fork()
        if child == 0:
            # dup2 to numbers above all in use first, so that none is overwritten before it was passed on
            high = [os.dup2(listener.fileno(), 100 + place) for place, listener in enumerate(listening)]
            for place, descriptor in enumerate(high):
                os.dup2(descriptor, _FIRST_PASSED + place, inheritable=True)
            os.environ |= {
                "LISTEN_PID": str(os.getpid()),
                "LISTEN_FDS": str(len(listening)),
                "LISTEN_FDNAMES": ":".join(sockets),
            }
            os.execvp(command[0], command)  # noqa: S606 the process itself must become the daemon
        os.waitpid(child, 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:])
