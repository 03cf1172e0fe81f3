"""The flat statistics of one guest (`block.0.rd.bytes: 512`), split by group and device."""

from collections.abc import Mapping
from typing import Any

Value = int | float | str | bool
Flat = dict[str, Value]

_paths: dict[str, tuple[str, int | None, str]] = {}


def _split(key: str) -> tuple[str, int | None, str]:
    """Group, number and field of a key: `("block", 0, "rd.bytes")`, `("balloon", None, "rss")`."""
    group, _, rest = key.partition(".")
    number, _, field = rest.partition(".")
    path = (group, int(number), field) if number.isdecimal() and field else (group, None, rest)
    # Keys are libvirt's, the same for every guest, so remembering them all stays small.
    _paths[key] = path
    return path


def numbered(fields: Mapping[str, Any], prefix: str) -> dict[int, dict[str, Any]]:
    """Fields that are numbered once more: `pkg.0.id` under the prefix `pkg` is `{0: {"id": ...}}`."""
    start = f"{prefix}."
    found: dict[int, dict[str, Any]] = {}
    for name, value in fields.items():
        if name.startswith(start):
            number, _, field = name[len(start) :].partition(".")
            if number.isdecimal() and field:
                found.setdefault(int(number), {})[field] = value
    return found


class Record:
    """What libvirt gave for a guest in one call, or what per-guest calls gave instead.

    `scalars["balloon"]` holds the fields of a group, `numbered["block"][0]` those of its devices; both are empty
    mappings for groups that did not come; `keys` are the flat keys. Values have libvirt's units.
    """

    __slots__ = ("keys", "numbered", "scalars")

    def __init__(self, flat: Mapping[str, Value]) -> None:
        self.keys = flat.keys()
        self.scalars: dict[str, dict[str, Value]] = {}
        self.numbered: dict[str, dict[int, dict[str, Value]]] = {}
        for key, value in flat.items():
            group, number, field = _paths.get(key) or _split(key)
            if number is None:
                fields = self.scalars.get(group)
                if fields is None:
                    fields = self.scalars[group] = {}
            else:
                devices = self.numbered.get(group)
                if devices is None:
                    devices = self.numbered[group] = {}
                fields = devices.get(number)
                if fields is None:
                    fields = devices[number] = {}
            fields[field] = value

    def fields(self, group: str) -> Mapping[str, Value]:
        """The fields of a group that belong to no device."""
        return self.scalars.get(group, {})

    def devices(self, group: str) -> Mapping[int, Mapping[str, Value]]:
        """The fields of each numbered device of a group; numbers may have holes and are no identities."""
        return self.numbered.get(group, {})
