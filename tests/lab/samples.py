"""A page as figures: what a scrape says, by metric and labels."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families


@dataclass(frozen=True)
class Samples:
    """The samples of one page."""

    found: tuple[tuple[str, Mapping[str, str], float], ...]

    @staticmethod
    def parse(text: str) -> "Samples":
        """Read a page in the text format."""
        families = text_string_to_metric_families(text)
        return Samples(tuple((s.name, s.labels, s.value) for family in families for s in family.samples))

    def each(self, name: str, **labels: str) -> Iterator[tuple[Mapping[str, str], float]]:
        """Labels and value of each sample of that name that has these labels."""
        for found, carried, value in self.found:
            if found == name and labels.items() <= carried.items():
                yield carried, value

    def by(self, label: str, name: str, **labels: str) -> dict[str, float]:
        """Values of a name by one of its labels."""
        return {carried[label]: value for carried, value in self.each(name, **labels)}

    def value(self, name: str, **labels: str) -> float:
        """The one value of a name; NaN, which is less and more than nothing, if it is not there."""
        values = [value for _, value in self.each(name, **labels)]
        assert len(values) <= 1, f"{name}{labels} has {len(values)} samples"
        return values[0] if values else math.nan

    def names(self, **labels: str) -> set[str]:
        """Names of the metrics that have a sample with these labels."""
        return {found for found, carried, _ in self.found if labels.items() <= carried.items()}
