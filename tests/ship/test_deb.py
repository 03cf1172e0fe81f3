"""The Debian package, built and installed in a fresh root, takes over from the old exporter and serves."""

import base64
import subprocess
from collections.abc import Iterator
from pathlib import Path

import bcrypt
import pytest

from tests.lab.process import fetch, free_port

from .root import CHECKOUT, Root, fresh_root

pytestmark = [pytest.mark.ship, pytest.mark.timeout(1800)]

_USER = "libvirt-exporter:libvirt-exporter"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as its script builds it."""
    out = tmp_path_factory.mktemp("deb")
    subprocess.run([CHECKOUT / "packaging/debian/build", out], check=True)
    (built,) = out.glob("*.deb")
    return built


@pytest.fixture(scope="module", params=["bookworm", "trixie"])
def installed(
    request: pytest.FixtureRequest, package: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Root]:
    """A root of Debian 12 or 13 that had the old exporter, and then was given our package."""
    with fresh_root(tmp_path_factory.mktemp("root") / request.param, request.param) as root:
        root.run("apt-get", "-q", "update")
        root.run("apt-get", "-q", "install", "--yes", "--no-install-recommends", "prometheus-libvirt-exporter")
        root.copy(package, f"/srv/{package.name}")
        root.run("apt-get", "-q", "install", "--yes", "--no-install-recommends", f"/srv/{package.name}")
        yield root


def test_a_second_build_gives_the_same_bytes(package: Path, tmp_path: Path) -> None:
    """The package is reproducible from one commit."""
    subprocess.run([CHECKOUT / "packaging/debian/build", tmp_path], check=True)
    assert (tmp_path / package.name).read_bytes() == package.read_bytes()


def test_lintian_finds_no_error(package: Path, installed: Root) -> None:
    """Debian's own checker is content, but for a bug number that only Debian's archive has."""
    installed.run("apt-get", "-q", "install", "--yes", "--no-install-recommends", "lintian")
    unfit = "initial-upload-closes-no-bugs"
    said = installed.run("lintian", "--allow-root", "--fail-on", "error,warning", "--suppress-tags", unfit,
                         f"/srv/{package.name}")  # fmt: skip
    assert not [line for line in said.splitlines() if line.startswith(("E:", "W:"))]


def test_the_old_exporter_is_gone(installed: Root) -> None:
    """Only one package wants the port afterwards."""
    state = installed.run("dpkg-query", "--show", "--showformat=${db:Status-Status}", "prometheus-libvirt-exporter")
    assert state == "config-files"


def test_the_user_of_the_service_is_in_no_other_group(installed: Root) -> None:
    """The package makes the user, and gives it nothing."""
    assert installed.run("id", "--name", "--groups", "libvirt-exporter").split() == ["libvirt-exporter"]


def test_units_configuration_and_manual_are_there(installed: Root) -> None:
    """systemd takes the units as they are, and the service is enabled."""
    installed.run("apt-get", "-q", "install", "--yes", "--no-install-recommends", "systemd", "groff-base")
    installed.run("systemd-analyze", "verify", "--man=no", "libvirt-exporter.service", "libvirt-exporter.socket")
    assert installed.run("systemctl", "is-enabled", "libvirt-exporter.service").strip() == "enabled"
    manual = installed.run("sh", "-c", "zcat /usr/share/man/man1/libvirt-exporter.1.gz | groff -man -Tutf8 -ww")
    assert "monitoring agent for libvirt hosts" in " ".join(manual.split())


def test_the_service_command_serves_with_a_password(installed: Root, tmp_path: Path) -> None:
    """With Debian's own Python, libvirt binding, YAML and bcrypt, as the service's user."""
    port = free_port()
    hashed = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()
    (installed.path / "etc/libvirt-exporter.web.yml").write_text(f"basic_auth_users:\n  prometheus: {hashed}\n")
    agent = installed.start(
        tmp_path / "log", "libvirt-exporter", "--config.file=/etc/libvirt-exporter.yml", "--demo",
        "--web.config.file=/etc/libvirt-exporter.web.yml", f"--web.listen-address=127.0.0.1:{port}",
        user=_USER, read_only=True,
    )  # fmt: skip
    try:
        agent.wait_for_page(f"http://127.0.0.1:{port}/-/ready")
        assert fetch(f"http://127.0.0.1:{port}/metrics")[0] == 401
        password = base64.b64encode(b"prometheus:secret").decode()
        status, page = fetch(f"http://127.0.0.1:{port}/metrics", {"Authorization": f"Basic {password}"})
        assert status == 200
        assert "libvirt_up 1" in page
    finally:
        assert agent.stop() == 0


def test_assets_are_written_out(installed: Root) -> None:
    """Rules, dashboards and units come with the package."""
    assert "systemd/libvirt-exporter.service" in installed.run("libvirt-exporter", "--install-assets", "/srv/assets")


def test_apparmor_takes_the_profile(installed: Root) -> None:
    """Its own parser reads the profile and what that includes; nothing is loaded."""
    installed.run("apt-get", "-q", "install", "--yes", "--no-install-recommends", "apparmor")
    installed.copy(CHECKOUT / "packaging/apparmor/libvirt-exporter", "/etc/apparmor.d/libvirt-exporter")
    installed.run("apparmor_parser", "--skip-kernel-load", "--skip-cache", "/etc/apparmor.d/libvirt-exporter")


def test_purging_leaves_nothing_behind(installed: Root) -> None:
    """Neither files nor compiled modules stay. Last, as it takes the package away."""
    installed.run("apt-get", "-q", "purge", "--yes", "libvirt-exporter")
    folders = ("usr/lib/libvirt-exporter", "etc/libvirt-exporter.yml", "etc/default/libvirt-exporter")
    assert not [name for name in folders if (installed.path / name).exists()]
