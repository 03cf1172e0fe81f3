"""The host shapes that have a golden page, made of the recordings in tests/fixtures."""

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exporter.host import Host
from tests.replay.host import collected

_FIXTURES = Path(__file__).parents[1] / "fixtures"


def recording(name: str) -> dict[str, Any]:
    """A recording by its name."""
    found: dict[str, Any] = json.loads((_FIXTURES / f"{name}.json").read_text())
    return found


def _only(found: dict[str, Any], keep: Callable[[Mapping[str, Any]], bool]) -> dict[str, Any]:
    return found | {"guests": [guest for guest in found["guests"] if keep(guest)]}


def _without_fields(found: dict[str, Any]) -> dict[str, Any]:
    """Every third statistic of a guest and of its devices is gone, and what the host tells of memory."""
    poorer = copy.deepcopy(found)
    for guest in poorer["guests"]:
        names = sorted(key for key in guest["stats"] if not key.startswith("state."))
        for key in names[::3]:
            del guest["stats"][key]
    for name in ("getMemoryStats", "getCPUStats"):
        poorer["node"][name] = {"-1": {"error": [3, "this function is not supported"]}}
    return poorer


@dataclass(frozen=True)
class Shape:
    """A kind of host; `vanished` guests are listed and then gone."""

    recording: dict[str, Any]
    vanished: frozenset[str] = frozenset()

    def collected(self) -> Host:
        """A host that has collected it."""
        return collected(self.recording, vanished=self.vanished)


def _shapes() -> dict[str, Shape]:
    many = recording("many")
    return {
        "empty": Shape(recording("empty")),
        "one": Shape(recording("one")),
        "many": Shape(many),
        "stopped": Shape(_only(many, lambda guest: not guest["active"])),
        "paused": Shape(_only(many, lambda guest: guest["state"] == [3, 1])),
        "migrating": Shape(recording("migrating")),
        "vanished-fields": Shape(_without_fields(recording("one"))),
        "vanished-guest": Shape(
            _only(many, lambda guest: guest["name"] in {"web-1", "transient"}),
            frozenset(guest["uuid"] for guest in many["guests"] if guest["name"] == "transient"),
        ),
        "test-driver": Shape(recording("testdriver")),
    }


SHAPES = _shapes()
"""Each shape by the name of its golden files."""
