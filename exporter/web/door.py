"""Lets connections in: counts them, shakes hands where TLS is on, and hands them over."""

import asyncio
import ssl
from typing import cast

import structlog

from exporter.web.access import Access
from exporter.web.connection import Connection
from exporter.web.exchange import Exchange
from exporter.web.metrics import WebMetrics
from exporter.web.options import Limits
from exporter.web.reading import Remembered
from exporter.web.tls import TLS
from exporter.web.wire import Wire

logger = structlog.get_logger()


class House:
    """All connections there are, oldest first."""

    def __init__(self, exchange: Exchange, access: Access, limits: Limits, metrics: WebMetrics) -> None:
        self.exchange = exchange
        self.access = access
        self.limits = limits
        self.metrics = metrics
        self.remembered = Remembered()
        self._inside: dict[Door, None] = {}

    def admit(self, door: "Door") -> bool:
        """Let one in. In a full house the one that has waited longest without asking for anything goes.

        Clients that hold connections and say nothing can so never lock out one that asks.
        """
        if len(self._inside) >= self.limits.connections:
            self.metrics.rejections.labels("limit").inc()
            idle = next((other for other in self._inside if not other.busy), None)
            if idle is None:
                return False
            idle.abort()
            self.leave(idle)
        self._inside[door] = None
        return True

    def leave(self, door: "Door") -> None:
        """Forget one that is gone."""
        self._inside.pop(door, None)

    async def empty(self, grace: float) -> None:
        """Close all: idle ones now, others after their answer or at the end of `grace` seconds."""
        for door in list(self._inside):
            door.close()
        end = asyncio.get_running_loop().time() + grace
        while self._inside and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(0.01)
        for door in list(self._inside):
            door.abort()


class Door(asyncio.Protocol):
    """One connection until it can speak HTTP.

    The handshake is a task of this connection alone, with the context of this moment: a silent client
    blocks nobody, and a certificate that was exchanged serves the next connection.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self._connection: Connection | None = None
        self._handshake: asyncio.Task[None] | None = None
        self._early = bytearray()

    @property
    def busy(self) -> bool:
        """Whether a request is being answered."""
        return self._connection is not None and self._connection.busy

    def close(self) -> None:
        """Close at once when idle, else after the answer under way."""
        if self._connection is None:
            self.abort()
        else:
            self._connection.close()

    def abort(self) -> None:
        """Drop the connection whatever it is doing."""
        if self._handshake is not None:
            self._handshake.cancel()
        self._transport.abort()

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        try:
            self._come_in()
        except Exception:
            logger.exception("could not let a connection in")
            self._drop()

    def data_received(self, data: bytes) -> None:
        # The first request may come in one piece with the end of the handshake.
        self._early += data

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - what ended it changes nothing
        self._house.leave(self)

    def _come_in(self) -> None:
        if not self._house.admit(self):
            self._transport.abort()
            return
        tls = self._house.access.current().tls
        if tls is None or isinstance(self._transport, Wire):  # which was accepted when there was no TLS yet
            self._enter(self._transport)
        else:
            self._transport.pause_reading()
            self._handshake = asyncio.get_running_loop().create_task(self._shake_hands(tls))

    def _drop(self) -> None:
        """A mistake of ours before there is a `Connection` with its limits would leave the client hanging for ever."""
        self._transport.abort()
        self._house.leave(self)

    async def _shake_hands(self, tls: TLS) -> None:
        try:
            await self._secure(tls)
        except Exception:
            logger.exception("could not let a connection in")
            self._drop()

    async def _secure(self, tls: TLS) -> None:
        loop = asyncio.get_running_loop()
        seconds = self._house.limits.handshake_seconds
        try:
            secured = await loop.start_tls(
                self._transport, self, tls.context, server_side=True, ssl_handshake_timeout=seconds
            )
        except (OSError, ssl.SSLError) as error:
            self._refuse(str(error))
            return
        finally:
            self._handshake = None
        if secured is None or secured.is_closing():
            self._refuse("closed during the handshake")
            return
        self._transport = secured
        if not tls.allows(secured.get_extra_info("ssl_object")):
            self._refuse("no name of the client's certificate is allowed")
            return
        self._enter(secured)

    def _leave(self) -> None:
        self._house.leave(self)
        self._connection = None  # it holds the way here

    def _refuse(self, reason: str) -> None:
        self._house.metrics.rejections.labels("tls").inc()
        logger.debug("tls connection refused", reason=reason)
        self._transport.abort()
        self._house.leave(self)

    def _enter(self, transport: asyncio.Transport) -> None:
        house = self._house
        self._connection = Connection(house.exchange, house.limits, house.remembered, self._leave)
        transport.set_protocol(self._connection)
        self._connection.connection_made(transport)
        if self._early:
            self._connection.data_received(bytes(self._early))
            self._early.clear()
