"""Connections without TLS: sockets in the loop, with next to nothing around them.

asyncio makes a task, a future and five turns of the loop out of each connection that it accepts. Where a hundred come
at once, that takes longer than to send them their pages.
"""

import asyncio
import socket
from typing import cast

_RECEIVED = 64 * 1024  # bytes at once; a request is far smaller

# As asyncio has them: a protocol is asked to pause above the first, and to go on below the second.
_HIGH = 64 * 1024
_LOW = 16 * 1024

_NO_WAIT = socket.MSG_DONTWAIT  # with each call, which spares one that sets it for the socket

_NOBODY = asyncio.Protocol()


class Wire(asyncio.Transport):
    """The transport of one accepted connection; calls its protocol as asyncio's own does.

    The protocol comes to know the connection while this is made, in the same turn of the loop.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, accepted: socket.socket, protocol: asyncio.Protocol) -> None:
        super().__init__()
        self._loop = loop
        self._socket = accepted
        self._descriptor = accepted.fileno()  # by the socket, the loop would look it up by what it prints like
        self._protocol = protocol
        self._unsent = bytearray()
        self._reading = False
        self._closing = False  # nothing more is read or taken to be written
        self._lost = False  # nothing more is sent either
        self._ends = False  # the other side is told of the end when all is sent
        self._full = False
        protocol.connection_made(self)
        self.resume_reading()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._protocol = cast(asyncio.Protocol, protocol)

    def is_closing(self) -> bool:
        return self._closing

    # Reading

    def pause_reading(self) -> None:
        if self._reading:
            self._reading = False
            self._loop.remove_reader(self._descriptor)

    def resume_reading(self) -> None:
        if not (self._reading or self._closing):
            self._reading = True
            self._loop.add_reader(self._descriptor, self._readable)

    def _readable(self) -> None:
        try:
            data = self._socket.recv(_RECEIVED, _NO_WAIT)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self.abort()
            return
        try:
            if data:
                self._protocol.data_received(data)
            elif self._protocol.eof_received():
                self.pause_reading()
            else:
                self.close()
        except BaseException:  # the loop tells it
            self.abort()
            raise

    # Writing

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send what the other side takes at once, and keep the rest."""
        if self._closing:
            return
        sent = 0 if self._unsent else self._send(data)
        if sent < len(data) and not self._lost:
            if not self._unsent:
                self._loop.add_writer(self._descriptor, self._send_rest)
            self._unsent += data[sent:]
            if len(self._unsent) > _HIGH and not self._full:
                self._full = True
                self._protocol.pause_writing()

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self._ends = True
        if not (self._unsent or self._closing):
            self._shut()

    def _send(self, data: bytes | bytearray | memoryview) -> int:
        try:
            return self._socket.send(data, _NO_WAIT)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError:
            self.abort()
            return 0

    def _send_rest(self) -> None:
        sent = self._send(self._unsent)
        if self._lost:
            return
        del self._unsent[:sent]
        if self._full and len(self._unsent) <= _LOW:
            self._full = False
            self._protocol.resume_writing()
        if self._unsent:
            return
        self._loop.remove_writer(self._descriptor)
        if self._closing:
            self.abort()
        elif self._ends:
            self._shut()

    def _shut(self) -> None:
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:  # the other side is gone already
            self.abort()

    # Ending

    def close(self) -> None:
        """Send what is kept, and end then."""
        if not self._closing:
            self.pause_reading()
            self._closing = True
            if not self._unsent:
                self.abort()

    def abort(self) -> None:
        """End now."""
        if not self._lost:
            self.pause_reading()
            if self._unsent:
                self._unsent.clear()
                self._loop.remove_writer(self._descriptor)
            self._closing = self._lost = True
            self._loop.call_soon(self._end)

    def _end(self) -> None:
        # Two that hold each other would wait for the garbage collector.
        protocol, self._protocol = self._protocol, _NOBODY
        try:
            protocol.connection_lost(None)
        finally:
            self._socket.close()
