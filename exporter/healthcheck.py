"""Asks the agent that runs with these settings whether it lives."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import sys
from contextlib import closing

import yaml

from exporter.settings import Settings, WebSettings

_TIMEOUT = 3.0
_WILDCARDS = {"": "127.0.0.1", "*": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  asked, not bound


def run(settings: Settings) -> int:
    """GET /-/healthy of the first listen address: prints one line, gives 0 when it answers 200, else 1."""
    address = settings.web.listen_addresses[0]
    try:
        verdict = _ask(settings.web, address)
    except (OSError, http.client.HTTPException, yaml.YAMLError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        print(f"libvirt-exporter: {address}: not healthy: {reason}", file=sys.stderr)
        return 1
    if verdict is not None:
        print(f"libvirt-exporter: {address}: not healthy: {verdict}", file=sys.stderr)
        return 1
    print(f"libvirt-exporter: {address}: healthy")
    return 0


def _ask(web: WebSettings, address: str) -> str | None:
    """None when healthy, else what was answered instead."""
    tls = _tls_config(web)
    with closing(http.client.HTTPConnection("localhost", timeout=_TIMEOUT)) as connection:
        connection.sock = _connect(address)
        if tls and str(tls.get("client_auth_type")).startswith("Require"):
            _handshake_without_certificate(connection.sock)
            return None
        if tls:
            connection.sock = _tls_context().wrap_socket(connection.sock)
        connection.request("GET", f"{web.route_prefix}/-/healthy")
        status = connection.getresponse().status
    return None if status == http.client.OK else f"status {status}"


def _handshake_without_certificate(plain: socket.socket) -> None:
    """An agent that wants a certificate, which we have not, lives when it gets as far as asking for one."""
    try:
        _tls_context().wrap_socket(plain).close()
    except ssl.SSLError as error:
        if "ALERT" not in (error.reason or ""):
            raise


def _connect(address: str) -> socket.socket:
    if address.startswith("unix:"):
        plain = socket.socket(socket.AF_UNIX)
        plain.settimeout(_TIMEOUT)
        try:
            plain.connect(address.removeprefix("unix:"))
        except OSError:
            plain.close()
            raise
        return plain
    host, _, port = address.rpartition(":")
    host = re.sub(r"[\[\]]", "", host)
    return socket.create_connection((_WILDCARDS.get(host, host), int(port)), timeout=_TIMEOUT)


def _tls_config(web: WebSettings) -> dict[str, object]:
    """The TLS section of the web configuration file, empty without TLS."""
    if web.config_file is None:
        return {}
    document = yaml.safe_load(web.config_file.read_bytes())
    section = document.get("tls_server_config") if isinstance(document, dict) else None
    return section if isinstance(section, dict) else {}


def _tls_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Our own address on this machine, and nothing is sent but the question: the name need not match.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
