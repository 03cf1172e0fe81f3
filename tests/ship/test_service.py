"""The service in a booted Debian: real systemd, libvirtd and polkit in a container of systemd-nspawn."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.markdown import DOCS, commands, section

from .root import CHECKOUT, fresh_root

pytestmark = [pytest.mark.ship, pytest.mark.timeout(1800)]

_OURS = ("procps", "python3-libvirt", "python3-yaml", "python3-bcrypt", "python3-markupsafe")
"""What our package depends on, as the booted system has no network."""

_DOCUMENTED = [
    *commands(section((DOCS / "install.md").read_text(), "Debian and Ubuntu")),
    *commands((DOCS / "permissions.md").read_text())[:1],
]
"""What the pages tell someone to type who has just installed the package on a host with libvirt."""

_UNIT = """\
[Service]
Type=oneshot
ExecStart=/bin/bash /trial.sh
[Install]
WantedBy=multi-user.target
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What the trial found, after one boot."""
    if shutil.which("systemd-nspawn") is None:
        pytest.skip("systemd-nspawn is missing: run scripts/setup")
    directory = tmp_path_factory.mktemp("service")
    subprocess.run([CHECKOUT / "packaging/debian/build", directory], check=True)
    (package,) = directory.glob("*.deb")
    with fresh_root(directory / "root") as root:
        root.copy(package, f"/srv/{package.name}")  # installed by the trial, while the old exporter runs
        root.copy(Path(__file__).with_name("service_trial.sh"), "/trial.sh")
        (root.path / "documented.sh").write_text("\n".join(_DOCUMENTED))
        (root.path / "etc/systemd/system").mkdir(parents=True, exist_ok=True)
        (root.path / "etc/systemd/system/trial.service").write_text(_UNIT)
        drop_in = root.path / "etc/systemd/system/libvirt-exporter.service.d/watchdog.conf"
        drop_in.parent.mkdir()
        drop_in.write_text("[Service]\nWatchdogSec=6s\n")
        root.run("apt-get", "-q", "update")
        root.run(
            "apt-get", "-q", "install", "--yes", "--no-install-recommends", "systemd-sysv", "dbus", "polkitd",
            "libvirt-daemon-system", "libvirt-clients", "qemu-system-x86", "curl", "openssh-server", "openssh-client",
            "prometheus-libvirt-exporter", *_OURS,
        )  # fmt: skip
        root.run("systemctl", "enable", "trial.service", environment={"SYSTEMD_OFFLINE": "1"})
        console = subprocess.run(
            ["systemd-nspawn", "--register=no", "--keep-unit", "--private-network", "--boot", "--quiet",
             f"--directory={root.path}"],
            check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=600,
        )  # fmt: skip
        written = root.path / "trial.report"
        assert written.exists(), f"the trial did not run:\n{console.stdout[-3000:]}"
        print(*((root.path / f"trial.{name}").read_text() for name in ("apt", "documented", "log")))
        yield dict(line.split("=", 1) for line in written.read_text().splitlines())


@pytest.mark.parametrize(
    ("looked_at", "found"),
    [
        ("old_serves", "1"),
        ("takes_over", "0"),
        ("old_runs", "inactive"),
        ("started", "active"),
        ("ready", "200"),
        ("up", "1"),
        ("documented", "0"),
        ("user", "libvirt-exporter"),
        ("read_only_socket", "qemu:///system"),
        ("read_write_socket", "Permission denied"),
        ("socket_mode", "0"),
        ("open_files", "8192"),
        ("polkit_refuses_others", "authentication failed: access denied by policy"),
        ("polkit_lets_the_agent_in", "1"),
        ("reload_keeps_the_process", "yes"),
        ("watchdog_restarts", "active"),
        ("starts_without_libvirt", "active"),
        ("up_without_libvirt", "0"),
        ("up_again", "1"),
        ("up_over_ssh", "1"),
        ("up_locally", "1"),
        ("stop_result", "success"),
        ("waits_for_a_connection", "inactive"),
        ("socket_starts_it", "1"),
        ("wrong_configuration", "2"),
    ],
)
def test_the_service(report: dict[str, str], looked_at: str, found: str) -> None:
    """Each thing that the trial looked at is as it should be."""
    assert report.get(looked_at) == found, report


def test_it_stops_in_time(report: dict[str, str]) -> None:
    """Within 5 seconds, long before systemd would kill it."""
    assert int(report["stop_seconds"]) <= 5


def test_the_running_service_is_exposed_to_1_5_at_most(report: dict[str, str]) -> None:
    """As systemd sees it in operation."""
    assert re.fullmatch(r"\d\.\d", report["exposure"])
    assert float(report["exposure"]) <= 1.5
