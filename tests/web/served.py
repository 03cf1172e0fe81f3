"""A running server, and the clients that talk to it."""

import http.client
import socket
import ssl
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from attrs import evolve, frozen
from prometheus_client import CollectorRegistry

from exporter.web.metrics import ReloadMetrics, WebMetrics
from exporter.web.options import Limits, WebOptions
from exporter.web.routes import Route
from exporter.web.server import WebServer
from tests.web.site import FakeSite


@frozen
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@frozen
class Served:
    """A server under test."""

    server: WebServer
    site: FakeSite
    registry: CollectorRegistry

    @property
    def port(self) -> int:
        return int(self.server.addresses()[0].rpartition(":")[2])

    def get(
        self,
        path: str,
        headers: Mapping[str, str] | None = None,
        method: str = "GET",
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
        body: bytes | None = None,
    ) -> Answer:
        """One request on a connection of its own."""
        if tls is None:
            connection = http.client.HTTPConnection(host, self.port, timeout=10)
        else:
            connection = http.client.HTTPSConnection(host, self.port, timeout=10, context=tls)
        try:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def connect(self) -> socket.socket:
        """A bare connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def figure(self, name: str, **labels: str) -> float | None:
        """The value of one of the server's own metrics."""
        return self.registry.get_sample_value(name, labels)


Serve = Callable[..., Served]
Condition = Callable[[], bool]
Until = Callable[[Condition], None]


def serve(
    site: FakeSite | None = None,
    config: Path | None = None,
    limits: Limits | None = None,
    routes: Iterable[Route] = (),
    **options: object,
) -> Served:
    """Start a server on a free port of the loopback address."""
    registry = CollectorRegistry()
    metrics = WebMetrics(registry, ReloadMetrics(registry))
    chosen = evolve(WebOptions(("127.0.0.1:0",), config_file=config), **options)
    site = site or FakeSite()
    server = WebServer(site, chosen, metrics, routes, limits)
    server.start()
    return Served(server, site, registry)


def read_all(connection: socket.socket) -> bytes:
    """Everything until the other side ends; a reset counts as an end."""
    received = b""
    try:
        while data := connection.recv(65536):
            received += data
    except ConnectionResetError:
        return received
    return received
