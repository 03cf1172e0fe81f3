"""Mount, network, process and cgroup namespaces in which daemons believe to be alone on a machine."""

import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from .cgroups import Cgroups
from .polling import eventually

_FLAGS = ["--mount", "--net", "--pid", "--cgroup"]


class Namespace:
    """A holder process keeps the namespaces; when it ends, the kernel ends every process in them.

    `binds` maps a directory that the daemons expect to the directory they get. Needs root.
    """

    def __init__(self, directory: Path, binds: Mapping[str, Path]) -> None:
        self._directory = directory
        self._binds = binds
        self._holder: subprocess.Popen[bytes] | None = None
        self._spawned: list[subprocess.Popen[bytes]] = []
        self.cgroups = Cgroups(directory.name)

    def start(self) -> None:
        """Make the namespaces and mounts; raise AssertionError with the shell's words when that fails."""
        ready = self._directory / "ready"
        inside = [
            "mount -t sysfs sysfs /sys",  # the network devices and bridges of this network namespace
            *self.cgroups.mounts(),
            "mount -t tmpfs tmpfs /run",  # neither the system bus nor another libvirt is within reach
            "mkdir -p /run/lock",
        ]
        for target, source in self._binds.items():
            inside += [f"mkdir -p {target}", f"mount --bind {source} {target}"]
        inside += [
            "ip link set lo up",
            f"touch {ready}",
            "exec env --ignore-signal=CHLD sleep infinity",  # the kernel reaps what is left to process 1
        ]
        outside = [
            *self.cgroups.join(),
            "exec setpriv --pdeathsig KILL"  # a killed test session leaves nothing behind
            f" unshare {' '.join(_FLAGS)} --fork --kill-child --mount-proc --propagation private"
            f" sh -euc {shlex.quote(chr(10).join(inside))}",
        ]
        self._write("enter", ["#!/bin/sh", "set -eu", *self.cgroups.enter(), 'exec "$@"'])
        log = self._directory / "namespace.log"
        with log.open("wb") as output:
            self._holder = subprocess.Popen(["sh", "-euc", "\n".join(outside)], stdout=output, stderr=output)
        holder = self._holder

        def is_ready() -> bool:
            if holder.poll() is not None:
                raise RuntimeError(f"the namespaces could not be made: {log.read_text()}")
            return ready.exists()

        eventually(is_ready, within=20, what="the namespaces")

    @property
    def init(self) -> int:
        """The process number, seen from outside, of process 1 of the namespaces."""
        assert self._holder is not None, "the namespaces are not made yet"
        return _children(self._holder.pid)[0]

    def enter(self, argv: Sequence[str]) -> list[str]:
        """The command that runs `argv` inside."""
        return ["nsenter", f"--target={self.init}", *_FLAGS, "--", str(self._directory / "enter"), *argv]

    def run(self, argv: Sequence[str], *, within: float = 60) -> str:
        """Run `argv` inside and give its output; raise CalledProcessError when it fails."""
        done = subprocess.run(self.enter(argv), check=True, capture_output=True, text=True, timeout=within)
        return done.stdout

    def spawn(self, argv: Sequence[str], log: Path) -> tuple[subprocess.Popen[bytes], int]:
        """Start `argv` inside; give the process that waits for it and its own number seen from outside."""
        with log.open("ab") as output:
            waiting = subprocess.Popen(self.enter(argv), stdout=output, stderr=output)
        self._spawned.append(waiting)

        def inner() -> list[int]:
            if waiting.poll() is not None:
                raise RuntimeError(f"{argv[0]} ended at once: {log.read_text()}")
            return _children(waiting.pid)

        return waiting, eventually(inner, within=10, what=f"{argv[0]} in the namespaces")[0]

    def stop(self) -> None:
        """End every process inside and give the control groups back."""
        if self._holder is not None:
            self._holder.kill()
            self._holder.wait()
            self._holder = None
        for waiting in self._spawned:
            waiting.wait(timeout=20)
        eventually(self._groups_removed, within=20, what="the end of every process of the laboratory")

    def _groups_removed(self) -> bool:
        try:
            self.cgroups.remove()
        except OSError:
            return False
        return True

    def _write(self, name: str, lines: Sequence[str]) -> None:
        script = self._directory / name
        script.write_text("\n".join(lines) + "\n")
        script.chmod(0o755)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
