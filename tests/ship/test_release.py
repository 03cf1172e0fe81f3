"""scripts/release, run in a clean clone: what it builds, and what it says to publish."""

import hashlib
import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

import exporter

from .root import CHECKOUT

pytestmark = [pytest.mark.ship, pytest.mark.timeout(1800)]

VERSION = exporter.__version__
_LOCK = (CHECKOUT / "requirements.lock").read_text()
REQUIREMENTS = set(re.findall(r"^([a-z0-9-]+)==[^ ;]+ \\$", _LOCK, re.MULTILINE))
"""Names of what every Linux machine gets."""


@dataclass
class Release:
    """The folder of what was built, and what was said."""

    built: Path
    output: str
    warnings: list[str]


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release of the last commit."""
    clone = tmp_path_factory.mktemp("release") / "clone"
    subprocess.run(["git", "clone", "--quiet", CHECKOUT, clone], check=True)
    done = subprocess.run(["scripts/release"], cwd=clone, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    warnings = re.findall(r"^scripts/release: warning: (.*)$", done.stderr, re.MULTILINE)
    return Release(clone / "dist", done.stdout, warnings)


def test_everything_is_built_and_summed(release: Release) -> None:
    """Wheel, sdist, Debian package, bill of materials and licences, with a checksum of each."""
    names = {
        f"libvirt_exporter-{VERSION}-py3-none-any.whl",
        f"libvirt_exporter-{VERSION}.tar.gz",
        f"libvirt-exporter_{VERSION}-1_all.deb",
        f"libvirt-exporter-{VERSION}.cdx.json",
        f"LICENSES-{VERSION}.txt",
    }
    assert {path.name for path in release.built.iterdir()} == names | {"SHA256SUMS"}
    sums = {f"{hashlib.sha256((release.built / name).read_bytes()).hexdigest()}  {name}" for name in names}
    assert set((release.built / "SHA256SUMS").read_text().splitlines()) == sums


def test_each_requirement_is_in_bill_and_licences(release: Release) -> None:
    """Nothing that is shipped is left out of either list."""
    assert len(REQUIREMENTS) > 10
    bill = json.loads((release.built / f"libvirt-exporter-{VERSION}.cdx.json").read_text())
    assert {component["name"] for component in bill["components"]} >= REQUIREMENTS
    licences = (release.built / f"LICENSES-{VERSION}.txt").read_text().splitlines()
    assert {name for name in REQUIREMENTS if _listed(name, licences)} == REQUIREMENTS


def _listed(name: str, lines: list[str]) -> bool:
    return name in {line.lower().replace("_", "-") for line in lines}


def test_what_to_publish_is_said(release: Release) -> None:
    """Tag, upload and image, each with this version; the image's registry is for the reader to put in."""
    said = release.output.split("To publish, version ")[1]
    assert said.startswith(f"{VERSION}:\n")
    assert f"git tag --sign v{VERSION}" in said
    assert "twine upload dist/*.whl dist/*.tar.gz" in said
    assert f"--build-arg VERSION={VERSION} " in said
    assert f"--tag REGISTRY/libvirt-exporter:{VERSION} --push ." in said


def test_a_clean_clone_has_nothing_that_is_not_committed(release: Release) -> None:
    """What is warned of are things that a maintainer has to do, and no change that the release itself made."""
    known = (
        "CHANGELOG.md has no section",
        "the base image has no digest",
        "the base address is a placeholder",
        "pip-audit",
    )
    assert not [warning for warning in release.warnings if not warning.startswith(known)]
