"""Servers that end with their test, and certificates made once."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.certificates import issue, make_authority, openssl
from tests.web.served import Condition, Serve, Served, Until, serve

CONFIG = Path(__file__).parent / "config"


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example files and the certificates they name; not to be changed."""
    folder = tmp_path_factory.mktemp("web") / "config"
    shutil.copytree(CONFIG, folder)
    make_authority(folder)
    make_authority(folder, "stranger")
    issue(folder, "server", "DNS:localhost,IP:127.0.0.1")
    issue(folder, "renewed", "DNS:localhost,IP:127.0.0.1", days=9)
    issue(folder, "client", "DNS:prometheus.example,IP:192.0.2.1")
    issue(folder, "six", "IP:2001:db8::1")
    issue(folder, "other", "DNS:other.example")
    issue(folder, "foreign", "DNS:prometheus.example", authority="stranger")
    openssl(folder, "ec", "-in", "server.key", "-aes128", "-passout", "pass:x", "-out", "encrypted.key")
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """The same, to be changed."""
    return Path(shutil.copytree(made, tmp_path / "config"))


@pytest.fixture
def start() -> Iterator[Serve]:
    """Starts servers that the end of the test stops."""
    running: list[Served] = []

    def starter(*arguments: object, **options: object) -> Served:
        running.append(serve(*arguments, **options))  # type: ignore[arg-type]
        return running[-1]

    yield starter
    for served in running:
        served.server.stop(1)


@pytest.fixture
def until() -> Until:
    """Waits until something is so, at most 15 seconds."""

    def wait(condition: Condition) -> None:
        end = time.monotonic() + 15
        while not condition():
            assert time.monotonic() < end, "did not happen in time"
            time.sleep(0.02)

    return wait
