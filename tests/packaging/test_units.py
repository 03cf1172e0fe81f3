"""The systemd units are hardened, and ask for no more than they need."""

import configparser
import shutil
import subprocess
from pathlib import Path

import pytest

SYSTEMD = Path(__file__).parents[2] / "packaging" / "systemd"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is missing: run scripts/setup")
def test_the_service_is_exposed_to_1_5_at_most() -> None:
    """The figure of systemd's own analysis, whose threshold is in tenths."""
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=15", SYSTEMD / "libvirt-exporter.service"],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def unit(name: str) -> configparser.RawConfigParser:
    """A unit file; of a key that stands several times, the last value."""
    parser = configparser.RawConfigParser(strict=False, delimiters=("=",), comment_prefixes=("#",))
    parser.optionxform = str  # type: ignore[method-assign,assignment]  # how the module is told to keep case
    parser.read(SYSTEMD / name)
    return parser


def test_the_service_needs_no_libvirt_to_start() -> None:
    """It must run, and say libvirt_up 0, where libvirtd is absent."""
    assert not {"Requires", "BindsTo", "Requisite"} & set(unit("libvirt-exporter.service")["Unit"])


def test_the_service_is_in_no_group_that_may_write() -> None:
    """Its own user and group are all it has."""
    service = unit("libvirt-exporter.service")["Service"]
    assert (service["User"], service["Group"]) == ("libvirt-exporter", "libvirt-exporter")
    assert "SupplementaryGroups" not in service


def test_the_read_write_sockets_are_hidden() -> None:
    """Each socket that is not read-only is out of the service's sight."""
    words = (SYSTEMD / "libvirt-exporter.service").read_text().replace("=", " ").split()
    daemons = ["libvirt", *(f"virt{part}d" for part in ("qemu", "storage", "network", "nodedev", "proxy"))]
    assert not [daemon for daemon in daemons if f"-/run/libvirt/{daemon}-sock" not in words]
    assert not [word for word in words if word.startswith("-/run/libvirt/") and word.endswith("-ro")]


def test_the_socket_listens_where_the_agent_would() -> None:
    """The port of the socket unit is the default port."""
    assert unit("libvirt-exporter.socket")["Socket"]["ListenStream"] == "9177"
