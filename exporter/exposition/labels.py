"""Label names and values of one series: checked once, escaped once."""

from collections.abc import Sequence
from functools import cache, lru_cache

from exporter.errors import DeclarationError

# Lone surrogates stand for bytes that are no UTF-8, as libvirt-python decodes names; a page is UTF-8.
_SURROGATES = dict.fromkeys(range(0xD800, 0xE000), "\N{REPLACEMENT CHARACTER}")

_UNBOUNDED: tuple[tuple[str, ...], list[str]] = ((), [])


def escape(value: str) -> str:
    """A label value as both formats write it: backslash, newline and double quote escaped."""
    if "\\" in value or "\n" in value or '"' in value:
        value = value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
    return value if value.isascii() else value.translate(_SURROGATES)


@cache
def _pattern(names: tuple[str, ...]) -> str:
    """How a page writes a set of these names, to be filled with escaped values."""
    # In the order in which prometheus_client writes them, so that its page and ours compare line by line.
    places = sorted(range(len(names)), key=names.__getitem__)
    return "{{" + ",".join(f'{names[place]}="{{{place}}}"' for place in places) + "}}"


class Labels:
    """The label set of one series; `text` is how a page writes it, braces included.

    Raises DeclarationError when names and values do not pair up or a value is not a string, so that a wrong
    declaration costs one guest of one collector and never a page.
    """

    __slots__ = ("_bounded", "names", "text", "values")

    def __init__(self, names: tuple[str, ...], values: Sequence[str]) -> None:
        if len(names) != len(values):
            raise DeclarationError(f"labels {names} got {len(values)} values")
        for value in values:
            if not isinstance(value, str):
                raise DeclarationError(f"label {names[values.index(value)]} got {value!r}, which is not a string")
        self.text = _pattern(names).format(*map(escape, values)) if names else ""
        self.names = names
        self.values = tuple(values)
        self._bounded = _UNBOUNDED

    def pairs(self) -> dict[str, str]:
        """Names and values, not escaped."""
        return dict(zip(self.names, self.values, strict=True))

    def bounded(self, bounds: tuple[str, ...]) -> list[str]:
        """How a page writes this set with each of these upper bounds of a histogram; those of last time are
        remembered, as a histogram keeps its bounds."""
        if self._bounded[0] != bounds:
            pattern = _pattern((*self.names, "le"))
            values = list(map(escape, self.values))
            self._bounded = (bounds, [pattern.format(*values, bound) for bound in bounds])
        return self._bounded[1]

    def __repr__(self) -> str:
        return f"Labels({self.text})"


NO_LABELS = Labels((), ())


@lru_cache(4096)
def remembered(names: tuple[str, ...], *values: str) -> Labels:
    """The label set of these values, made once: for the exporter's own series, whose values are few and come again."""
    return Labels(names, values)
