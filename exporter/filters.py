"""Which things are shown: include and exclude expressions on names."""

from __future__ import annotations

import re
from collections.abc import Collection

import structlog
from attrs import field, frozen

logger = structlog.get_logger()


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
    """Chooses names by two expressions that must match the whole name; exclude wins. `option` is what the settings call
    it, such as `domain`."""

    include: re.Pattern[str] | None = None
    exclude: re.Pattern[str] | None = None
    option: str = ""

    def allows(self, name: str) -> bool:
        """Whether what has this name is to be shown."""
        if self.exclude is not None and self.exclude.fullmatch(name):
            return False
        return self.include is None or self.include.fullmatch(name) is not None

    def tell_unmatched(self, names: Collection[str], host: str) -> None:
        """Log an expression that matches none of these names, which are all a host has: it may be written wrongly.

        One that leaves nothing out is usual where many hosts have the same settings.
        """
        for part, pattern, log in (("include", self.include, logger.warning), ("exclude", self.exclude, logger.debug)):
            if names and pattern is not None and not any(map(pattern.fullmatch, names)):
                log("filter matches nothing", host=host, option=f"{self.option}.{part}", expression=pattern.pattern)


@frozen
class Filters:
    """One filter for each kind of thing that has a name."""

    domain: NameFilter = field(factory=NameFilter)
    disk: NameFilter = field(factory=NameFilter)
    interface: NameFilter = field(factory=NameFilter)
    storage_pool: NameFilter = field(factory=NameFilter)
    volume: NameFilter = field(factory=NameFilter)
    network: NameFilter = field(factory=NameFilter)
