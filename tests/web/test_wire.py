"""Connections without TLS: what is sent, kept, and ended."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

import pytest

from exporter.web.wire import Wire

LARGE = bytes(8 * 1024 * 1024)  # more than a socket takes at once


class Recorder(asyncio.Protocol):
    """Writes down what happens to it."""

    def __init__(self, *, half: bool = False) -> None:
        self.seen: list[str] = []
        self.lost = asyncio.Event()
        self._half = half

    def connection_made(self, _: asyncio.BaseTransport) -> None:
        self.seen.append("made")

    def data_received(self, data: bytes) -> None:
        if data == b"mistake":
            raise ValueError("a mistake")
        self.seen.append(data.decode())

    def eof_received(self) -> bool:
        self.seen.append("end")
        return self._half

    def pause_writing(self) -> None:
        self.seen.append("full")

    def resume_writing(self) -> None:
        self.seen.append("free")

    def connection_lost(self, _: Exception | None) -> None:
        self.seen.append("lost")
        self.lost.set()


def try_out(
    recorder: Callable[[], Recorder], steps: Callable[[Wire, Recorder, socket.socket], Awaitable[None]]
) -> None:
    """Do something to a wire whose other end is a socket."""

    async def run() -> None:
        ours, theirs = socket.socketpair()
        theirs.setblocking(False)
        with theirs:
            made = recorder()
            wire = Wire(asyncio.get_running_loop(), ours, made)
            async with asyncio.timeout(10):
                await steps(wire, made, theirs)
            wire.abort()
            await made.lost.wait()
            assert made.seen.count("lost") == 1
            assert ours.fileno() == -1

    asyncio.run(run())


async def read_all(theirs: socket.socket) -> bytes:
    """What comes until the end."""
    received = bytearray()
    while data := await asyncio.get_running_loop().sock_recv(theirs, 1 << 20):
        received += data
    return bytes(received)


@pytest.mark.parametrize("end", ["close", "write_eof"])
def test_what_is_not_taken_at_once_is_sent_before_the_end(end: str) -> None:
    """Whoever ends a connection loses nothing of what was written, and is told when to write and when to wait."""

    async def steps(wire: Wire, made: Recorder, theirs: socket.socket) -> None:
        wire.write(LARGE)
        wire.write(b"end")
        assert made.seen == ["made", "full"]
        getattr(wire, end)()
        assert await read_all(theirs) == LARGE + b"end"
        assert made.seen[:3] == ["made", "full", "free"]
        if end == "close":
            await made.lost.wait()

    try_out(Recorder, steps)


def test_what_is_written_after_the_end_is_dropped() -> None:
    """Nothing is sent on a connection that is being closed."""

    async def steps(wire: Wire, _made: Recorder, theirs: socket.socket) -> None:
        wire.close()
        assert wire.is_closing()
        wire.write(b"late")
        assert await read_all(theirs) == b""

    try_out(Recorder, steps)


def test_reading_rests_while_it_is_paused() -> None:
    """What comes meanwhile waits in the kernel."""

    async def steps(wire: Wire, made: Recorder, theirs: socket.socket) -> None:
        wire.pause_reading()
        theirs.send(b"hello")
        await asyncio.sleep(0.05)
        assert made.seen == ["made"]
        wire.resume_reading()
        while "hello" not in made.seen:
            await asyncio.sleep(0)

    try_out(Recorder, steps)


def test_who_sends_no_more_may_still_be_answered() -> None:
    """A protocol decides whether the end of what comes is the end of the connection."""

    async def steps(wire: Wire, made: Recorder, theirs: socket.socket) -> None:
        theirs.shutdown(socket.SHUT_WR)
        while "end" not in made.seen:
            await asyncio.sleep(0)
        wire.write(b"answer")
        assert await asyncio.get_running_loop().sock_recv(theirs, 100) == b"answer"
        assert made.seen == ["made", "end"]

    async def ended(_wire: Wire, made: Recorder, theirs: socket.socket) -> None:
        theirs.shutdown(socket.SHUT_WR)
        await made.lost.wait()

    try_out(lambda: Recorder(half=True), steps)
    try_out(Recorder, ended)


def test_a_client_that_goes_away_ends_it() -> None:
    """Whether something is being sent or not."""

    async def steps(wire: Wire, made: Recorder, theirs: socket.socket) -> None:
        wire.write(LARGE)
        theirs.close()
        await made.lost.wait()
        wire.write(b"late")

    try_out(Recorder, steps)


def test_a_mistake_of_the_protocol_ends_it_and_is_told() -> None:
    """Nobody waits for an answer that never comes."""
    told: list[BaseException | None] = []

    async def steps(_wire: Wire, made: Recorder, theirs: socket.socket) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context.get("exception")))
        theirs.send(b"mistake")
        await made.lost.wait()

    try_out(Recorder, steps)
    assert [str(error) for error in told] == ["a mistake"]
