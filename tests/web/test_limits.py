"""Clients that take too long, send too much, or are too many: each has an answer, and nobody else waits."""

import asyncio
import os
import socket
import ssl
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from exporter.web.message import Request, Response, text
from exporter.web.options import Limits
from exporter.web.routes import Route
from tests.figures import Measured
from tests.web.served import Serve, Served, Until, read_all
from tests.web.site import FakeSite

REJECTIONS = "libvirt_exporter_http_rejections_total"
GET = b"GET /metrics HTTP/1.1\r\nHost: x\r\n"
SCRAPE_SECONDS = 2.0  # far above what is promised, far below any limit that a client could wait for


def scrape_in_time(served: Served, tls: ssl.SSLContext | None = None) -> float:
    """A normal scrape works, and does not wait for others; the seconds it took."""
    began = time.monotonic()
    assert served.get("/metrics", tls=tls).status == 200
    took = time.monotonic() - began
    assert took < SCRAPE_SECONDS
    return took


def send(connection: socket.socket, data: bytes) -> None:
    """Send as far as the other side takes it."""
    try:
        connection.sendall(data)
    except (ConnectionResetError, BrokenPipeError):
        return


def test_a_head_that_takes_too_long_gets_408(start: Serve, until: Until) -> None:
    """A request that was begun and not ended in time is answered so; one not begun is closed."""
    served = start(limits=Limits(head_seconds=0.3))
    with served.connect() as begun, served.connect() as silent:
        begun.sendall(b"GET /metr")
        assert read_all(begun).startswith(b"HTTP/1.1 408 Request Timeout\r\n")
        assert read_all(silent) == b""
    until(lambda: served.figure(REJECTIONS, reason="timeout") == 1)


def test_bytes_now_and_then_do_not_buy_time(start: Serve) -> None:
    """The limit holds for the whole head, not between two bytes."""
    served = start(limits=Limits(head_seconds=0.5))
    began = time.monotonic()
    with served.connect() as connection:
        connection.settimeout(0.05)
        while time.monotonic() - began < 10:
            send(connection, b"G")
            try:
                if connection.recv(100):
                    break
            except TimeoutError:
                continue
    assert time.monotonic() - began < 5


def test_an_idle_connection_is_closed(start: Serve) -> None:
    """After an answer a client has its time for the next request, and no more."""
    served = start(limits=Limits(idle_seconds=0.3))
    with served.connect() as connection:
        connection.sendall(GET + b"\r\n")
        assert read_all(connection).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize("size", [9_000, 300_000, 10_000_000])
def test_a_long_request_line_gets_414(start: Serve, size: int) -> None:
    """The answer arrives however much more the client sends."""
    served = start()
    with served.connect() as connection:
        send(connection, b"GET /" + b"a" * size + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        assert read_all(connection).startswith(b"HTTP/1.1 414 ")


@pytest.mark.parametrize("count", [40, 400, 10_000])
def test_endless_headers_get_431(start: Serve, until: Until, count: int) -> None:
    """Headers beyond the limit are refused, whether they come at once or never end."""
    served = start()
    with served.connect() as connection:
        send(connection, GET + (b"X-A: " + b"b" * 993 + b"\r\n") * count + b"\r\n")
        assert read_all(connection).startswith(b"HTTP/1.1 431 ")
    until(lambda: served.figure(REJECTIONS, reason="limit") == 1)


@pytest.mark.parametrize(
    "data",
    [
        b"hello\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/one\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nBad Header: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /?" + b"a=1&" * 1000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ],
)
def test_what_is_not_http_gets_400(start: Serve, data: bytes) -> None:
    """Broken requests are told so."""
    with start(limits=Limits(head_seconds=1, idle_seconds=0.2)).connect() as connection:
        connection.sendall(data)
        assert read_all(connection).startswith(b"HTTP/1.1 400 ")


def test_random_bytes_do_no_harm(start: Serve) -> None:
    """The server answers a normal client after any amount of noise."""
    served = start()
    for _ in range(50):
        with served.connect() as connection:
            send(connection, os.urandom(2000))
    scrape_in_time(served)


def test_silent_tls_clients_block_nobody(made: Path, start: Serve, until: Until, measured: Measured) -> None:
    """200 clients that open TLS and go silent delay no scrape, and are dropped."""
    served = start(config=made / "tls.good.yml", limits=Limits(handshake_seconds=3))
    trusted = ssl.create_default_context(cafile=str(made / "ca.crt"))
    silent = [served.connect() for _ in range(200)]
    try:
        measured("a scrape meanwhile", f"{scrape_in_time(served, trusted) * 1000:.0f} ms")
        until(lambda: served.figure(REJECTIONS, reason="tls") == 200)
    finally:
        for connection in silent:
            connection.close()


def test_slow_clients_block_nobody(start: Serve, until: Until, measured: Measured) -> None:
    """500 clients that send byte for byte delay no scrape, and are dropped."""
    # The first must still be there while the last connects, on a machine that does other things as well.
    served = start(limits=Limits(head_seconds=10))
    slow = [served.connect() for _ in range(500)]
    took = []
    try:
        for _ in range(3):
            for connection in slow:
                send(connection, b"G")
            took.append(scrape_in_time(served))
        measured("the slowest scrape meanwhile", f"{max(took) * 1000:.0f} ms")
        until(lambda: served.figure(REJECTIONS, reason="timeout") == 500)
    finally:
        for connection in slow:
            connection.close()


def test_a_full_house_lets_the_next_in(start: Serve, until: Until) -> None:
    """At the limit of connections the one that waited longest goes, and a scrape is served."""
    served = start(limits=Limits(connections=20))
    silent = [served.connect() for _ in range(20)]
    try:
        scrape_in_time(served)
        assert read_all(silent[0]) == b""
        until(lambda: served.figure(REJECTIONS, reason="limit") == 1)
    finally:
        for connection in silent:
            connection.close()


def test_more_than_max_requests_get_503(start: Serve, until: Until) -> None:
    """Who finds no place within the wait is sent away; health needs no place."""
    entered, release = threading.Event(), threading.Event()

    async def held(_: Request) -> Response:
        entered.set()
        while not release.is_set():
            await asyncio.sleep(0.01)
        return text("done")

    limits = Limits(queue_seconds=0.5)
    served = start(routes=[Route("/held", held)], max_requests=1, limits=limits)
    with served.connect() as first, served.connect() as second:
        first.sendall(b"GET /held HTTP/1.1\r\nHost: x\r\n\r\n")
        assert entered.wait(10)
        second.sendall(b"GET /held HTTP/1.1\r\nHost: x\r\n\r\n")
        assert second.recv(1000).startswith(b"HTTP/1.1 503 ")
        assert served.get("/-/healthy").status == 200
        release.set()
    until(lambda: served.figure(REJECTIONS, reason="limit") == 1)


def test_slow_readers_keep_no_place(start: Serve) -> None:
    """Clients that do not read their answer keep others waiting a moment at most."""
    served = start(FakeSite(chunks=[b"x" * 1_000_000] * 20), max_requests=2)
    readers = [served.connect() for _ in range(2)]
    try:
        for connection in readers:
            connection.sendall(GET + b"\r\n")
            connection.recv(1)
        assert served.get("/metrics", method="HEAD").status in (200, 503)
        assert served.get("/metrics", method="HEAD").status == 200
    finally:
        for connection in readers:
            connection.close()


def test_a_reader_that_stalls_is_dropped(start: Serve, until: Until) -> None:
    """A client that takes nothing for a while loses its connection."""
    served = start(FakeSite(chunks=[b"x" * 1_000_000] * 20), limits=Limits(stall_seconds=0.3))
    with served.connect() as connection:
        connection.sendall(GET + b"\r\n")
        until(lambda: served.figure(REJECTIONS, reason="timeout") == 1)
        assert len(read_all(connection)) < 20_000_000


def test_an_answer_that_takes_too_long_is_given_up(start: Serve) -> None:
    """Its connection ends and its place is free again, so that the next is answered."""

    async def never(_: Request) -> Response:
        await asyncio.Event().wait()
        return text("never")

    served = start(routes=[Route("/never", never)], max_requests=1, limits=Limits(answer_seconds=0.5))
    with served.connect() as connection:
        connection.sendall(b"GET /never HTTP/1.1\r\nHost: x\r\n\r\n")
        assert read_all(connection) == b""
    assert served.get("/metrics").status == 200
    assert served.figure(REJECTIONS, reason="timeout") == 1


def test_many_requests_in_one_piece_let_others_have_their_turn(start: Serve) -> None:
    """A client that sends thousands at once gets them answered one by one, and a scrape does not wait for all."""
    served = start()
    requests = 3000
    with served.connect() as connection:
        sender = threading.Thread(target=send, args=(connection, (GET + b"\r\n") * requests))
        sender.start()
        scrape_in_time(served)
        received = b""
        while received.count(b"HTTP/1.1 200 OK") < requests:
            received += connection.recv(1 << 20)
        sender.join()


def test_a_thousand_scrapes_at_once_are_all_answered(start: Serve, measured: Measured) -> None:
    """Each of 1,000 parallel scrapes of a megabyte gets a whole 200 or a 503."""
    served = start(FakeSite(chunks=[b"x" * 65_536] * 16))

    async def scrape() -> tuple[str, int]:
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(GET + b"Connection: close\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.read()
        writer.close()
        return head.split()[1].decode(), len(body)

    async def scrape_all() -> list[tuple[str, int]]:
        return await asyncio.gather(*(scrape() for _ in range(1000)))

    answers = asyncio.run(scrape_all())
    counts = Counter(status for status, _ in answers)
    measured("answers", f"{counts['200']} times 200, {counts['503']} times 503")
    assert counts["200"] + counts["503"] == 1000
    assert {size for status, size in answers if status == "200"} == {1_048_576}


def test_nothing_stays_open(start: Serve, until: Until) -> None:
    """After refused, broken and normal clients the process has as many descriptors as before."""
    served = start()
    served.get("/metrics")
    before = len(os.listdir("/proc/self/fd"))
    for data in (b"G", b"GET /" + b"a" * 100_000, b"\0\0\r\n\r\n", GET + b"Connection: close\r\n\r\n"):
        for _ in range(20):
            with served.connect() as connection:
                send(connection, data)
    until(lambda: len(os.listdir("/proc/self/fd")) <= before)


def test_a_stop_lets_answers_finish(start: Serve) -> None:
    """A request under way is answered although the server stops; idle connections end at once."""

    async def slow(_: Request) -> Response:
        await asyncio.sleep(0.5)
        return text("finished")

    served = start(routes=[Route("/slow", slow)])
    with served.connect() as busy, served.connect() as idle:
        busy.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        idle.sendall(b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n")
        received = b""
        while not received.endswith(b"OK\n"):
            received += idle.recv(1000)
        served.server.stop(5)
        assert read_all(busy).endswith(b"finished\n")
        assert read_all(idle) == b""
