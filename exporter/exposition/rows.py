"""Where a collector puts its samples: each is checked against its declaration."""

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
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


class _Unbounded(float):
    """Not a number, or infinite."""

    __slots__ = ()

    def __repr__(self) -> str:
        return number(self)


class Rows:
    """The samples of one subject (a guest, or the host) from one run of one collector.

    `duplicates` counts series left out because the same name and labels were there before, `invalid` counters and
    histograms left out because they can not be what was given: below zero, not a number, or falling.
    """

    __slots__ = ("_histograms", "_values", "duplicates", "invalid")

    def __init__(self) -> None:
        self._values: defaultdict[Metric, dict[str, float]] = defaultdict(dict)
        self._histograms: defaultdict[Metric, dict[str, list[str]]] = defaultdict(dict)
        self.duplicates = 0
        self.invalid = 0

    def add(self, metric: Metric, labels: Labels, value: float) -> None:
        """Take one sample; raises DeclarationError if it is not what its metric declares."""
        if labels.names is not metric.labels and labels.names != metric.labels:
            raise _mismatch(metric, labels)
        kind = type(value)
        # Numbers of a kind are compared with their like, which takes the interpreter half the time.
        if kind is int:
            if value < 0 and metric.type == "counter":
                self.invalid += 1
                return
        elif kind is float:
            if not value >= 0.0 and metric.type == "counter":
                self.invalid += 1
                return
            if value - value != 0.0:  # which it is for every finite number
                value = _Unbounded(value)
        else:
            raise DeclarationError(f"{metric.name} got {value!r}, which is not a number")
        values = self._values[metric]
        if labels.text in values:
            self.duplicates += 1
        else:
            values[labels.text] = value

    def one(self, metric: Metric, value: float | None) -> None:
        """Take the sample of a metric without labels; None is absent."""
        if value is not None:
            self.add(metric, NO_LABELS, value)

    def histogram(
        self, metric: Metric, labels: Labels, buckets: Iterable[tuple[str, int]], total: float | None
    ) -> None:
        """Take one histogram: `buckets` are cumulative, the last bound is `+Inf`; `total` None leaves sum
        and count out, which OpenMetrics wants together."""
        if labels.names is not metric.labels and labels.names != metric.labels:
            raise _mismatch(metric, labels)
        buckets = list(buckets)
        bounds = tuple([bound for bound, _ in buckets])
        counts = [0, *[count for _, count in buckets]]
        if not _rising(bounds) or counts != sorted(counts) or not (total is None or total >= 0):
            self.invalid += 1
            return
        histograms = self._histograms[metric]
        if labels.text in histograms:
            self.duplicates += 1
            return
        lines = histograms[labels.text] = [
            f"{metric.name}_bucket{text} {count}\n"
            for text, count in zip(labels.bounded(bounds), counts[1:], strict=True)
        ]
        if total is not None:
            lines.append(f"{metric.name}_count{labels.text} {counts[-1]}\n")
            lines.append(f"{metric.name}_sum{labels.text} {number(total)}\n")

    @property
    def series(self) -> int:
        """How many there are; buckets count one by one."""
        counted = sum(map(len, self._values.values()))
        for histograms in self._histograms.values():
            counted += sum(map(len, histograms.values()))
        return counted

    def written(self) -> dict[Metric, bytes]:
        """The samples of each metric, as they stand on a page."""
        found = {}
        for metric, values in self._values.items():
            lines = []
            for text, value in values.items():
                lines.append(f"{text} {value!r}")
            between = f"\n{metric.name}"  # copied by one call for all lines
            found[metric] = f"{metric.name}{between.join(lines)}\n".encode()
        for metric, histograms in self._histograms.items():
            found[metric] = "".join([line for lines in histograms.values() for line in lines]).encode()
        return found


@lru_cache(1024)
def _rising(bounds: tuple[str, ...]) -> bool:
    """Whether upper bounds are in order and different; a histogram keeps its own."""
    numbers = list(map(float, bounds))
    return numbers == sorted(set(numbers))


def _mismatch(metric: Metric, labels: Labels) -> DeclarationError:
    return DeclarationError(f"{metric.name} declares labels {metric.labels} and got {labels.names}")
