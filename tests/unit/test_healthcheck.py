"""The health check asks the first listen address, over TCP or a UNIX socket, with or without TLS."""

from __future__ import annotations

import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from exporter.healthcheck import run
from exporter.settings import HostSettings, Settings, WebSettings

HOSTS = (HostSettings("local", "test:///default"),)


class Answer(BaseHTTPRequestHandler):
    """200 for the health path below a prefix, 503 for anything else."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/x/-/healthy" else 503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def address_string(self) -> str:
        return "test"

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the tests look at the answers."""


class UnixServer(socketserver.UnixStreamServer):
    """An HTTP server on a UNIX socket."""


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def settings(address: str, prefix: str = "/x", config_file: Path | None = None) -> Settings:
    return Settings(HOSTS, web=WebSettings((address,), route_prefix=prefix, config_file=config_file))


def test_healthy_is_0_and_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    server = HTTPServer(("127.0.0.1", 0), Answer)
    with serving(server):
        assert run(settings(f":{server.server_port}")) == 0
    assert capsys.readouterr().out == f"libvirt-exporter: :{server.server_port}: healthy\n"


def test_another_answer_is_1_and_named(capsys: pytest.CaptureFixture[str]) -> None:
    server = HTTPServer(("127.0.0.1", 0), Answer)
    with serving(server):
        assert run(settings(f"127.0.0.1:{server.server_port}", prefix="")) == 1
    assert capsys.readouterr().err.endswith("not healthy: status 503\n")


def test_nobody_there_is_1(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(settings(f"unix:{tmp_path}/none.sock")) == 1
    assert "No such file" in capsys.readouterr().err


def test_unix_socket(tmp_path: Path) -> None:
    with serving(UnixServer(f"{tmp_path}/a.sock", Answer)):
        assert run(settings(f"unix:{tmp_path}/a.sock")) == 0


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    path = tmp_path / "both.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-subj", "/CN=elsewhere.example.org", "-days", "2", "-keyout", path, "-out", tmp_path / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_text(path.read_text() + (tmp_path / "cert.pem").read_text())
    return path


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("asks_for_certificate", [False, True])
def test_tls_is_healthy_whatever_the_name_and_also_when_it_asks_for_a_certificate(
    certificate: Path, tmp_path: Path, asks_for_certificate: bool, newest: ssl.TLSVersion
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = newest
    context.load_cert_chain(certificate)
    if asks_for_certificate:
        context.load_verify_locations(certificate)
        context.verify_mode = ssl.CERT_REQUIRED
    server = HTTPServer(("127.0.0.1", 0), Answer)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    web = tmp_path / "web.yml"
    client = "RequireAndVerifyClientCert" if asks_for_certificate else "NoClientCert"
    web.write_text(f"tls_server_config: {{cert_file: both.pem, client_auth_type: {client}}}\n")
    with serving(server):
        assert run(settings(f":{server.server_port}", config_file=web)) == 0
