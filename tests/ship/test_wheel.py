"""The wheel holds the package with all its data and nothing else, and is the same whatever it was built from."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from exporter.assets import assets

from .root import check_out

pytestmark = [pytest.mark.ship, pytest.mark.timeout(600)]

_WHEN = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
_SDIST = "import sys; from setuptools import build_meta; build_meta.build_sdist(sys.argv[1])"


def build(source: Path, out: Path) -> Path:
    """The wheel of a folder or an sdist, built by the locked backend that scripts/setup installed."""
    argv = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-build-isolation", "--no-deps"]
    subprocess.run([*argv, "--wheel-dir", str(out), str(source)], check=True, env=_WHEN)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout of its own."""
    made = tmp_path_factory.mktemp("checkout")
    check_out(made)
    return made


@pytest.fixture(scope="module")
def wheel(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as pip builds it from the checkout."""
    return build(folder, tmp_path_factory.mktemp("wheel"))


def test_every_asset_is_inside_the_package(wheel: Path) -> None:
    """Rules, runbooks, dashboards, units and manifests have the content of the checkout."""
    with zipfile.ZipFile(wheel) as held:
        for name, source in assets().items():
            assert held.read(f"exporter/data/{name}") == source.read_bytes()


def test_nothing_stands_outside_the_package(wheel: Path) -> None:
    """Another package's names are left alone: there is `exporter`, and what describes it."""
    with zipfile.ZipFile(wheel) as held:
        tops = {Path(name).parts[0] for name in held.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"exporter"}


def test_a_second_build_gives_the_same_bytes(wheel: Path, tmp_path: Path) -> None:
    """From another checkout, made at another time."""
    check_out(tmp_path / "again")
    assert build(tmp_path / "again", tmp_path).read_bytes() == wheel.read_bytes()


def test_the_sdist_gives_the_same_wheel(wheel: Path, folder: Path, tmp_path: Path) -> None:
    """Whoever builds from the sdist gets what the checkout gives, to the byte."""
    subprocess.run([sys.executable, "-c", _SDIST, tmp_path], cwd=folder, check=True, env=_WHEN)
    (sdist,) = tmp_path.glob("*.tar.gz")
    assert build(sdist, tmp_path).read_bytes() == wheel.read_bytes()
