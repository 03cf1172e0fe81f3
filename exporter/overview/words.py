"""Numbers and times as people read them."""

from datetime import UTC, datetime

NONE = "\N{EN DASH}"
"""What stands where nothing is known: absent is not zero."""

_BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_DECIMAL = ("B/s", "kB/s", "MB/s", "GB/s", "TB/s")


def size(value: float | None) -> str:
    """Bytes, with three digits: `1.25 GiB`."""
    return NONE if value is None else _scaled(value, 1024, _BINARY)


def rate(value: float | None) -> str:
    """Bytes a second: `12.5 MB/s`."""
    return NONE if value is None else _scaled(value, 1000, _DECIMAL)


def percent(ratio: float | None) -> str:
    """A ratio in percent: `7.5 %`, `63 %`."""
    if ratio is None:
        return NONE
    value = ratio * 100
    return f"{value:.1f} %" if 0 < value < 9.95 else f"{value:.0f} %"


def count(number: int, one: str, many: str) -> str:
    """`1 guest`, `12 guests`."""
    return f"{number:,} {one if number == 1 else many}"


def age(seconds: float) -> str:
    """How long ago: `12 s`, `5 min`, `3 h`, `2 d`."""
    for limit, unit, name in ((90, 1, "s"), (90 * 60, 60, "min"), (36 * 3600, 3600, "h")):
        if seconds < limit:
            return f"{max(0, seconds) / unit:.0f} {name}"
    return f"{seconds / 86400:.0f} d"


def moment(at: float) -> str:
    """A Unix time for machines: RFC 3339, in seconds."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _scaled(value: float, step: int, units: tuple[str, ...]) -> str:
    for unit in units:
        if abs(value) < step * 0.9995 or unit == units[-1]:
            break
        value /= step
    digits = 0 if unit == units[0] or value >= 99.95 else 1 if value >= 9.995 else 2
    return f"{value:.{digits}f} {unit}"
