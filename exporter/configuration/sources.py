"""Where values come from, and which one wins: flag, environment, host entry, file, default."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, get_args, get_origin

from exporter.configuration.convert import convert
from exporter.configuration.options import ENVIRONMENT, LabelName, Option
from exporter.configuration.uri import redact
from exporter.errors import ConfigError

# Container engines set these for a service of this name; they are no settings of ours.
_INJECTED = re.compile(rf"{ENVIRONMENT}(SERVICE|PORT)(_.*)?")


class Layer(NamedTuple):
    """One source: raw values by option name, how it spells an option, and what its paths are relative to."""

    values: Mapping[str, object]
    spell: Callable[[Option], str]
    base: Path | None = None


def read_environment(environment: Mapping[str, str], options: Mapping[str, Option]) -> dict[str, object]:
    """Raw values of our variables; an empty one counts as not set, an unknown one is a ConfigError."""
    known = {option.variable: option for option in options.values() if not option.file_only}
    values: dict[str, object] = {}
    for variable, text in environment.items():
        if not variable.startswith(ENVIRONMENT) or _INJECTED.fullmatch(variable) or not text:
            continue
        if variable not in known:
            close = difflib.get_close_matches(variable, known, 1)
            raise ConfigError(variable, text, f"unknown variable{_did_you_mean(close)}")
        option = known[variable]
        parts = [part.strip() for part in text.split(",") if part.strip()]
        values[option.name] = parts if get_origin(option.type) is tuple else text
    return values


def _did_you_mean(close: list[str]) -> str:
    return f", did you mean {close[0]}?" if close else ""


class Values:
    """Typed values of one host, or of the agent: the first layer that has an option wins."""

    def __init__(self, options: Mapping[str, Option], layers: Sequence[Layer]) -> None:
        self._options = options
        self._layers = tuple(layers)

    def rank(self, name: str) -> int:
        """The number of the layer that gives it, 0 the strongest; the number of layers for a default."""
        return next((index for index, layer in enumerate(self._layers) if name in layer.values), len(self._layers))

    def key(self, name: str) -> str:
        """The option as the source spells it, for messages."""
        rank = self.rank(name)
        option = self._options[name]
        return self._layers[rank].spell(option) if rank < len(self._layers) else option.flag

    def error(self, name: str, value: object, allowed: str) -> ConfigError:
        """What to raise when the value of this option cannot be."""
        return ConfigError(self.key(name), value, allowed)

    def get(self, name: str) -> Any:
        """The typed value, None when nothing sets it and it has no default."""
        option = self._options[name]
        rank = self.rank(name)
        if rank == len(self._layers):
            return None if option.default is None else self._typed(option, option.default)
        layer = self._layers[rank]
        value = self._typed(option, layer.values[name])
        return layer.base / value if layer.base and isinstance(value, Path) else value

    def _typed(self, option: Option, raw: object) -> Any:
        if get_origin(option.type) is dict:
            return self._mapping(option, raw)
        if get_origin(option.type) is tuple:
            items = raw if isinstance(raw, list) and raw else [raw]
            (kind, _) = get_args(option.type)
            return tuple(self._one(self.key(option.name), item, kind) for item in items)
        return self._one(self.key(option.name), raw, option.type)

    def _mapping(self, option: Option, raw: object) -> dict[str, Any]:
        name_kind, kind = get_args(option.type)
        key = self.key(option.name)
        if not isinstance(raw, dict):
            raise ConfigError(key, raw, f"a mapping of {option.metavar}")
        found = {}
        for word, value in raw.items():
            if name_kind is LabelName:
                self._one(key, word, LabelName)
            found[str(word)] = self._one(f"{key}.{word}", value, kind)
        return found

    def _one(self, key: str, raw: object, kind: Any) -> Any:
        try:
            return convert(raw, kind)
        except ValueError as error:
            shown = "nothing" if raw is None or raw == "" else redact(str(raw))
            raise ConfigError(key, shown, str(error)) from error
