"""Durations as people write them: 500ms, 15s, 1m30s, 2h."""

from __future__ import annotations

import re

from attrs import frozen

_PART = re.compile(r"(\d{1,9})(ms|s|m|h|d)", re.ASCII)
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_TIMES = re.compile(r"(\d{1,4}(?:\.\d{1,3})?)x", re.ASCII)
_LONGEST = 366 * 86400

DURATION = "a duration such as 15s, 1m30s or 500ms"
STALE_AFTER = "intervals such as 3x (2x or more), or a duration such as 5m"


def parse_duration(text: object) -> float:
    """Seconds in a text such as `1m30s`; ValueError says what is allowed."""
    if not isinstance(text, str) or not re.fullmatch(rf"(?:{_PART.pattern})+", text, re.ASCII):
        raise ValueError(DURATION)
    parts = _PART.findall(text)
    units = [list(_SECONDS).index(unit) for _, unit in parts]
    if units != sorted(set(units), reverse=True):
        raise ValueError(f"{DURATION}, each unit once, the largest first")
    seconds = sum(int(count) * _SECONDS[unit] for count, unit in parts)
    if not 0 < seconds <= _LONGEST:
        raise ValueError(f"{DURATION}, above 0 and at most a year")
    return seconds


def format_duration(seconds: float) -> str:
    """The shortest text that `parse_duration` reads as these seconds."""
    rest = round(seconds * 1000)
    text = ""
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        count, rest = divmod(rest, size)
        text += f"{count}{unit}" if count else ""
    return text or "0s"


@frozen
class StaleAfter:
    """Age at which a part leaves the page: so many intervals, or a fixed time."""

    intervals: float | None = None
    fixed: float | None = None

    @classmethod
    def parse(cls, text: object) -> StaleAfter:
        """`3x` or a duration; ValueError says what is allowed."""
        if isinstance(text, str) and (times := _TIMES.fullmatch(text)):
            intervals = float(times[1])
            if intervals < 2:
                raise ValueError(STALE_AFTER)
            return cls(intervals=intervals)
        try:
            return cls(fixed=parse_duration(text))
        except ValueError as error:
            raise ValueError(STALE_AFTER) from error

    def seconds(self, interval: float) -> float:
        """Seconds after which what a collector of this interval gathered is too old.

        Never less than two intervals: a part that goes before its successor can be there would blink.
        """
        if self.fixed is not None:
            return max(self.fixed, 2 * interval)
        return (self.intervals or 2) * interval
