"""TLS, client certificates, passwords, headers and rate limits, over real sockets."""

import asyncio
import base64
import ssl
import time
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from exporter.web.access import Access, AccessState
from exporter.web.certificate import not_after
from exporter.web.door import Door, House
from exporter.web.metrics import ReloadMetrics, WebMetrics
from exporter.web.options import Limits
from tests.web.served import Serve, Served, Until

EXPIRY = "libvirt_exporter_certificate_expiry_timestamp_seconds"
FAILURES = "libvirt_exporter_config_reload_failures_total"
REJECTIONS = "libvirt_exporter_http_rejections_total"


def trust(folder: Path, client: str | None = None) -> ssl.SSLContext:
    """A client's context that trusts our CA, with a certificate of its own or without."""
    context = ssl.create_default_context(cafile=str(folder / "ca.crt"))
    if client:
        context.load_cert_chain(folder / f"{client}.crt", folder / f"{client}.key")
    return context


def basic(user: str, password: str) -> dict[str, str]:
    """The header of basic authentication."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def serial(served: Served, folder: Path) -> str:
    """Which certificate the server shows."""
    with served.connect() as plain, trust(folder).wrap_socket(plain, server_hostname="localhost") as secured:
        return str((secured.getpeercert() or {})["serialNumber"])


def refuses(served: Served, context: ssl.SSLContext) -> bool:
    """Whether the server ends a connection with this context; TLS 1.3 tells so only after the handshake."""
    try:
        served.get("/metrics", tls=context)
    except (ssl.SSLError, ConnectionError):
        return True
    return False


def test_tls_serves_and_tells_its_end(made: Path, start: Serve) -> None:
    """With a certificate the server speaks TLS, and the metric has the certificate's end."""
    served = start(config=made / "tls.good.yml")
    assert served.get("/metrics", tls=trust(made)).status == 200
    assert served.figure(EXPIRY, certificate="web") == not_after((made / "server.crt").read_text())


def test_inline_certificates_serve(folder: Path, start: Serve) -> None:
    """Certificate and key may stand in the file itself."""
    lines = ["tls_server_config:"]
    for key, name in (("cert", "server.crt"), ("key", "server.key")):
        lines += [f"  {key}: |", *(f"    {line}" for line in (folder / name).read_text().splitlines())]
    (folder / "inline.yml").write_text("\n".join(lines))
    assert start(config=folder / "inline.yml").get("/metrics", tls=trust(folder)).status == 200


@pytest.mark.parametrize(
    ("config", "client", "accepted"),
    [
        ("client", "client", True),
        ("client", "other", True),
        ("client", "foreign", False),
        ("client", None, False),
        ("client_sans", "client", True),
        ("client_sans", "six", True),
        ("client_sans", "other", False),
        ("client_if_given", None, True),
        ("client_if_given", "foreign", False),
    ],
)
def test_client_certificates_decide(made: Path, start: Serve, config: str, client: str | None, accepted: bool) -> None:
    """A client is let in with a certificate of our CA, and with an allowed name where names are listed."""
    served = start(config=made / f"{config}.good.yml")
    assert refuses(served, trust(made, client)) is not accepted


def test_a_refused_client_is_counted(made: Path, start: Serve, until: Until) -> None:
    """A handshake that fails counts as a rejection by TLS."""
    served = start(config=made / "client.good.yml")
    assert refuses(served, trust(made))
    until(lambda: served.figure(REJECTIONS, reason="tls") == 1)


def test_versions_and_suites_hold(made: Path, start: Serve) -> None:
    """Only the suites and versions of the file are spoken."""
    served = start(config=made / "tls_tuned.good.yml")
    context = trust(made)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    assert refuses(served, context)


def test_a_new_certificate_is_used_without_a_restart(folder: Path, start: Serve, until: Until) -> None:
    """Replaced files serve the next connection, while an open one goes on."""
    served = start(config=folder / "tls.good.yml")
    before = serial(served, folder)
    (folder / "server.key").write_bytes((folder / "renewed.key").read_bytes())
    (folder / "server.crt").write_bytes((folder / "renewed.crt").read_bytes())
    until(lambda: serial(served, folder) != before)
    assert served.figure(EXPIRY, certificate="web") == not_after((folder / "renewed.crt").read_text())


def test_a_broken_new_certificate_keeps_the_old(folder: Path, start: Serve, until: Until) -> None:
    """A certificate that cannot be used changes nothing, and is logged and counted once."""
    served = start(config=folder / "tls.good.yml")
    before = serial(served, folder)
    with capture_logs() as logs:
        (folder / "server.crt").write_text("broken")
        until(lambda: serial(served, folder) == before and served.figure(FAILURES) == 1)
        served.server.reload_access()
        until(lambda: served.figure(FAILURES) == 2)
        assert serial(served, folder) == before
    assert served.figure("libvirt_exporter_config_last_reload_success") == 0
    errors = [entry for entry in logs if entry["log_level"] == "error"]
    assert len(errors) == 2
    assert "server.crt: a certificate in PEM form" in errors[0]["reason"]


def test_a_broken_new_file_keeps_the_old_until_repaired(folder: Path, start: Serve, until: Until) -> None:
    """Users stay as they are while the file is broken, and change once it is not."""
    config = folder / "users.good.yml"
    good = config.read_text()
    served = start(config=config)
    config.write_text("basic_auth_users: {alice: secret}")
    until(lambda: served.get("/metrics").status == 401 and served.figure(FAILURES) == 1)
    assert served.get("/metrics", basic("alice", "secret")).status == 200
    config.write_text(good.replace("alice", "carol"))
    until(lambda: served.get("/metrics", basic("carol", "secret")).status == 200)
    assert served.get("/metrics", basic("alice", "secret")).status == 401


@pytest.mark.parametrize("text", ["1: 2", "rate_limit: {on: 1}", "rate_limit: {burst: 2024-13-45}", "x: &x [*x]"])
def test_nonsense_keeps_the_old_and_hangs_nobody(folder: Path, start: Serve, until: Until, text: str) -> None:
    """A new file that makes no sense costs neither the client that comes first nor the users there were."""
    config = folder / "users.good.yml"
    served = start(config=config)
    config.write_text(text)
    until(lambda: served.get("/metrics").status == 401 and served.figure(FAILURES) == 1)
    assert served.get("/metrics", basic("alice", "secret")).status == 200


class BrokenAccess:
    """Fails whenever it is asked."""

    def current(self) -> AccessState:
        raise RuntimeError("a mistake")


def test_a_mistake_of_ours_closes_the_connection() -> None:
    """A client whose connection cannot be let in is closed and logged, never left without an end."""
    registry = CollectorRegistry()
    metrics = WebMetrics(registry, ReloadMetrics(registry))

    async def ask() -> bytes:
        house = House(None, BrokenAccess(), Limits(), metrics)  # type: ignore[arg-type]
        server = await asyncio.get_running_loop().create_server(lambda: Door(house), "127.0.0.1", 0)
        async with server, asyncio.timeout(10):
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            try:
                return await reader.read()
            except ConnectionResetError:
                return b""
            finally:
                writer.close()

    with capture_logs() as logs:
        assert asyncio.run(ask()) == b""
    assert [entry["event"] for entry in logs] == ["could not let a connection in"]


class BrokenPath(type(Path())):  # type: ignore[misc]  # the class that Path() makes differs from system to system
    """A file that fails in a way nobody foresaw."""

    broken = False

    def read_bytes(self) -> bytes:
        if BrokenPath.broken:
            raise RuntimeError("a mistake")
        return bytes(super().read_bytes())


def test_a_mistake_of_ours_at_a_reload_keeps_the_old(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that nobody foresaw is logged and counted like a broken file, and never reaches a connection."""
    registry = CollectorRegistry()
    config = BrokenPath(folder / "users.good.yml")
    access = Access(config, WebMetrics(registry, ReloadMetrics(registry)))
    before = access.current()
    monkeypatch.setattr(BrokenPath, "broken", True)
    with capture_logs() as logs:
        access.reload()
    access.close()
    assert access.current() is before
    assert registry.get_sample_value(FAILURES) == 1
    assert [entry["log_level"] for entry in logs] == ["error"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (basic("alice", "secret"), 200),
        (basic("bob", "secret"), 200),
        (basic("alice", "wrong"), 401),
        (basic("nobody", "secret"), 401),
        (basic("alice", "secret\0behind"), 401),
        (basic("alice", "x" * 200), 401),
        ({"Authorization": "Basic !!!"}, 401),
        ({"Authorization": "Basic YWxpY2U="}, 401),
        ({"Authorization": "Bearer secret"}, 401),
        ({}, 401),
    ],
)
def test_passwords_decide(made: Path, start: Serve, until: Until, headers: dict[str, str], status: int) -> None:
    """The right password is let in, again and again; all else is challenged."""
    served = start(config=made / "users.good.yml")
    answers = [served.get("/metrics", headers) for _ in range(2)]
    assert [answer.status for answer in answers] == [status] * 2
    if status == 401:
        assert answers[0].headers["WWW-Authenticate"].startswith("Basic realm=")
        until(lambda: served.figure(REJECTIONS, reason="auth") == 2)


@pytest.mark.parametrize("path", ["/-/healthy", "/-/ready"])
def test_health_needs_no_password(made: Path, start: Serve, path: str) -> None:
    """Probes answer without a password, and say nothing else."""
    answer = start(config=made / "users.good.yml").get(path)
    assert (answer.status, answer.text) == (200, "OK\n")


def test_unknown_paths_need_a_password(made: Path, start: Serve) -> None:
    """Without a password nobody learns which paths there are."""
    assert start(config=made / "users.good.yml").get("/nope").status == 401


def test_headers_are_on_every_answer(made: Path, start: Serve) -> None:
    """The headers of the file are on answers of all kinds."""
    served = start(config=made / "headers.good.yml")
    for path in ("/metrics", "/nope", "/"):
        assert served.get(path).headers["X-Frame-Options"] == "deny"


def test_the_rate_limit_refuses(made: Path, start: Serve, until: Until) -> None:
    """Beyond the burst requests get 429, health does not."""
    served = start(config=made / "rate_limit.good.yml")
    assert [served.get("/metrics").status for _ in range(3)] == [200, 200, 429]
    assert served.get("/-/healthy").status == 200
    until(lambda: served.figure(REJECTIONS, reason="limit") == 1)


def test_a_plain_client_does_not_stop_tls(made: Path, start: Serve, until: Until) -> None:
    """Plain HTTP on a TLS port is dropped at once, and others go on."""
    served = start(config=made / "tls.good.yml")
    with served.connect() as connection:
        connection.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
        began = time.monotonic()
        try:
            connection.recv(100)
        finally:
            assert time.monotonic() - began < 4
    assert served.get("/metrics", tls=trust(made)).status == 200
    until(lambda: served.figure(REJECTIONS, reason="tls") == 1)
