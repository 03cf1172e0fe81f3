"""A private libvirtd with its virtlogd, sharing nothing with the machine's own."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .namespace import Namespace
from .polling import eventually

_DAEMON_CONF = """\
auth_unix_ro = "none"
auth_unix_rw = "none"
unix_sock_ro_perms = "0777"
unix_sock_rw_perms = "0700"
log_outputs = "2:file:/var/log/libvirt/libvirtd.log"
"""

# As root, QEMU needs no group to open /dev/kvm, whose absence costs half a minute of probing a call.
_QEMU_CONF = """\
user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
namespaces = []
"""


class Libvirtd:
    """One libvirt host for tests; guests outlive a killed daemon and end with `stop()`."""

    def __init__(
        self,
        directory: Path | None = None,
        *,
        settings: str = "",
        arguments: Sequence[str] = (),
        etc: Sequence[str] = (),
    ) -> None:
        """`settings` are added to libvirtd.conf, `arguments` to its command; each of `etc` names a folder of /etc that
        it gets a private one of, `directory / NAME`."""
        self._settings = settings
        self._arguments = arguments
        # Not below pytest's own directory: the path of a unix socket may have 107 characters.
        self.directory = directory or Path(tempfile.mkdtemp(prefix="libvirt-lab-", dir="/tmp"))
        self.directory.chmod(0o755)
        self._namespace = Namespace(
            self.directory,
            {
                "/run/libvirt": self._made("run"),
                "/etc/libvirt": self._made("etc"),
                "/var/lib/libvirt": self._made("lib"),
                "/var/cache/libvirt": self._made("cache"),
                "/var/log/libvirt": self._made("log"),
                **{f"/etc/{name}": self._made(name) for name in etc},
            },
        )
        self._daemon: subprocess.Popen[bytes] | None = None
        self._pid = 0

    @property
    def uri(self) -> str:
        """The read-only socket, from outside the namespaces."""
        return f"qemu+unix:///system?socket={self.directory}/run/libvirt-sock-ro"

    @property
    def admin_uri(self) -> str:
        """The read-write socket: for making guests, never for the exporter."""
        return f"qemu+unix:///system?socket={self.directory}/run/libvirt-sock"

    @property
    def pid(self) -> int:
        """The daemon's process number outside the namespaces."""
        return self._pid

    @property
    def log(self) -> str:
        """What the daemon has logged so far, warnings and errors included."""
        return (self.directory / "log" / "libvirtd.log").read_text()

    def start(self) -> "Libvirtd":
        """Make the namespaces, start both daemons and wait until libvirtd answers."""
        self._configure()
        self._namespace.start()
        self._namespace.spawn(["virtlogd", "--pid-file", "/run/libvirt/virtlogd.pid"], self.directory / "virtlogd.out")
        eventually((self.directory / "run" / "virtlogd-sock").exists, within=20, what="virtlogd's socket")
        self.start_daemon()
        return self

    def start_daemon(self) -> None:
        """Start libvirtd alone, after `kill()`, and wait until it answers; it finds running guests again."""
        self._daemon, self._pid = self._namespace.spawn(
            ["libvirtd", "--pid-file", "/run/libvirt/libvirtd.pid", *self._arguments], self.directory / "libvirtd.out"
        )
        eventually(self.answers, within=60, what="libvirtd's answer")

    def start_activated(self) -> None:
        """Start no daemon, after `kill()`, but listen for it: whoever connects starts it, now and after each end."""
        activator = Path(__file__).with_name("activator.py")
        daemon = ["libvirtd", "--pid-file", "/run/libvirt/libvirtd.pid", "--timeout", "120"]
        self._namespace.spawn(
            [sys.executable, str(activator), "/run/libvirt", "libvirtd", "libvirt-sock", *daemon],
            self.directory / "libvirtd.out",
        )
        eventually((self.directory / "run" / "libvirt-sock-ro").is_socket, within=10, what="the sockets")

    def kill_activated(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End the daemon that a connection started; the sockets stay."""
        inner = (self.directory / "run" / "libvirtd.pid").read_text().strip()
        self.run_inside(["kill", f"-{number.name.removeprefix('SIG')}", inner])

    def answers(self) -> bool:
        """Whether the daemon answers a client through the read-only socket."""
        asked = subprocess.run(
            ["virsh", "--readonly", "--connect", self.uri, "uri"],
            capture_output=True,
            timeout=60,
            check=False,
        )
        return asked.returncode == 0

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End libvirtd and wait for its end; guests run on."""
        assert self._daemon is not None, "libvirtd does not run"
        os.kill(self._pid, number)
        self._daemon.wait(timeout=30)
        self._daemon = None

    def restart(self) -> None:
        """End libvirtd politely and start it again, as a package upgrade does."""
        self.kill(signal.SIGTERM)
        self.start_daemon()

    def sigstop(self) -> None:
        """Make libvirtd hang: connections stay open and nothing is answered."""
        os.kill(self._pid, signal.SIGSTOP)

    def sigcont(self) -> None:
        """Let libvirtd go on after `sigstop()`."""
        os.kill(self._pid, signal.SIGCONT)
        if self._daemon is not None:
            # nsenter stops itself together with what it started.
            self._daemon.send_signal(signal.SIGCONT)

    def enter(self, argv: Sequence[str]) -> list[str]:
        """The command that runs `argv` inside, where `qemu:///system` is this daemon."""
        return self._namespace.enter(argv)

    def run_inside(self, argv: Sequence[str], *, within: float = 60) -> str:
        """Run `argv` inside and give its output."""
        return self._namespace.run(argv, within=within)

    def spawn_inside(self, argv: Sequence[str]) -> None:
        """Start `argv` inside; it ends with the host."""
        self._namespace.spawn(argv, self.directory / f"{Path(argv[0]).name}.out")

    def signal_guest(self, name: str, number: signal.Signals) -> None:
        """Send a signal to the QEMU of a running guest, for instance SIGSTOP to hang its monitor."""
        inner = (self.directory / "run" / "qemu" / f"{name}.pid").read_text().strip()
        self.run_inside(["kill", f"-{number.name.removeprefix('SIG')}", inner])

    def stop(self) -> None:
        """End the daemons, the guests and everything else inside, and remove the directories."""
        self._namespace.stop()
        self._daemon = None
        shutil.rmtree(self.directory)

    def _made(self, name: str) -> Path:
        path = self.directory / name
        path.mkdir()
        return path

    def _configure(self) -> None:
        etc = self.directory / "etc"
        qemu = _QEMU_CONF if self._namespace.cgroups.usable else _QEMU_CONF + "cgroup_controllers = []\n"
        (etc / "libvirtd.conf").write_text(_DAEMON_CONF + self._settings)
        (etc / "qemu.conf").write_text(qemu)
        shipped_filters = Path("/etc/libvirt/nwfilter")
        if shipped_filters.is_dir():
            shutil.copytree(shipped_filters, etc / "nwfilter")
