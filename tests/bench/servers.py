"""The servers that are compared, each a process of its own: the exporter over a synthetic host, and a bare socket.

The first says its ports, and then answers each word on its standard input with a line: `work` collects without a pause
until `rest`, `made` is how many seconds of processor time went into making figures up.
"""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.watched import cycle, frequent, quiet
from tests.bench.whole import Whole

_ROOT = Path(__file__).parents[2]
ANY_PORT = "127.0.0.1:0"


class Server:
    """One of them, while it runs; the exporter has a port without a limit of requests and one with the usual limit."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.pid = process.pid
        self._process = process
        self.ports = [int(port) for port in self._answer().split()]

    def ask(self, word: str) -> str:
        """What it answers."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@contextmanager
def server(*arguments: str) -> Iterator[Server]:
    """Run `once GUESTS SET` (collected once), `always GUESTS SET [PACE]` (on the schedule) or `bare FILE`."""
    argv = [sys.executable, "-m", "tests.bench.servers", *arguments]
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=_ROOT, text=True)
    try:
        yield Server(process)
    finally:
        process.kill()
        process.communicate()


def _exporter(whole: Whole) -> None:
    addresses = [whole.serve(ANY_PORT, limit) for limit in (0, 40)]
    print(*(address.rpartition(":")[2] for address in addresses), flush=True)
    working = threading.Event()

    def work() -> None:
        while working.wait():
            cycle(whole.host, frequent(whole.host))

    threading.Thread(target=work, daemon=True).start()
    for word in sys.stdin:
        match word.strip():
            case "work":
                working.set()
            case "rest":
                working.clear()
        print(whole.synthetic.seconds, flush=True)


def _bare(answer: bytes) -> None:
    """Send the same bytes to whoever connects and asks, one after the other."""
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            with connection:
                if connection.recv(65536):
                    connection.sendall(answer)


def main(kind: str, *arguments: str) -> None:
    """Serve until killed."""
    quiet()
    if kind == "bare":
        _bare(Path(arguments[0]).read_bytes())
        return
    guests, collectors, *pace = arguments
    whole = Whole(int(guests), collectors, *map(float, pace))
    if kind == "once":
        whole.collect_once()
    else:
        whole.collect()
    _exporter(whole)


if __name__ == "__main__":
    main(*sys.argv[1:])
