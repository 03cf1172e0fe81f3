"""A real Prometheus scrapes through TLS with a client certificate, and with a password."""

import json
import shutil
import socket
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from attrs import frozen

from tests.web.served import Serve, Until

pytestmark = pytest.mark.skipif(shutil.which("prometheus") is None, reason="no prometheus on this machine")


@frozen
class Prometheus:
    """A running server and how to ask it."""

    port: int

    def ask(self, path: str) -> Any:
        """What its API answers."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/{path}", timeout=5) as answer:
            return json.load(answer)["data"]

    def up(self) -> dict[str, float]:
        """The value of `up` by job, as soon as there is one."""
        try:
            data = self.ask("query?query=up")
        except OSError:
            return {}
        return {entry["metric"]["job"]: float(entry["value"][1]) for entry in data["result"]}


@pytest.fixture
def prometheus(tmp_path: Path) -> Iterator[Any]:
    """Starts Prometheus with a list of scrape configurations, and ends it with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def starter(scrapes: list[dict[str, Any]]) -> Prometheus:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        config = {"global": {"scrape_interval": "1s", "scrape_timeout": "1s"}, "scrape_configs": scrapes}
        file = tmp_path / "prometheus.yml"
        file.write_text(yaml.safe_dump(config))
        command = ["prometheus", f"--config.file={file}", f"--storage.tsdb.path={tmp_path / 'data'}"]
        with (tmp_path / "prometheus.log").open("wb") as log:
            process = subprocess.Popen([*command, f"--web.listen-address=127.0.0.1:{port}"], stderr=log)
        started.append(process)
        return Prometheus(port)

    yield starter
    for process in started:
        process.terminate()
        process.wait(20)


def scrape(job: str, port: int, **more: Any) -> dict[str, Any]:
    """One scrape configuration."""
    return {"job_name": job, "static_configs": [{"targets": [f"127.0.0.1:{port}"]}], **more}


def test_prometheus_scrapes_through_access_control(made: Path, start: Serve, prometheus: Any, until: Until) -> None:
    """With certificate or password it gets in and reads OpenMetrics, without it does not."""
    secured = start(config=made / "client_sans.good.yml").port
    guarded = start(config=made / "users.good.yml").port
    certificate = {"cert_file": str(made / "client.crt"), "key_file": str(made / "client.key")}
    authority = {"ca_file": str(made / "ca.crt")}
    password = {"username": "alice", "password": "secret"}
    running = prometheus(
        [
            scrape("certificate", secured, scheme="https", tls_config={**authority, **certificate}),
            scrape("no_certificate", secured, scheme="https", tls_config=authority),
            scrape("password", guarded, basic_auth=password),
            scrape("wrong_password", guarded, basic_auth={**password, "password": "wrong"}),
        ]
    )
    expected = {"certificate": 1.0, "no_certificate": 0.0, "password": 1.0, "wrong_password": 0.0}
    until(lambda: running.up() == expected)
    query = urllib.parse.quote('fake_page{form="openmetrics"}')
    found = {entry["metric"]["job"] for entry in running.ask(f"query?query={query}")["result"]}
    assert found == {"certificate", "password"}
