"""Where a collector puts its samples: each is checked against its declaration and written at once."""

from collections.abc import Iterable
from typing import Protocol

from exporter.errors import DeclarationError
from exporter.exposition.labels import NO_LABELS, Labels
from exporter.exposition.metric import Metric


class Sink(Protocol):
    """What a collector writes to. A page is one; prometheus_client's families are another (`exposition.families`)."""

    def add(self, metric: Metric, labels: Labels, value: float) -> None:
        """One sample."""

    def histogram(
        self, metric: Metric, labels: Labels, buckets: Iterable[tuple[str, int]], total: float | None
    ) -> None:
        """One histogram: cumulative counts by upper bound (the last `+Inf`), and the sum of what was observed."""


def number(value: float) -> str:
    """A value as both formats spell it; an integer stays one, which keeps it exact beyond 2^53."""
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "+Inf" if value > 0 else "-Inf"
    return str(value)


class Rows:
    """The samples of one subject (a guest, or the host) from one run of one collector.

    `duplicates` counts series left out because the same name and labels were there before, `invalid` counters and
    histograms left out because they can not be what was given: below zero, not a number, or falling.
    """

    __slots__ = ("_lines", "duplicates", "invalid", "series")

    def __init__(self) -> None:
        self._lines: dict[Metric, dict[str, str]] = {}
        self.series = 0
        self.duplicates = 0
        self.invalid = 0

    def add(self, metric: Metric, labels: Labels, value: float) -> None:
        """Take one sample; raises DeclarationError if it is not what its metric declares."""
        if labels.names != metric.labels:
            raise DeclarationError(f"{metric.name} declares labels {metric.labels} and got {labels.names}")
        kind = type(value)
        if kind is int:
            spelled = str(value)
        elif kind is float:
            # x - x is 0 for every finite number and nothing else.
            spelled = repr(value) if value - value == 0 else number(value)
        else:
            raise DeclarationError(f"{metric.name} got {value!r}, which is not a number")
        if metric.type == "counter" and not value >= 0:
            self.invalid += 1
            return
        lines = self._lines.get(metric)
        if lines is None:
            lines = self._lines[metric] = {}
        line = f"{metric.name}{labels.text} {spelled}\n"
        if lines.setdefault(labels.text, line) is line:
            self.series += 1
        else:
            self.duplicates += 1

    def one(self, metric: Metric, value: float | None) -> None:
        """Take the sample of a metric without labels; None is absent."""
        if value is not None:
            self.add(metric, NO_LABELS, value)

    def histogram(
        self, metric: Metric, labels: Labels, buckets: Iterable[tuple[str, int]], total: float | None
    ) -> None:
        """Take one histogram: `buckets` are cumulative, the last bound is `+Inf`; `total` None leaves sum
        and count out, which OpenMetrics wants together."""
        if labels.names != metric.labels:
            raise DeclarationError(f"{metric.name} declares labels {metric.labels} and got {labels.names}")
        lines = self._lines.setdefault(metric, {})
        if labels.text in lines:
            self.duplicates += 1
            return
        pairs = labels.pairs()
        buckets = list(buckets)
        bounds = [float(bound) for bound, _ in buckets]
        counts = [0, *(count for _, count in buckets)]
        if bounds != sorted(set(bounds)) or counts != sorted(counts) or not (total is None or total >= 0):
            self.invalid += 1
            return
        written = []
        count = 0
        for bound, count in buckets:
            with_bound = Labels((*pairs, "le"), (*pairs.values(), bound))
            written.append(f"{metric.name}_bucket{with_bound.text} {count}\n")
        if total is not None:
            written.append(f"{metric.name}_count{labels.text} {count}\n")
            written.append(f"{metric.name}_sum{labels.text} {number(total)}\n")
        lines[labels.text] = "".join(written)
        self.series += len(written)

    def written(self) -> dict[Metric, bytes]:
        """The samples of each metric, as they stand on a page."""
        return {metric: "".join(lines.values()).encode() for metric, lines in self._lines.items()}
