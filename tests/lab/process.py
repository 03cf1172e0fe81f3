"""A server under test as a child process on the loopback, with its output in a file."""

import os
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

from .polling import eventually


def free_port() -> int:
    """A TCP port of the loopback that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def fetch(url: str, headers: Mapping[str, str] | None = None, *, within: float = 10) -> tuple[int, str]:
    """Status and body of a page; a refused or broken connection is status 0 with the reason as body."""
    request = urllib.request.Request(url, headers=dict(headers or {}))  # noqa: S310  # a URL of the loopback
    try:
        with urllib.request.urlopen(request, timeout=within) as answer:  # noqa: S310
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read().decode()
    except (OSError, TimeoutError) as error:
        return 0, str(error)


class Process:
    """One child process; `stop()` ends it politely and gives its exit code."""

    def __init__(self, argv: Sequence[str], log: Path, *, environment: Mapping[str, str] | None = None) -> None:
        self.log = log
        self._name = Path(argv[0]).name
        with log.open("ab") as output:
            self._child = subprocess.Popen(
                list(argv), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                env={**os.environ, **(environment or {})},
            )  # fmt: skip

    @property
    def pid(self) -> int:
        """The process number."""
        return self._child.pid

    @property
    def running(self) -> bool:
        """Whether the process has not ended yet."""
        return self._child.poll() is None

    def output(self) -> str:
        """What the process has written so far, to both streams."""
        return self.log.read_text(errors="replace")

    def wait_for_page(self, url: str, *, within: float = 30) -> None:
        """Return when the page answers 200; raise with the process's words if it ends before."""

        def answers() -> bool:
            if not self.running:
                raise RuntimeError(f"{self._name} ended with {self._child.returncode}: {self.output()}")
            return fetch(url)[0] == 200

        try:
            eventually(answers, within=within, what=f"{self._name} at {url}")
        except AssertionError as late:
            raise AssertionError(f"{late}; it said: {self.output()[-2000:]}") from late

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        self._child.send_signal(number)

    def wait(self, *, within: float = 30) -> int:
        """Wait for the end and give the exit code."""
        return self._child.wait(timeout=within)

    def stop(self, *, within: float = 30) -> int:
        """Ask the process to end, kill it when it does not within the time, and give its exit code."""
        if self.running:
            self._child.terminate()
        try:
            return self._child.wait(timeout=within)
        except subprocess.TimeoutExpired:
            self._child.kill()
            return self._child.wait(timeout=within)
