"""The two servers that are compared, each a process of its own: the agent, and a bare socket with the same bytes."""

import socket
import sys
import threading
from pathlib import Path

from prometheus_client import CollectorRegistry

from exporter.site import Site
from exporter.web.metrics import ReloadMetrics, WebMetrics
from exporter.web.options import WebOptions
from exporter.web.server import WebServer
from tests.bench.synthetic import SyntheticHost
from tests.bench.watched import CORE, cycle, quiet, watched


def agent(guests: int) -> None:
    """Serve the page of a synthetic host; its port goes to standard output."""
    with watched(SyntheticHost(guests).target, CORE) as host:
        cycle(host)
        site = Site(lambda _form: b"", multi=False)
        site.replace([host])
        registry = CollectorRegistry()
        metrics = WebMetrics(registry, ReloadMetrics(registry))
        options = WebOptions(listen_addresses=("127.0.0.1:0",), max_requests=0)
        web = WebServer(site, options, metrics)
        web.start()
        _tell(int(web.addresses()[0].rpartition(":")[2]))
        threading.Event().wait()


def bare(answer: bytes) -> None:
    """Send the same bytes to whoever connects and asks, one after the other."""
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        _tell(listener.getsockname()[1])
        while True:
            connection, _ = listener.accept()
            with connection:
                if connection.recv(65536):
                    connection.sendall(answer)


def _tell(port: int) -> None:
    print(port, flush=True)


if __name__ == "__main__":
    quiet()
    kind, argument = sys.argv[1:]
    if kind == "agent":
        agent(int(argument))
    else:
        bare(Path(argument).read_bytes())
