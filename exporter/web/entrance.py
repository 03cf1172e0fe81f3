"""Accepts connections on one listening socket, and gives each a door."""

import asyncio
import errno
import socket
from typing import Any

from exporter.web.door import Door, House
from exporter.web.wire import Wire

_AT_ONCE = 100  # connections; whoever is connected already wants an answer too
_REST_SECONDS = 1.0

_NOTHING_LEFT = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Entrance:
    """Open until it is closed. Belongs to the thread of the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, listener: socket.socket, house: House) -> None:
        self._loop = loop
        self._listener = listener
        self._house = house
        self._rest: asyncio.TimerHandle | None = None
        self._entering: set[asyncio.Task[Any]] = set()
        listener.setblocking(False)
        if listener.family != socket.AF_UNIX:
            # Inherited by what is accepted: small answers are sent without waiting for the acknowledgement of others.
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._open()

    async def close(self) -> None:
        """Accept nothing more; whoever was accepted has a door then."""
        if self._rest is not None:
            self._rest.cancel()
        self._loop.remove_reader(self._listener)
        self._listener.close()
        await asyncio.gather(*self._entering, return_exceptions=True)

    def _open(self) -> None:
        self._loop.add_reader(self._listener, self._accept)

    def _accept(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                accepted, _ = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in _NOTHING_LEFT:
                    raise
                self._wait_for_descriptors(error)
                return
            self._let_in(accepted)

    def _wait_for_descriptors(self, error: OSError) -> None:
        """Who waits stays in the queue, which would wake the loop again and again."""
        self._loop.call_exception_handler({"message": "could not accept a connection", "exception": error})
        self._loop.remove_reader(self._listener)
        self._rest = self._loop.call_later(_REST_SECONDS, self._open)

    def _let_in(self, accepted: socket.socket) -> None:
        door = Door(self._house)
        if self._house.access.current().tls is None:
            Wire(self._loop, accepted, door)
            return
        entering = self._loop.create_task(self._loop.connect_accepted_socket(lambda: door, accepted))
        self._entering.add(entering)
        entering.add_done_callback(self._entering.discard)
