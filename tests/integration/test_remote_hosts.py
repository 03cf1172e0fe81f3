"""Hosts far away: every way there works with the right credential, and says what is wrong with a wrong one."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.agent import COMMAND
from tests.lab.remote import PASSWORD, SSH_PORT, USER, RemoteLibvirtd

_TOOLS = ("libvirtd", "virtlogd", "saslpasswd2", "sshd", "ssh", "openssl", "nsenter")


@pytest.fixture(scope="module")
def remote() -> Iterator[RemoteLibvirtd]:
    """The daemon."""
    if os.geteuid() != 0:
        pytest.skip("a private libvirtd needs root for its namespaces")
    path = f"{os.environ['PATH']}:/usr/sbin"
    missing = [tool for tool in _TOOLS if shutil.which(tool, path=path) is None]
    if missing:
        pytest.skip(f"the laboratory lacks {', '.join(missing)}: run scripts/setup")
    host = RemoteLibvirtd()
    try:
        yield host.start()
    finally:
        host.stop()


def collect_once(host: RemoteLibvirtd, uri: str, *flags: str) -> subprocess.CompletedProcess[str]:
    """What the agent prints when it runs beside the daemon and collects once."""
    argv = host.enter([COMMAND, "--once", f"--libvirt.uri={uri}", "--log.format=logfmt", *flags])
    return subprocess.run(argv, capture_output=True, text=True, timeout=100, check=False)


def assert_collected(done: subprocess.CompletedProcess[str]) -> None:
    """The page is there and says that the host is up."""
    assert done.returncode == 0, done.stderr
    assert "\nlibvirt_up 1\n" in done.stdout


def assert_refused(done: subprocess.CompletedProcess[str], uri: str, *reasons: str) -> None:
    """The last line names the host and the reason."""
    assert done.returncode == 1, done.stderr
    line = done.stderr.strip().splitlines()[-1]
    assert line.startswith(f"libvirt-exporter: {uri}: "), line
    assert any(reason in line.lower() for reason in reasons), line
    assert PASSWORD not in done.stderr


def test_tcp_with_sasl_works(remote: RemoteLibvirtd, tmp_path: Path) -> None:
    """User and password from a file open a connection over TCP."""
    secret = tmp_path / "password"
    secret.write_text(f"{PASSWORD}\n")
    done = collect_once(
        remote, "qemu+tcp://127.0.0.1/system", f"--libvirt.username={USER}", f"--libvirt.password-file={secret}"
    )
    assert_collected(done)


def test_tcp_with_a_wrong_password_is_refused(remote: RemoteLibvirtd, tmp_path: Path) -> None:
    """A password that is wrong is called that, and not shown."""
    secret = tmp_path / "password"
    secret.write_text(f"{PASSWORD}-not\n")
    uri = "qemu+tcp://127.0.0.1/system"
    done = collect_once(remote, uri, f"--libvirt.username={USER}", f"--libvirt.password-file={secret}")
    assert_refused(done, uri, "authentication failed")


def test_tls_with_a_client_certificate_works(remote: RemoteLibvirtd) -> None:
    """A certificate of the daemon's authority opens a connection over TLS."""
    folder = remote.certificates("client")
    assert_collected(collect_once(remote, f"qemu+tls://127.0.0.1/system?pkipath={folder}"))


def test_tls_with_a_certificate_of_strangers_is_refused(remote: RemoteLibvirtd) -> None:
    """A certificate of another authority is refused with words about certificates."""
    uri = f"qemu+tls://127.0.0.1/system?pkipath={remote.certificates('foreign')}"
    assert_refused(collect_once(remote, uri), uri, "certificate")


def test_ssh_with_known_host_works(remote: RemoteLibvirtd) -> None:
    """A key and a known host open a connection over SSH."""
    uri = f"qemu+ssh://root@127.0.0.1:{SSH_PORT}/system?command={remote.ssh_command()}&no_tty=1"
    assert_collected(collect_once(remote, uri))


def test_ssh_to_a_host_with_another_key_is_refused(remote: RemoteLibvirtd) -> None:
    """A host whose key is not the known one is refused before anything is sent."""
    command = remote.ssh_command(host_key="stranger")
    uri = f"qemu+ssh://root@127.0.0.1:{SSH_PORT}/system?command={command}&no_tty=1"
    assert_refused(collect_once(remote, uri), uri, "host key verification failed")


def test_ssh_with_a_key_of_strangers_is_refused(remote: RemoteLibvirtd) -> None:
    """A key that the host does not know is refused with SSH's own words."""
    command = remote.ssh_command(client_key="stranger")
    uri = f"qemu+ssh://root@127.0.0.1:{SSH_PORT}/system?command={command}&no_tty=1"
    assert_refused(collect_once(remote, uri), uri, "permission denied")
