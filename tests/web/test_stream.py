"""Answers without an end, for event streams."""

import asyncio
import threading
from collections.abc import AsyncGenerator

from exporter.web.message import Request, Response
from exporter.web.routes import Route
from tests.web.served import Serve, Served, Until

REQUEST = b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n"


class Stream:
    """A route that sends one line and then nothing, and tells when it ended."""

    def __init__(self) -> None:
        self.ended = threading.Event()
        self.route = Route("/stream", self.handle, limited=False)

    def handle(self, _: Request) -> Response:
        return Response(self._lines(), headers={"Content-Type": "text/event-stream"})

    async def _lines(self) -> AsyncGenerator[bytes, None]:
        try:
            yield b"data: one\n\n"
            await asyncio.Event().wait()
        finally:
            self.ended.set()


def read_first(served: Served) -> None:
    """Open the stream, read its first line, go away."""
    with served.connect() as connection:
        connection.sendall(REQUEST)
        received = b""
        while b"data: one" not in received:
            received += connection.recv(4096)


def test_a_stream_ends_with_its_reader(start: Serve, until: Until) -> None:
    """The generator is closed when the client is gone."""
    stream = Stream()
    read_first(start(routes=[stream.route]))
    until(stream.ended.is_set)


def test_a_stop_ends_streams_at_once(start: Serve) -> None:
    """A stop does not wait for what never ends."""
    stream = Stream()
    served = start(routes=[stream.route])
    with served.connect() as connection:
        connection.sendall(REQUEST)
        assert b"200 OK" in connection.recv(4096)
        served.server.stop(60)
    assert stream.ended.is_set()
