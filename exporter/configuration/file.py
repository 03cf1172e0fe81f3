"""The YAML configuration file: read strictly, and laid flat so that each option has one key."""

from __future__ import annotations

import difflib
from collections.abc import Hashable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from exporter.configuration.options import Option
from exporter.configuration.uri import redact
from exporter.errors import ConfigError

# A host entry names what is its own without the word libvirt before it.
HOST_KEYS = {
    "libvirt.uri": "uri",
    "libvirt.username": "username",
    "libvirt.password-file": "password-file",
    "libvirt.agent-uri": "agent-uri",
}


class HostEntry(NamedTuple):
    """One entry of `hosts:`, before its values are looked at."""

    where: str
    name: object
    labels: object
    values: Mapping[str, object]


class ConfigFile(NamedTuple):
    """What a file says: raw values by option, and the host entries (None without `hosts:`)."""

    path: Path
    values: Mapping[str, object]
    hosts: tuple[HostEntry, ...] | None


class _StrictLoader(yaml.SafeLoader):
    """Refuses a key that stands twice: the first would be lost without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value != "<<":
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"key {key.value!r} stands twice", key.start_mark
                    )
                seen.add(key.value)
        return super().construct_mapping(node, deep)


def read_config_file(path: Path, spelled: str, options: Mapping[str, Option]) -> ConfigFile:
    """Reads a file; ConfigError names the file (`spelled` is where its path was given) or the key."""
    try:
        document = yaml.load(path.read_bytes(), _StrictLoader)  # noqa: S506  a SafeLoader with one more refusal
    except OSError as error:
        raise ConfigError(spelled, path, f"a YAML file that can be read ({error.strerror})") from error
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ConfigError(spelled, f"{path}{line}", f"well-formed YAML ({error.problem})") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = str(error).splitlines()[0]
        raise ConfigError(spelled, path, f"well-formed YAML ({reason})") from error
    if document is None:
        document = {}
    if not isinstance(document, dict):
        raise ConfigError(spelled, path, "a mapping of keys, such as libvirt: {uri: ...}")
    keys = {option.key: option for option in options.values() if option.name != "config.file"}
    values = _flatten({key: document[key] for key in document if key != "hosts"}, keys, "", extra=("hosts",))
    hosts = _hosts(document["hosts"], options) if "hosts" in document else None
    return ConfigFile(path, values, hosts)


def _hosts(entries: object, options: Mapping[str, Option]) -> tuple[HostEntry, ...]:
    if not isinstance(entries, list) or not entries:
        raise ConfigError("hosts", show("hosts", entries), "a list of hosts, each with name and uri")
    keys = {HOST_KEYS.get(option.name, option.key): option for option in options.values() if option.per_host}
    found = []
    for index, entry in enumerate(entries):
        where = f"hosts[{index}]"
        if not isinstance(entry, dict):
            raise ConfigError(where, show(where, entry), "a mapping with name and uri")
        own = {key: value for key, value in entry.items() if key not in ("name", "labels")}
        values = _flatten(own, keys, f"{where}.", extra=("name", "labels"))
        found.append(HostEntry(where, entry.get("name"), entry.get("labels"), values))
    return tuple(found)


def _flatten(
    node: Mapping[Any, object], keys: Mapping[str, Option], where: str, extra: Iterable[str], prefix: str = ""
) -> dict[str, object]:
    """Raw values by option name of what stands under `prefix`."""
    values: dict[str, object] = {}
    for word, value in node.items():
        key = f"{prefix}{word}"
        if isinstance(value, bool) and f"{key}.enabled" in keys:
            key = f"{key}.enabled"
        option = None if "." in str(word) else keys.get(key)
        if option is not None:
            values[option.name] = value
        elif "." not in str(word) and any(known.startswith(f"{key}.") for known in keys):
            if isinstance(value, dict):
                values |= _flatten(value, keys, where, extra, f"{key}.")
            elif value is not None:
                raise ConfigError(f"{where}{key}", show(key, value), f"a section with {_below(key, keys)}")
        else:
            raise ConfigError(f"{where}{key}", show(key, value), _unknown(key, [*keys, *extra]))
    return values


def _below(key: str, keys: Iterable[str]) -> str:
    return ", ".join(sorted({known[len(key) + 1 :].split(".")[0] for known in keys if known.startswith(f"{key}.")}))


def _unknown(key: str, keys: list[str]) -> str:
    if key.startswith("collector."):
        names = sorted(known.split(".")[1] for known in keys if known.endswith(".enabled"))
        if key.split(".")[1] not in names:
            return "no collector has this name, there are " + ", ".join(names)
    sections = {".".join(known.split(".")[:depth]) for known in keys for depth in range(1, known.count(".") + 2)}
    if key in sections:
        *words, last = key.split(".")
        return f"keys are nested at the dots, as {': {'.join(words)}: {{{last}: ...{'}' * len(words)}"
    close = difflib.get_close_matches(key, sorted(sections), 1)
    return f"unknown key, did you mean {close[0]}?" if close else f"unknown key, {_siblings(key, sections)}"


def _siblings(key: str, sections: Iterable[str]) -> str:
    parent = key.rpartition(".")[0]
    names = sorted(section for section in sections if section.rpartition(".")[0] == parent)
    return "known here: " + ", ".join(names)


def show(key: str, value: object) -> str:
    """A value of the file in a message, cut so that the message stays a line, and without secrets."""
    if "password" in key or "secret" in key:
        return "(not shown)"
    text = "nothing" if value is None else redact(str(value))
    return text if len(text) <= 80 else f"{text[:77]}..."
