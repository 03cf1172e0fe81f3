"""Label names and values of one series: checked once, escaped once."""

from collections.abc import Sequence
from operator import itemgetter

from exporter.errors import DeclarationError

# Lone surrogates stand for bytes that are no UTF-8, as libvirt-python decodes names; a page is UTF-8.
_SURROGATES = dict.fromkeys(range(0xD800, 0xE000), "\N{REPLACEMENT CHARACTER}")


def escape(value: str) -> str:
    """A label value as both formats write it: backslash, newline and double quote escaped."""
    if "\\" in value or "\n" in value or '"' in value:
        value = value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
    return value if value.isascii() else value.translate(_SURROGATES)


class Labels:
    """The label set of one series; `text` is how a page writes it, braces included.

    Raises DeclarationError when names and values do not pair up or a value is not a string, so that a wrong
    declaration costs one guest of one collector and never a page.
    """

    __slots__ = ("names", "text", "values")

    def __init__(self, names: tuple[str, ...], values: Sequence[str]) -> None:
        if len(names) != len(values):
            raise DeclarationError(f"labels {names} got {len(values)} values")
        if not names:
            self.text = ""
        else:
            pairs = []
            # In the order in which prometheus_client writes them, so that its page and ours compare line by line.
            for name, value in sorted(zip(names, values, strict=True), key=itemgetter(0)):
                if not isinstance(value, str):
                    raise DeclarationError(f"label {name} got {value!r}, which is not a string")
                pairs.append(f'{name}="{escape(value)}"')
            self.text = "{" + ",".join(pairs) + "}"
        self.names = names
        self.values = tuple(values)

    def pairs(self) -> dict[str, str]:
        """Names and values, not escaped."""
        return dict(zip(self.names, self.values, strict=True))

    def __repr__(self) -> str:
        return f"Labels({self.text})"


NO_LABELS = Labels((), ())
