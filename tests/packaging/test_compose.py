"""Compose example and workflow fit their schemas; files mounted exist; Prometheus and Alertmanager take theirs."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from exporter.assets import install

CHECKOUT = Path(__file__).parents[2]
COMPOSE = CHECKOUT / "packaging" / "compose"


def services() -> dict[str, Any]:
    """The services of the example."""
    loaded: dict[str, Any] = yaml.safe_load((COMPOSE / "compose.yaml").read_text())
    return dict(loaded["services"])


def test_all_that_is_mounted_comes_with_the_agent(tmp_path: Path) -> None:
    """In the folder that --install-assets writes: a missing source would become an empty directory, silently."""
    assert install(tmp_path) == 0
    volumes = [each for service in services().values() for each in service["volumes"] if isinstance(each, str)]
    sources = [each.split(":")[0] for each in volumes if each.startswith(".")]
    assert sources
    assert not [source for source in sources if not (tmp_path / "packaging" / "compose" / source).exists()]


def test_nothing_is_built_from_what_is_not_there() -> None:
    """The written folder has no Dockerfile: images are named, also the agent's own."""
    assert not [name for name, service in services().items() if "build" in service]


def test_no_port_is_open_to_the_network() -> None:
    """Nothing of the example has a password, so each port is the machine's own."""
    ports = [port for service in services().values() for port in service["ports"]]
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_images_are_pinned_by_version() -> None:
    """What is not ours has a version as its tag."""
    images = [service["image"] for name, service in services().items() if name != "libvirt-exporter"]
    assert all(image.rpartition(":")[2].lstrip("v")[0].isdigit() for image in images)


@pytest.mark.parametrize(
    "argv",
    [
        ["promtool", "check", "config", "--syntax-only", "prometheus.yml"],
        ["amtool", "check-config", "alertmanager.yml"],
    ],
    ids=["prometheus", "alertmanager"],
)
def test_its_own_tool_takes_the_configuration(argv: list[str]) -> None:
    """promtool and amtool find nothing wrong."""
    if shutil.which(argv[0]) is None:
        pytest.skip(f"{argv[0]} is missing: run scripts/setup")
    done = subprocess.run(argv, cwd=COMPOSE, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("schema", "file"),
    [("compose-spec", COMPOSE / "compose.yaml"), ("github-workflows", CHECKOUT / ".github/workflows/ci.yml")],
    ids=["compose", "workflow"],
)
def test_it_fits_its_schema(schema: str, file: Path) -> None:
    """The schemas come with the checker, of its version."""
    argv = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", str(file)]
    done = subprocess.run(argv, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
