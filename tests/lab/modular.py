"""Modular daemons, each with a socket of its own, out of the sources of the next Debian release."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from .namespace import Namespace
from .polling import eventually

_PACKAGES = [
    "qemu-system-x86", "qemu-utils", "dnsmasq-base", "iproute2", "iptables", "dmidecode",
    "xz-utils", "meson", "ninja-build", "gcc", "libc6-dev", "pkg-config", "gettext", "xsltproc", "libxml2-utils",
    "python3-docutils",
    "libglib2.0-dev", "libxml2-dev", "libgnutls28-dev", "libtirpc-dev", "libjson-c-dev", "libpciaccess-dev",
    "libudev-dev", "libnl-3-dev", "libnl-route-3-dev",
]  # fmt: skip
_DRIVERS = ["remote", "libvirtd", "qemu", "network", "secrets", "interface"]
_FEATURES = ["storage_dir", "json_c", "udev", "pciaccess", "libnl"]

FELLOWS = ("virtnetworkd", "virtstoraged", "virtnodedevd", "virtsecretd", "virtnwfilterd", "virtinterfaced")
"""Daemons that virtqemud asks for what is not its own."""

_QEMU_CONF = """\
user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
namespaces = []
cgroup_controllers = []
"""
_OPEN = 'auth_unix_ro = "none"\nauth_unix_rw = "none"\nunix_sock_ro_perms = "0777"\nunix_sock_rw_perms = "0700"\n'


class Inside(Protocol):
    """Runs a command in a root."""

    def __call__(self, *argv: str, within: float) -> str:
        """Run it and give what it wrote."""


def build(run: Inside) -> None:
    """Build libvirt in a root of a Debian release out of the release's own sources: its packages leave the modular
    daemons out."""
    run("sh", "-c", "sed 's/^deb /deb-src /' /etc/apt/sources.list > /etc/apt/sources.list.d/sources.list", within=10)
    run("apt-get", "-q", "update", within=300)
    run("apt-get", "-q", "install", "--yes", "--no-install-recommends", *_PACKAGES, within=1200)
    run("sh", "-c", "cd /srv && apt-get -q source --download-only --tar-only libvirt", within=300)
    run(
        "sh",
        "-c",
        "mkdir /srv/libvirt && tar -xf /srv/libvirt_*.orig.tar.xz -C /srv/libvirt --strip-components=1",
        within=60,
    )
    chosen = [*(f"-Ddriver_{name}=enabled" for name in _DRIVERS), *(f"-D{name}=enabled" for name in _FEATURES)]
    options = ["-Dbuildtype=plain", "-Dsystem=true", "-Dauto_features=disabled", "-Dinit_script=none", "-Dwerror=false"]
    options += ["-Dqemu_user=root", "-Dqemu_group=root", "-Ddocs=disabled", "-Dtests=disabled", *chosen]
    run(
        "env",
        "CFLAGS=-O0",
        "meson",
        "setup",
        "/srv/build",
        "/srv/libvirt",
        "--prefix=/usr",
        "--libdir=lib",
        *options,
        within=300,
    )
    run("ninja", "-C", "/srv/build", "install", within=3000)
    run("ldconfig", within=60)
    run("rm", "-rf", "/srv/build", "/srv/libvirt", within=60)


class ModularHost:
    """One libvirt host of modular daemons in the root at `root`, which had its `build`; needs to be root."""

    def __init__(self, root: Path) -> None:
        self._root = root
        # The path of a unix socket may have 107 characters.
        self.directory = Path(tempfile.mkdtemp(prefix="libvirt-lab-", dir="/tmp"))
        self.directory.chmod(0o755)
        for name in ("run", "images"):
            (self.directory / name).mkdir()
        inside = {f"/{name}": Path(f"/{name}") for name in ("proc", "sys", "dev", "dev/pts")}
        inside |= {"/run/libvirt": self.directory / "run"}
        inside |= {str(self.directory / "images"): self.directory / "images"}
        self._namespace = Namespace(self.directory, {f"{root}{path}": source for path, source in inside.items()})
        self._daemons: dict[str, tuple[subprocess.Popen[bytes], int]] = {}

    @property
    def uri(self) -> str:
        """The read-only socket of virtqemud."""
        return f"qemu+unix:///system?socket={self.directory}/run/virtqemud-sock-ro"

    @property
    def admin_uri(self) -> str:
        """Its read-write socket: for making guests, never for the exporter."""
        return f"qemu+unix:///system?socket={self.directory}/run/virtqemud-sock"

    def start(self) -> "ModularHost":
        """Start every daemon and wait until virtqemud answers."""
        etc = self._root / "etc" / "libvirt"
        etc.mkdir(exist_ok=True)
        (etc / "qemu.conf").write_text(_QEMU_CONF)
        for daemon in ("virtqemud", *FELLOWS):
            (etc / f"{daemon}.conf").write_text(_OPEN)
        self._namespace.start()
        for daemon in ("virtlogd", *FELLOWS, "virtqemud"):
            self.start_daemon(daemon)
        return self

    def start_daemon(self, name: str) -> None:
        """Start one daemon and wait for its socket, and for the answer of virtqemud."""
        argv = ["chroot", str(self._root), f"/usr/sbin/{name}"]
        self._daemons[name] = self._namespace.spawn(argv, self.directory / f"{name}.out")
        eventually((self.directory / "run" / f"{name}-sock").is_socket, within=20, what=f"{name}'s socket")
        if name == "virtqemud":
            eventually(self.answers, within=90, what="virtqemud's answer")

    def start_activated(self, name: str) -> None:
        """Start no daemon, after `kill()`, but listen for it: whoever connects starts it, now and after each end."""
        activator = str(Path(__file__).with_name("activator.py"))
        argv = ["chroot", str(self._root), f"/usr/sbin/{name}", "--pid-file", f"/run/libvirt/{name}.pid"]
        listen = [sys.executable, activator, str(self.directory / "run"), name, f"{name}-sock"]
        self._namespace.spawn([*listen, *argv, "--timeout", "120"], self.directory / f"{name}.out")
        eventually((self.directory / "run" / f"{name}-sock-ro").is_socket, within=10, what="the sockets")

    def kill_activated(self, name: str, number: signal.Signals) -> None:
        """End the daemon that a connection started; the sockets stay."""
        inner = (self.directory / "run" / f"{name}.pid").read_text().strip()
        self._namespace.run(["kill", f"-{number.name.removeprefix('SIG')}", inner])

    def kill(self, name: str = "virtqemud", number: signal.Signals = signal.SIGKILL) -> None:
        """End one daemon and wait for its end; guests run on."""
        process, pid = self._daemons.pop(name)
        os.kill(pid, number)
        process.wait(timeout=30)
        (self.directory / "run" / f"{name}-sock").unlink(missing_ok=True)

    @contextmanager
    def stopped(self, name: str) -> Iterator[None]:
        """One daemon takes no step; it goes on afterwards."""
        process, pid = self._daemons[name]
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)
            process.send_signal(signal.SIGCONT)  # whoever waits for it stopped with it

    def runs(self, name: str) -> bool:
        """Whether a daemon has not ended by itself."""
        return self._daemons[name][0].poll() is None

    def virsh(self, *arguments: str) -> str:
        """What the release's own virsh says to a command, over a read-only connection."""
        command = ["chroot", str(self._root), "virsh", "--quiet", "--readonly", "--connect", "qemu:///system"]
        return self._namespace.run([*command, *arguments])

    def answers(self) -> bool:
        """Whether virtqemud answers through the read-only socket."""
        argv = ["virsh", "--readonly", "--connect", self.uri, "uri"]
        return subprocess.run(argv, capture_output=True, timeout=60, check=False).returncode == 0

    def stop(self) -> None:
        """End the daemons and guests, and remove the directories; the root stays."""
        self._namespace.stop()
        shutil.rmtree(self.directory)
