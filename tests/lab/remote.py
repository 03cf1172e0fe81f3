"""A private libvirtd that listens for TCP with SASL, TLS with client certificates, and SSH, on its own loopback."""

import subprocess
from pathlib import Path

from tests.web.certificates import issue, make_authority

from .libvirtd import Libvirtd

USER = "watcher"
PASSWORD = "quite-secret"  # noqa: S105 - of a daemon that ends with the test
SSH_PORT = 2222

_SETTINGS = """\
listen_tcp = 1
listen_tls = 1
listen_addr = "127.0.0.1"
auth_tcp = "sasl"
auth_tls = "none"
key_file = "/etc/pki/server.key"
cert_file = "/etc/pki/server.crt"
ca_file = "/etc/pki/ca.crt"
"""
_SASL = """\
mech_list: digest-md5
sasldb_path: /etc/sasl2/users.db
"""
_SSHD = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
AuthorizedKeysFile {folder}/client.pub
PermitRootLogin prohibit-password
StrictModes no
UsePAM no
PidFile none
"""


class RemoteLibvirtd(Libvirtd):
    """The daemon, and credentials for it that are right and wrong; what connects to it runs inside."""

    def __init__(self) -> None:
        super().__init__(settings=_SETTINGS, arguments=["--listen"], etc=("sasl2", "pki"))
        self._make_certificates()
        (self.directory / "sasl2" / "libvirt.conf").write_text(_SASL)
        self._make_user()
        self.ssh = self.directory / "ssh"
        self.ssh.mkdir(mode=0o700)

    def start(self) -> "RemoteLibvirtd":
        """Start the daemon, and an SSH server beside it."""
        super().start()
        for name in ("host", "client", "stranger"):
            _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.ssh / name))
        (self.ssh / "sshd.conf").write_text(_SSHD.format(port=SSH_PORT, folder=self.ssh))
        self.run_inside(["mkdir", "-p", "/run/sshd"])
        self.spawn_inside(["/usr/sbin/sshd", "-D", "-e", "-f", str(self.ssh / "sshd.conf")])
        return self

    def certificates(self, name: str) -> Path:
        """A folder as libvirt's `pkipath` wants it, with the client certificate `client` or `foreign`."""
        folder = self.directory / f"pki-{name}"
        folder.mkdir(exist_ok=True)
        for source, target in (
            ("ca.crt", "cacert.pem"), (f"{name}.crt", "clientcert.pem"), (f"{name}.key", "clientkey.pem"),
        ):  # fmt: skip
            (folder / target).write_bytes((self.directory / "pki" / source).read_bytes())
        return folder

    def ssh_command(self, *, host_key: str = "host", client_key: str = "client") -> Path:
        """An ssh that knows the host by this key and shows this key of its own, for the `command` of a URI."""
        known = self.ssh / f"known-{host_key}"
        key = (self.ssh / f"{host_key}.pub").read_text()
        known.write_text(f"[127.0.0.1]:{SSH_PORT} {key}")
        command = self.ssh / f"ssh-{host_key}-{client_key}"
        options = f"-F none -o UserKnownHostsFile={known} -o IdentitiesOnly=yes -i {self.ssh / client_key}"
        command.write_text(f'#!/bin/sh\nexec ssh {options} "$@"\n')
        command.chmod(0o755)
        return command

    def _make_certificates(self) -> None:
        folder = self.directory / "pki"
        make_authority(folder)
        make_authority(folder, "stranger")
        issue(folder, "server", "IP:127.0.0.1")
        issue(folder, "client", "DNS:watcher.example")
        issue(folder, "foreign", "DNS:watcher.example", authority="stranger")

    def _make_user(self) -> None:
        command = ["saslpasswd2", "-p", "-c", "-a", "libvirt", "-f", str(self.directory / "sasl2" / "users.db")]
        subprocess.run([*command, USER], input=PASSWORD.encode(), check=True, capture_output=True)


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, capture_output=True)
