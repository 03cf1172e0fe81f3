"""What was measured: named figures, each with what it should reach, as tables and as one flat object."""

from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter, process_time


@dataclass(frozen=True)
class Figure:
    """One figure; `most` and `least` are what it should reach, if anything."""

    name: str
    what: str
    value: float
    unit: str = ""
    most: float | None = None
    least: float | None = None

    @property
    def reached(self) -> bool | None:
        """Whether it is as it should be; None where nothing is asked of it."""
        if self.most is None and self.least is None:
            return None
        return (self.most is None or self.value <= self.most) and (self.least is None or self.value >= self.least)

    def row(self) -> tuple[str, str, str, str]:
        """What, value, what it should reach, and whether it does."""
        wanted = ""
        if self.most is not None:
            wanted = f"at most {_spelled(self.most, self.unit)}"
        elif self.least is not None:
            wanted = f"at least {_spelled(self.least, self.unit)}"
        return self.what, _spelled(self.value, self.unit), wanted, {None: "", True: "yes", False: "no"}[self.reached]


@dataclass
class Topic:
    """Figures that belong together, with what must be known to read them."""

    title: str
    note: str = ""
    figures: list[Figure] = field(default_factory=list)
    table: tuple[tuple[str, ...], ...] = ()
    """More rows, the first of which names the columns."""
    hidden: dict[str, float] = field(default_factory=dict)
    """Figures that stand in `table` already."""

    def add(self, name: str, what: str, value: float, unit: str = "", **reach: float) -> float:
        """Take one figure; its value, for ratios of it."""
        self.figures.append(Figure(name, what, value, unit, **reach))
        return value


def markdown(rows: list[tuple[str, ...]]) -> str:
    """Rows as a table, the first of which names the columns; it can be read as plain text, too."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + " |"
        for row in rows
    ]
    lines.insert(1, "| " + " | ".join("-" * max(3, width) for width in widths) + " |")
    return "\n".join(lines) + "\n"


def wall(function: Callable[[], object], times: int) -> float:
    """Seconds on the clock, the median of several runs."""
    return median(_timed(function, perf_counter) for _ in range(times))


def processor(function: Callable[[], object]) -> float:
    """Seconds of processor time of this process and all its threads."""
    return _timed(function, process_time)


def _timed(function: Callable[[], object], clock: Callable[[], float]) -> float:
    start = clock()
    function()
    return clock() - start


def _spelled(value: float, unit: str) -> str:
    number = f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.3g}"
    return f"{number} {unit}".strip()
