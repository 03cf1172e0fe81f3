"""A fresh root of a Debian release, to install into as a user would."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict, Unpack

from tests.lab.process import Process

CHECKOUT = Path(__file__).parents[2]
_CACHE = CHECKOUT / ".cache" / "ship"
_AUTHORITIES = "/etc/machine-authorities.pem"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# What a program needs of a system around it; gone with the mount namespace that each command gets.
_MOUNTS = """
mount -t proc proc "$0/proc"
mount --rbind /dev "$0/dev"
mount -t tmpfs tmpfs "$0/run"
mount -t tmpfs tmpfs "$0/tmp"
"""


class How(TypedDict, total=False):
    """How a command runs inside a root."""

    user: str
    directory: str
    environment: Mapping[str, str]
    read_only: bool


class Root:
    """A directory that commands take for /. Their network is the machine's."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def command(self, argv: Sequence[str], **how: Unpack[How]) -> list[str]:
        """The command that runs `argv` inside."""
        script = ["set -eu", 'mount --bind "$0" "$0"']
        if how.get("read_only"):
            script.append('mount -o remount,bind,ro "$0"')
        script.append(_MOUNTS.strip())
        variables = {"PATH": _PATH, "HOME": "/root", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
        variables |= {name: value for name, value in os.environ.items() if name.startswith("PIP_INDEX")}
        variables |= dict.fromkeys(("PIP_CERT", "SSL_CERT_FILE"), _AUTHORITIES)
        variables |= how.get("environment", {})
        settings = " ".join(shlex.quote(f"{name}={value}") for name, value in variables.items())
        enter = f'cd {shlex.quote(how.get("directory", "/"))} && exec "$@"'
        script.append(
            f'exec chroot --userspec={how.get("user", "0:0")} "$0" env -i {settings} sh -c {shlex.quote(enter)} sh "$@"'
        )
        return ["unshare", "--mount", "sh", "-c", "\n".join(script), str(self.path), *argv]

    def run(self, *argv: str, within: float = 900, **how: Unpack[How]) -> str:
        """Run a command inside and give what it wrote; an AssertionError shows that when the command fails."""
        # What packages start in the background ends with the command.
        alone = ["unshare", "--pid", "--fork", "--kill-child", "--", *self.command(argv, **how)]
        done = subprocess.run(
            alone,
            check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=within,
        )  # fmt: skip
        assert done.returncode == 0, f"{shlex.join(argv)} ended with {done.returncode}:\n{done.stdout[-4000:]}"
        return done.stdout

    def start(self, log: Path, *argv: str, **how: Unpack[How]) -> Process:
        """Start a command inside that goes on; signals reach itself."""
        return Process(self.command(argv, **how), log)

    def copy(self, source: Path, target: str) -> None:
        """Copy a file or directory of the machine to a path inside."""
        place = self.path / target.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, place, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copy(source, place)


def check_out(folder: Path) -> None:
    """Make a checkout: the files that git knows, as they are now."""
    listed = subprocess.run(["git", "ls-files"], cwd=CHECKOUT, check=True, capture_output=True, text=True)
    for name in listed.stdout.splitlines():
        source = CHECKOUT / name
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_symlink():
            target.symlink_to(source.readlink())
        elif source.exists():
            shutil.copy(source, target)


@contextmanager
def fresh_root(directory: Path, suite: str = "bookworm") -> Iterator[Root]:
    """A minimal Debian that reaches the package registries as this machine does; removed at the end."""
    directory.mkdir(parents=True)
    subprocess.run(["tar", "-xf", str(_minimal(suite)), "-C", str(directory)], check=True)
    _reach_registries(directory)
    try:
        yield Root(directory)
    finally:
        shutil.rmtree(directory)


def _minimal(suite: str) -> Path:
    """The archive of a minimal Debian, made once by debootstrap."""
    archive = _CACHE / f"{suite}.tar"
    if archive.exists():
        return archive
    _CACHE.mkdir(parents=True, exist_ok=True)
    root = _CACHE / f"{suite}.{os.getpid()}"
    argv = ["debootstrap", "--variant=minbase", suite, str(root)]
    subprocess.run([*argv, *_mirror()], check=True, stdout=subprocess.DEVNULL)
    unfinished = archive.with_suffix(f".{os.getpid()}.tar")
    subprocess.run(["tar", "-cf", str(unfinished), "-C", str(root), "."], check=True)
    unfinished.rename(archive)
    shutil.rmtree(root)
    return archive


def _mirror() -> list[str]:
    """The Debian mirror of this machine, if it has one."""
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(ORIGIN) $(REPO_URI)"], check=True, capture_output=True, text=True
    )
    addresses = [line.split()[1] for line in listed.stdout.splitlines() if line.startswith("Debian ")]
    return [address for address in addresses if "security" not in address][:1]


def _reach_registries(root: Path) -> None:
    """Give the root the machine's way to package registries; nothing of it is kept anywhere else."""
    authorities = "/etc/ssl/certs/ca-certificates.crt"  # at another place inside, as packages write that file anew
    for name, inside in (
        ("/etc/resolv.conf",) * 2,
        ("/etc/hosts",) * 2,
        ("/etc/pip.conf",) * 2,
        (authorities, _AUTHORITIES),
    ):
        if Path(name).exists():
            target = root / inside.lstrip("/")
            target.unlink(missing_ok=True)
            shutil.copy(name, target)
    acquire = subprocess.run(["apt-config", "dump", "Acquire"], check=True, capture_output=True, text=True).stdout
    (root / "etc/apt/apt.conf.d/90machine").write_text(acquire)
