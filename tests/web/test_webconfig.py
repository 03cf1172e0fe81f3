"""The example files beside this test say in their names whether they can be used."""

import subprocess
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from exporter.errors import ConfigError
from exporter.web.access import Access
from exporter.web.metrics import ReloadMetrics, WebMetrics
from tests.web.conftest import CONFIG

GOOD = sorted(path.name for path in CONFIG.glob("*.good.yml"))
BAD = sorted(path.name for path in CONFIG.glob("*.bad.yml"))

UNKNOWN_TO_PROMTOOL = {
    "client_sans.good.yml": "client_allowed_sans is newer than promtool 2.42",
    "rate_limit.good.yml": "rate_limit is newer than promtool 2.42",
}


def read(path: Path) -> Access:
    """An access that reads this file."""
    registry = CollectorRegistry()
    access = Access(path, WebMetrics(registry, ReloadMetrics(registry)))
    access.close()
    return access


@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_is_read(made: Path, name: str) -> None:
    """Each good example can be used."""
    read(made / name)


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_in_one_line(made: Path, name: str) -> None:
    """Each bad example is refused with key, value and what is allowed, as its first line quotes."""
    path = made / name
    expected = path.read_text().splitlines()[0].removeprefix("# expect: ")
    with pytest.raises(ConfigError) as caught:
        read(path)
    line = str(caught.value)
    assert expected in line
    assert line.startswith((f"--web.config.file {path}: ", f"--web.config.file: {path}: "))
    assert "\n" not in line


def test_secrets_are_not_in_the_message(made: Path) -> None:
    """A password written where its hash belongs does not reach the log."""
    with pytest.raises(ConfigError) as caught:
        read(made / "password_in_clear.bad.yml")
    assert "secret" not in str(caught.value)


def test_brackets_without_end_are_refused(tmp_path: Path) -> None:
    """What is nested too deeply for YAML's reader is an error of configuration like any other."""
    file = tmp_path / "deep.yml"
    file.write_text("[" * 5000)
    with pytest.raises(ConfigError, match="YAML is needed: "):
        read(file)


def test_comments_of_a_certificate_may_be_in_any_language(folder: Path) -> None:
    """What stands around the PEM blocks changes nothing."""
    for name in ("server.crt", "server.key", "ca.crt"):
        file = folder / name
        file.write_text(f"Größe\n{file.read_text()}", encoding="utf-8")
    read(folder / "client.good.yml")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A file that is not there is an error of configuration that names it."""
    with pytest.raises(ConfigError, match=r"absent.yml: a readable file is needed: No such file"):
        read(tmp_path / "absent.yml")


@pytest.mark.parametrize("name", GOOD)
def test_promtool_accepts_the_good_files(made: Path, name: str) -> None:
    """Prometheus' own tool agrees about every good file whose keys its release knows."""
    if name in UNKNOWN_TO_PROMTOOL:
        pytest.skip(UNKNOWN_TO_PROMTOOL[name])
    done = subprocess.run(
        ["promtool", "check", "web-config", name], cwd=made, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
