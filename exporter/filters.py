"""Which things are shown: include and exclude expressions on names."""

from __future__ import annotations

import re

from attrs import field, frozen


def parse_pattern(text: object) -> re.Pattern[str]:
    """A regular expression; ValueError says why it is none."""
    if not isinstance(text, str):
        raise ValueError("a regular expression, in quotes where YAML reads something else")
    try:
        return re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"a regular expression as Python's re reads it ({error})") from error


@frozen
class NameFilter:
    """Chooses names by two expressions that must match the whole name; exclude wins."""

    include: re.Pattern[str] | None = None
    exclude: re.Pattern[str] | None = None

    def allows(self, name: str) -> bool:
        """Whether what has this name is to be shown."""
        if self.exclude is not None and self.exclude.fullmatch(name):
            return False
        return self.include is None or self.include.fullmatch(name) is not None


@frozen
class Filters:
    """One filter for each kind of thing that has a name."""

    domain: NameFilter = field(factory=NameFilter)
    disk: NameFilter = field(factory=NameFilter)
    interface: NameFilter = field(factory=NameFilter)
    storage_pool: NameFilter = field(factory=NameFilter)
    volume: NameFilter = field(factory=NameFilter)
    network: NameFilter = field(factory=NameFilter)
