"""Serving scrapes: one after the other as Prometheus asks, and a hundred at once."""

import selectors
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter

from tests.bench.figures import Topic

_ROOT = Path(__file__).parents[2]
_AT_ONCE = 100
_REQUEST = (
    b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n"
    b"Accept: application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5\r\n\r\n"
)


def measure(sizes: dict[int, float], times: int) -> Topic:
    """Latency by the number of guests; the values are what the median should stay below, in milliseconds."""
    topic = Topic(
        "Serving a scrape",
        "OpenMetrics with gzip over the loopback. One at a time on one connection, as Prometheus does; a hundred at "
        "once on new connections, from the first byte asked to the last byte read, against a server that does nothing "
        "but send the same bytes to one connection after the other. Here the agent may answer a hundred requests at "
        "once (`--web.max-requests`); with its 40 it would refuse some of the large pages rather than queue for long.",
    )
    for size, most in sizes.items():
        with _server("agent", str(size)) as port:
            answer, seconds = _one_at_a_time(port, times)
            topic.add(f"serve_{size}_bytes", f"{size:,} guests: compressed page", len(answer) / 1024, "KiB")
            topic.add(f"serve_{size}_ms", f"{size:,} guests: one at a time, median", seconds * 1000, "ms", most=most)
            with tempfile.NamedTemporaryFile() as file:
                Path(file.name).write_bytes(answer)
                with _server("bare", file.name) as bare_port:
                    pairs = [(_at_once(port, len(answer)), _at_once(bare_port, len(answer))) for _ in range(5)]
        ours, bare = (median(pair[place] for pair in pairs) for place in (0, 1))
        topic.add(f"serve_{size}_crowd_ms", f"{size:,} guests: {_AT_ONCE} at once", ours * 1000, "ms")
        topic.add(f"serve_{size}_bare_ms", f"{size:,} guests: {_AT_ONCE} at once, bare socket", bare * 1000, "ms")
        topic.add(f"serve_{size}_crowd_ratio", f"{size:,} guests: ours to the bare socket's", ours / bare, most=1.5)
    return topic


@contextmanager
def _server(*arguments: str) -> Iterator[int]:
    argv = [sys.executable, "-m", "tests.bench.servers", *arguments]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, cwd=_ROOT)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


def _one_at_a_time(port: int, times: int) -> tuple[bytes, float]:
    """The answer, and the median of how long it takes."""
    seconds = []
    with socket.create_connection(("127.0.0.1", port)) as connection:
        for _ in range(times):
            start = perf_counter()
            connection.sendall(_REQUEST)
            answer = _whole(connection)
            seconds.append(perf_counter() - start)
    return answer, median(seconds)


def _whole(connection: socket.socket) -> bytes:
    received = bytearray(connection.recv(1 << 20))
    while b"\r\n\r\n" not in received:
        received += connection.recv(1 << 20)
    head, _, _ = bytes(received).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), head
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n", 1)[0])
    end = len(head) + 4 + length
    while len(received) < end:
        received += connection.recv(1 << 20)
    return bytes(received)


def _at_once(port: int, size: int) -> float:
    """Seconds until everybody has a whole answer of about `size` bytes: the agent's own figures differ a little."""
    with selectors.DefaultSelector() as selector:
        connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(_AT_ONCE)]
        left = dict.fromkeys(connections, int(size * 0.98))
        start = perf_counter()
        for connection in connections:
            connection.sendall(_REQUEST)
            selector.register(connection, selectors.EVENT_READ)
        while left:
            ready = selector.select(timeout=60)
            assert ready, f"{len(left)} of {_AT_ONCE} scrapes were not answered in full"
            for key, _ in ready:
                connection = key.fileobj  # type: ignore[assignment]  # a socket was registered
                received = connection.recv(1 << 20)
                assert received, "a scrape among a hundred was cut short"
                assert not received.startswith(b"HTTP/1.1 ") or received.startswith(b"HTTP/1.1 200"), received[:80]
                left[connection] -= len(received)
                if left[connection] <= 0:
                    selector.unregister(connection)
                    del left[connection]
        seconds = perf_counter() - start
        for connection in connections:
            connection.close()
    return seconds
