"""Sets of CPUs or cells as libvirt writes them."""

from collections.abc import Iterable

_MOST = 65536
"""More than any host has; keeps a wrong text from filling the memory."""


def members(text: str) -> frozenset[int]:
    """The numbers of `0-3,^2,8`; raises ValueError for what is no such list."""
    found: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.strip().removeprefix("^").partition("-")
        low = int(first)
        high = int(last) if dash else low
        if not 0 <= low <= high < _MOST:
            raise ValueError(f"{text!r} is no list of CPUs or cells")
        numbers = range(low, high + 1)
        if part.strip().startswith("^"):
            found.difference_update(numbers)
        else:
            found.update(numbers)
    return frozenset(found)


def ranges(numbers: Iterable[int]) -> str:
    """Numbers as libvirt writes them, `0-3,8`: one spelling of each set, so that it can be a label."""
    found: list[list[int]] = []
    for number in sorted(set(numbers)):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in found)


def canonical(text: str) -> str:
    """The one spelling of a list of CPUs or cells; an empty text stays empty."""
    return ranges(members(text)) if text else ""
