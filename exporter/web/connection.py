"""One HTTP/1.1 connection: h11 reads the protocol, this holds each client to its limits.

A client is given a time and a size for its request head, and a time to take its answer.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing
from email.utils import formatdate
from http import HTTPStatus
from typing import cast

import h11

from exporter.web.exchange import Exchange
from exporter.web.message import Response
from exporter.web.options import Limits

SLICE = 128 * 1024


class Connection(asyncio.Protocol):
    """Reads requests and writes what `exchange` answers, one at a time."""

    def __init__(self, exchange: Exchange, limits: Limits, on_lost: Callable[[], None]) -> None:
        self._exchange = exchange
        self._limits = limits
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=limits.head_bytes)
        self._timer: asyncio.TimerHandle | None = None
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
        self._wait(self._limits.head_seconds)

    def data_received(self, data: bytes) -> None:
        if self._lingering:
            return
        self._http.receive_data(data)
        if self._answering is not None:
            self._transport.pause_reading()  # the next request waits in the kernel until this one is answered
            return
        if not self._begun:
            self._begun = True
            self._wait(self._limits.head_seconds)
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
        self._stop_timer()
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
            event = self._http.next_event()
            if isinstance(event, h11.Request):
                # Bodies have no meaning here: one that comes is not read, and ends the connection.
                self._last |= not isinstance(self._http.next_event(), h11.EndOfMessage)
        except h11.RemoteProtocolError as error:
            self._refuse(self._too_long() or HTTPStatus(error.error_status_hint))
            return
        if isinstance(event, h11.Request):
            self._accept(event)
        elif event is not h11.NEED_DATA:
            self._transport.close()
        elif status := self._too_long():
            self._refuse(status)

    def _accept(self, event: h11.Request) -> None:
        # Once more in the small: h11 measures what is incomplete only, and a whole head may come at once.
        if len(event.target) > self._limits.line_bytes:
            self._refuse(HTTPStatus.REQUEST_URI_TOO_LONG)
        elif sum(len(name) + len(value) for name, value in event.headers) > self._limits.head_bytes:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        else:
            self._stop_timer()
            self._answering = self._loop.create_task(self._answer(event))

    def _too_long(self) -> HTTPStatus | None:
        """The status for a head that is not complete and already too long."""
        head = self._http.trailing_data[0]
        if b"\n" not in head[: self._limits.line_bytes]:
            return HTTPStatus.REQUEST_URI_TOO_LONG if len(head) >= self._limits.line_bytes else None
        return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE if len(head) > self._limits.head_bytes else None

    def _late(self) -> None:
        if self._begun:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self._transport.close()

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer what never became a request, and close."""
        self._exchange.refused(status)
        body = f"{status.value} {status.phrase}\n"
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\nDate: {formatdate(usegmt=True)}\r\n"
            f"Content-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
            "Connection: close\r\n\r\n"
        )
        self._transport.write((head + body).encode())
        self._linger()

    # Answering

    async def _answer(self, event: h11.Request) -> None:
        ended = False
        try:
            async with asyncio.timeout(self._limits.answer_seconds) as deadline:
                async with self._exchange.answer(event.method, event.target, event.headers) as response:
                    if response.streams:
                        self._streaming = True
                        deadline.reschedule(None)
                    await self._write(event, response)
            ended = True
        except TimeoutError:
            self._exchange.stalled()
        finally:
            self._answering = None
            self._streaming = False
            if not ended:
                self._transport.abort()
        self._next()

    async def _write(self, event: h11.Request, response: Response) -> None:
        headers = [("Date", formatdate(usegmt=True)), *response.headers.items()]
        if isinstance(response.body, Sequence):
            headers.append(("Content-Length", str(sum(map(len, response.body)))))
        if self._last:
            headers.append(("Connection", "close"))
        status = HTTPStatus(response.status)
        head = h11.Response(status_code=status.value, headers=headers, reason=status.phrase)
        begin = self._http.send(head) or b""
        body = response.body if event.method != b"HEAD" else ()
        if isinstance(body, Sequence):
            for chunk in _merged(body):
                await self._send(chunk, begin)
                begin = b""
            self._transport.write(begin)
        else:
            self._transport.write(begin)
            async with aclosing(body) as stream:
                async for chunk in stream:
                    await self._send(chunk)
        self._transport.write(self._http.send(h11.EndOfMessage()) or b"")

    async def _send(self, chunk: bytes, begin: bytes = b"") -> None:
        """Send a chunk of the body, right behind `begin`."""
        view = memoryview(chunk)
        for start in range(0, len(view), SLICE):
            # Typed for bytes; of what passes through, h11 takes the length and nothing else.
            data = h11.Data(data=view[start : start + SLICE])  # type: ignore[arg-type]
            pieces = self._http.send_with_data_passthrough(data) or []
            if begin:
                pieces, begin = [b"".join([begin, *pieces])], b""
            for piece in pieces:
                self._transport.write(piece)
            if not self._writable.is_set():
                async with asyncio.timeout(self._limits.stall_seconds):
                    await self._writable.wait()

    def _next(self) -> None:
        if self._transport.is_closing():
            return
        if self._last or self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            self._linger()
            return
        self._http.start_next_cycle()
        self._begun = bool(self._http.trailing_data[0])
        self._wait(self._limits.head_seconds if self._begun else self._limits.idle_seconds)
        self._transport.resume_reading()
        if self._begun:
            self._read()

    # Ending

    def _linger(self) -> None:
        """Close without losing the answer: what the client still sends is read and dropped for a moment.

        Closing a socket with unread input resets the connection, and the client may never see what we said.
        """
        if self._ended:
            self._transport.close()
            return
        self._lingering = True
        self._wait(self._limits.linger_seconds, self._transport.abort)
        self._transport.resume_reading()
        if self._transport.can_write_eof():
            self._transport.write_eof()
        else:
            self._transport.close()  # TLS ends with its own alert, and drops what comes after

    def _wait(self, seconds: float, then: Callable[[], None] | None = None) -> None:
        self._stop_timer()
        self._timer = self._loop.call_later(seconds, then or self._late)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _merged(chunks: Sequence[bytes]) -> Iterator[bytes]:
    """Chunks of which small ones were put together: a send of its own costs more than a copy of so little."""
    small: list[bytes] = []
    for chunk in chunks:
        if len(chunk) < SLICE:
            small.append(chunk)
            continue
        if small:
            yield b"".join(small)
            small = []
        yield chunk
    if small:
        yield b"".join(small)
