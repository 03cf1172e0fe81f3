"""Serving scrapes: one after the other as Prometheus asks, and a hundred at once."""

import selectors
import socket
import tempfile
import time
from pathlib import Path
from statistics import median
from time import perf_counter

from exporter.exposition.page import LIVE_SECONDS
from tests.bench.figures import Topic
from tests.bench.servers import server

_AT_ONCE = 100
_TURNS = 25  # a hundred small pages are gone in milliseconds, of which the machine takes some for itself now and then
APART = LIVE_SECONDS + 0.1
_REQUEST = (
    b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n"
    b"Accept: application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5\r\n\r\n"
)


def measure(sizes: dict[int, float], times: int) -> Topic:
    """Latency by the number of guests; the values are what the median should stay below, in milliseconds."""
    topic = Topic(
        "Serving a scrape",
        "The set `core` and the exporter's own figures, OpenMetrics with gzip over the loopback. One at a time on one "
        f"connection, as Prometheus does, {APART:g} s apart, so that no scrape lives on the one before; and while a "
        "cycle runs without a pause. A hundred at once on new connections, from the first byte asked to the last byte "
        "read, against a server that does nothing but send the same bytes to one connection after the other: with any "
        "number of requests answered at once, and with the usual 40 (`--web.max-requests`), where those that found no "
        "place for a second are refused and counted. Making a connection and reading a request costs the agent a "
        "little besides the bytes, the bare socket next to nothing: that decides on small pages.",
    )
    for size, most in sizes.items():
        name = f"{size:,} guests"
        with server("once", str(size), "core") as ours:
            any_number, usual = ours.ports
            answer, seconds = one_at_a_time(any_number, times, APART)
            topic.add(f"serve_{size}_bytes", f"{name}: compressed page", len(answer) / 1024, "KiB")
            topic.add(f"serve_{size}_ms", f"{name}: one at a time, median", seconds * 1000, "ms", most=most)
            _, seconds = one_at_a_time(any_number, times * 2, 0.0)
            topic.add(f"serve_{size}_again_ms", f"{name}: one right after the other, median", seconds * 1000, "ms")
            ours.ask("work")
            _, seconds = one_at_a_time(any_number, times * 2, 0.2)
            ours.ask("rest")
            topic.add(f"serve_{size}_busy_ms", f"{name}: while a cycle runs, median", seconds * 1000, "ms")
            _crowds(topic, size, answer, any_number, usual)
    return topic


def _crowds(topic: Topic, size: int, answer: bytes, any_number: int, usual: int) -> None:
    name = f"{size:,} guests: {_AT_ONCE} at once"
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(answer)
        with server("bare", file.name) as bare:
            turns = [
                [_at_once(port, len(answer)) for port in (bare.ports[0], any_number, usual)] for _ in range(_TURNS)
            ]
    plain, ours, limited = (median(turn[place][0] for turn in turns) for place in range(3))
    topic.add(f"serve_{size}_bare_ms", f"{name}, bare socket", plain * 1000, "ms")
    topic.add(f"serve_{size}_crowd_ms", name, ours * 1000, "ms")
    topic.add(f"serve_{size}_crowd_ratio", f"{name}, to the bare socket's", ours / plain, most=1.5)
    topic.add(f"serve_{size}_usual_ms", f"{name}, 40 answered at once", limited * 1000, "ms")
    topic.add(
        f"serve_{size}_usual_ratio", f"{name}, 40 answered at once, to the bare socket's", limited / plain, most=1.5
    )
    topic.add(f"serve_{size}_refused", f"{name}, 40 answered at once: refused", median(turn[2][1] for turn in turns))


def one_at_a_time(port: int, times: int, apart: float) -> tuple[bytes, float]:
    """The answer, and the median of how long it takes."""
    seconds = []
    with socket.create_connection(("127.0.0.1", port)) as connection:
        for _ in range(times):
            time.sleep(apart)
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


def _at_once(port: int, size: int) -> tuple[float, int]:
    """Seconds until everybody has an answer, and how many were refused; a whole one has about `size` bytes, since the
    exporter's own figures differ a little."""
    refused = 0
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
                turned_away = received.startswith(b"HTTP/1.1 503")
                assert turned_away or not received.startswith(b"HTTP/1.1 ") or received.startswith(b"HTTP/1.1 200")
                refused += turned_away
                left[connection] -= len(received)
                if left[connection] <= 0 or turned_away:
                    selector.unregister(connection)
                    del left[connection]
        seconds = perf_counter() - start
        for connection in connections:
            connection.close()
    return seconds, refused
