"""One HTTP/1.1 connection: reads requests, answers them one at a time, and holds its client to the limits.

A client is given a time and a size for its request head, and a time to take its answer.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import aclosing
from http import HTTPStatus
from typing import Any, cast

from exporter.web.alarm import Alarm
from exporter.web.exchange import Exchange
from exporter.web.head import write_head
from exporter.web.message import PLAIN, Response
from exporter.web.options import Limits
from exporter.web.reading import Asked, Reader, Remembered, UnreadableError
from exporter.web.turn import Turn

SLICE = 128 * 1024


class Connection(asyncio.Protocol):
    """Reads requests and writes what `exchange` answers.

    What can be answered at once is, in one step. There is a task only where something has to be waited for: a password,
    a place, a handler, or a client that takes its time.
    """

    def __init__(self, exchange: Exchange, limits: Limits, remembered: Remembered, on_lost: Callable[[], None]) -> None:
        self._exchange = exchange
        self._limits = limits
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._reader = Reader(limits, remembered)
        self._alarm = Alarm(self._loop)
        self._answering: asyncio.Task[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._begun = False
        self._lingering = False
        self._streaming = False
        self._last = False  # the answer under way is the last one
        self._ended = False  # nothing more is read

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._secure = transport.get_extra_info("sslcontext") is not None
        self._alarm.set(self._limits.head_seconds, self._late)

    def data_received(self, data: bytes) -> None:
        if self._lingering:
            return
        self._reader.receive(data)
        if self._answering is not None:
            self._transport.pause_reading()  # the next request waits in the kernel until this one is answered
            return
        self._read()

    def eof_received(self) -> bool:
        self._last = self._ended = True
        if self._streaming:
            return False  # nobody reads on for ever without an end of its own
        # A client that has sent all it wants may still want its answer; TLS cannot end in one direction.
        return self.busy and not self._secure

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - what ended it changes nothing
        self._alarm.off()
        if self._answering is not None:
            self._answering.cancel()
        self._on_lost()

    # What the server calls

    @property
    def busy(self) -> bool:
        """Whether a request is being answered."""
        return self._answering is not None

    def close(self) -> None:
        """Close at once when idle or streaming, else after the answer under way."""
        self._last = self._ended = True
        if self._answering is None:
            self._transport.close()
        elif self._streaming:
            self._answering.cancel()

    def abort(self) -> None:
        """Drop the connection whatever it is doing."""
        self._transport.abort()

    # Reading

    def _read(self) -> None:
        try:
            asked = self._reader.next()
        except UnreadableError as error:
            self._refuse(error.status)
            return
        if asked is not None:
            self._answer(asked)
        elif not self._begun:
            self._begun = True
            self._alarm.set(self._limits.head_seconds, self._late)

    def _read_on(self) -> None:
        """Read what came behind a request that was answered."""
        if self._reader.begun and not (self.busy or self._lingering or self._transport.is_closing()):
            self._read()

    def _late(self) -> None:
        if self._begun:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self._transport.close()

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer what never became a request, and close."""
        self._exchange.refused(status)
        body = f"{status.value} {status.phrase}\n".encode()
        head = write_head(Response((body,), status.value, PLAIN), {}, knows_chunks=False, last=True)
        self._transport.write(head + body)
        self._linger()

    # Answering

    def _answer(self, asked: Asked) -> None:
        self._last |= asked.last
        turn = self._exchange.begin()
        try:
            left = self._start(asked, turn)
        except BaseException:
            turn.end()
            raise
        if left is None:
            turn.end()
            self._next()
        else:
            if not self._streaming:
                self._alarm.set(self._limits.answer_seconds, self._overdue)
            self._answering = self._loop.create_task(left)
            self._answering.add_done_callback(lambda task: self._answered(task, turn))

    def _start(self, asked: Asked, turn: Turn) -> Coroutine[Any, Any, None] | None:
        """Answer as far as that needs no waiting; what does the rest, None if there is none."""
        outcome = self._exchange.answer(asked.request, turn)
        if isinstance(outcome, Response):
            return self._write(outcome, asked, turn)
        return self._come(outcome, asked, turn)

    async def _come(self, outcome: Awaitable[Response], asked: Asked, turn: Turn) -> None:
        """Write a response as soon as it is there."""
        left = self._write(await outcome, asked, turn)
        if left is not None:
            await left

    def _write(self, response: Response, asked: Asked, turn: Turn) -> Coroutine[Any, Any, None] | None:
        """Send a response as far as the client takes it; what sends the rest, None if there is none."""
        turn.status = response.status
        head = write_head(response, turn.headers, knows_chunks=asked.knows_chunks, last=self._last)
        body = response.body if asked.wants_body else ()
        if not isinstance(body, Sequence):
            self._streaming = True
            self._alarm.off()
            self._transport.write(head)
            return self._stream(body, chunked=asked.knows_chunks)
        pieces = _pieces(head, body)
        for piece in pieces:
            self._transport.write(piece)
            if not self._writable.is_set():
                turn.wait_for_reader()
                return self._send(pieces)
        return None

    async def _send(self, pieces: Iterator[bytes | memoryview]) -> None:
        """Send the rest, as the client takes it."""
        await self._taken()
        for piece in pieces:
            self._transport.write(piece)
            await self._taken()

    async def _stream(self, body: AsyncGenerator[bytes, None], *, chunked: bool) -> None:
        async with aclosing(body) as stream:
            async for piece in stream:
                self._transport.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
                await self._taken()
        if chunked:
            self._transport.write(b"0\r\n\r\n")

    async def _taken(self) -> None:
        """Return when the client has taken most of what was written; raises TimeoutError."""
        if not self._writable.is_set():
            async with asyncio.timeout(self._limits.stall_seconds):
                await self._writable.wait()

    def _overdue(self) -> None:
        self._exchange.stalled()
        self._transport.abort()

    def _answered(self, task: "asyncio.Task[None]", turn: Turn) -> None:
        self._answering = None
        self._streaming = False
        turn.end()
        error = None if task.cancelled() else task.exception()
        if task.cancelled() or error is not None:
            self._transport.abort()
        else:
            self._next()
        if isinstance(error, TimeoutError):
            self._exchange.stalled()
        elif error is not None:
            raise error

    def _next(self) -> None:
        if self._transport.is_closing():
            return
        if self._last:
            self._linger()
            return
        self._begun = self._reader.begun
        self._alarm.set(self._limits.head_seconds if self._begun else self._limits.idle_seconds, self._late)
        self._transport.resume_reading()
        if self._begun:
            # Not at once: a client that sends many requests in one piece must let others have their turn.
            self._loop.call_soon(self._read_on)

    # Ending

    def _linger(self) -> None:
        """Close without losing the answer: what the client still sends is read and dropped for a moment.

        Closing a socket with unread input resets the connection, and the client may never see what we said.
        """
        if self._ended:
            self._transport.close()
            return
        self._lingering = True
        self._alarm.set(self._limits.linger_seconds, self._transport.abort)
        self._transport.resume_reading()
        if self._transport.can_write_eof():
            self._transport.write_eof()
        else:
            self._transport.close()  # TLS ends with its own alert, and drops what comes after


def _pieces(head: bytes, body: Sequence[bytes]) -> Iterator[bytes | memoryview]:
    """Head and body in pieces of a good size: a send of its own costs more than a copy of so little, and what is larger
    than the client takes at once would be copied to wait."""
    small, size = [head], len(head)
    for chunk in body:
        if len(chunk) < SLICE:
            small.append(chunk)
            size += len(chunk)
        if small and (size >= SLICE or len(chunk) >= SLICE):
            yield b"".join(small)
            small, size = [], 0
        if len(chunk) >= SLICE:
            view = memoryview(chunk)
            for start in range(0, len(view), SLICE):
                yield view[start : start + SLICE]
    if small:
        yield b"".join(small)
