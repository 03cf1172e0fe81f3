"""Sets of CPUs or cells as libvirt writes them."""


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


_MOST = 65536
"""More than any host has; keeps a wrong text from filling the memory."""
