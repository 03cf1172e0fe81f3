"""The wheel holds the package with all its data, and nothing else."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from exporter.assets import assets

from .root import CHECKOUT

pytestmark = [pytest.mark.ship, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel as pip builds it from the checkout."""
    directory = tmp_path_factory.mktemp("wheel")
    argv = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(directory), str(CHECKOUT)]
    subprocess.run(argv, check=True)
    (built,) = directory.glob("*.whl")
    return zipfile.ZipFile(built)


def test_every_asset_is_inside_the_package(wheel: zipfile.ZipFile) -> None:
    """Rules, runbooks, dashboards, units and manifests have the content of the checkout."""
    for name, source in assets().items():
        assert wheel.read(f"exporter/data/{name}") == source.read_bytes()


def test_nothing_stands_outside_the_package(wheel: zipfile.ZipFile) -> None:
    """Another package's names are left alone: there is `exporter`, and what describes it."""
    tops = {Path(name).parts[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"exporter"}
