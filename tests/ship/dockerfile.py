"""Carries out a Dockerfile without an engine: each stage in a fresh root of its own."""

import json
import re
import shlex
import string
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from .root import CHECKOUT, Root, fresh_root


@dataclass
class Stage:
    """What one FROM and the instructions after it made."""

    root: Root
    user: str = "0:0"
    directory: str = "/"
    environment: dict[str, str] = field(default_factory=dict)
    entrypoint: list[str] = field(default_factory=list)
    healthcheck: list[str] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """Name and rest of each instruction, continued lines joined, comments left out."""
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    for line in lines.replace("\\\n", " ").splitlines():
        if line.strip():
            name, _, rest = line.strip().partition(" ")
            yield name, " ".join(rest.split())


class Image:
    """The last stage of a Dockerfile; close it to remove every root. Only what our Dockerfile uses is known."""

    def __init__(self, directory: Path, dockerfile: Path = CHECKOUT / "Dockerfile") -> None:
        self._directory = directory
        self._arguments: dict[str, str] = {}
        self._stages: dict[str, Stage] = {}
        self._roots = ExitStack()
        known: dict[str, Callable[[str], None]] = {
            "ARG": self._arg, "FROM": self._from, "RUN": self._run, "COPY": self._copy, "WORKDIR": self._workdir,
            "ENV": self._env, "LABEL": self._label, "USER": self._user, "EXPOSE": lambda _: None,
            "HEALTHCHECK": self._healthcheck, "ENTRYPOINT": self._entrypoint,
        }  # fmt: skip
        try:
            for name, rest in instructions(dockerfile.read_text()):
                known[name](rest)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Remove every root."""
        self._roots.close()

    def _expand(self, text: str) -> str:
        return string.Template(text).safe_substitute(self._arguments)

    def _arg(self, rest: str) -> None:
        name, _, default = rest.partition("=")
        self._arguments[name] = default

    def _from(self, rest: str) -> None:
        base, _, name = self._expand(rest).partition(" AS ")
        assert re.fullmatch(r"debian:12-slim(@sha256:[0-9a-f]{64})?", base), f"no root known for {base}"
        name = name or str(len(self._stages))
        root = self._roots.enter_context(fresh_root(self._directory / name))
        self.stage = self._stages[name] = Stage(root)

    def _run(self, rest: str) -> None:
        stage = self.stage
        stage.root.run("sh", "-c", rest, user=stage.user, directory=stage.directory, environment=stage.environment)

    def _copy(self, rest: str) -> None:
        words = shlex.split(rest)
        origin = CHECKOUT
        if words[0].startswith("--from="):
            origin = self._stages[words.pop(0).removeprefix("--from=")].root.path
        *sources, target = words
        for source in sources:
            path = origin / source.lstrip("/")
            inside = str(Path(self.stage.directory, target))
            self.stage.root.copy(path, f"{inside}/{path.name}" if target.endswith("/") else inside)

    def _workdir(self, rest: str) -> None:
        self.stage.directory = rest
        (self.stage.root.path / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)

    def _env(self, rest: str) -> None:
        self.stage.environment |= dict(word.split("=", 1) for word in shlex.split(rest))

    def _label(self, rest: str) -> None:
        self.stage.labels |= dict(word.split("=", 1) for word in shlex.split(self._expand(rest)))

    def _user(self, rest: str) -> None:
        self.stage.user = rest

    def _healthcheck(self, rest: str) -> None:
        self.stage.healthcheck = json.loads(rest.partition("CMD ")[2])

    def _entrypoint(self, rest: str) -> None:
        self.stage.entrypoint = json.loads(rest)
