"""The real command as a process on a free port."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from .polling import eventually
from .process import Process, fetch, free_port

COMMAND = str(Path(sys.executable).with_name("libvirt-exporter"))
"""The command of the environment that runs the tests."""

OPENMETRICS = "application/openmetrics-text;version=1.0.0"


class Agent:
    """One running agent; `flags` are those of its command line, without the listen address."""

    def __init__(
        self,
        directory: Path,
        *flags: str,
        environment: Mapping[str, str] | None = None,
        enter: Sequence[str] = (),
        ready_within: float | None = 30,
        prefix: str = "",
    ) -> None:
        """Wait until it is ready, or with `ready_within=None` only until it answers at all.

        `enter` is a prefix that runs the command elsewhere, for instance in a laboratory's namespaces; `prefix` is
        that of every path.
        """
        directory.mkdir(parents=True, exist_ok=True)
        self.address = f"127.0.0.1:{free_port()}"
        self.url = f"http://{self.address}{prefix}"
        argv = [*enter, COMMAND, f"--web.listen-address={self.address}", "--log.format=logfmt", *flags]
        if prefix:
            argv.append(f"--web.route-prefix={prefix}")
        self.process = Process(argv, directory / "agent.log", environment=environment)
        page = "/-/healthy" if ready_within is None else "/-/ready"
        self.process.wait_for_page(self.url + page, within=ready_within or 30)

    def page(self, path: str = "/metrics", **headers: str) -> str:
        """The text of a page, which must be there."""
        status, body = fetch(self.url + path, {name.replace("_", "-"): value for name, value in headers.items()})
        assert status == 200, f"{path}: {status} {body}"
        return body

    def status(self, path: str) -> int:
        """The status of a page; 0 when nothing answers."""
        return fetch(self.url + path)[0]

    def wait_for_line(self, line: str, *, within: float = 30) -> str:
        """Return the page as soon as one of its lines starts with `line`."""

        def page() -> str:
            text = self.page()
            return text if any(found.startswith(line) for found in text.splitlines()) else ""

        return eventually(page, within=within, what=f"a line {line!r}")

    def log_lines(self) -> list[str]:
        """What the agent has logged so far, line by line."""
        return self.process.output().splitlines()

    def stop(self, *, within: float = 30) -> int:
        """Ask the agent to end and give its exit code."""
        return self.process.stop(within=within)


def run_once(*flags: str, environment: Mapping[str, str] | None = None, within: float = 60) -> tuple[int, str, str]:
    """Exit code, output and error output of a command that ends by itself, such as `--version`."""
    done = subprocess.run(
        [COMMAND, *flags], check=False, capture_output=True, text=True, timeout=within,
        env={**os.environ, **(environment or {})},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr
