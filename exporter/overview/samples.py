"""Samples of a host, read back from its page."""

from prometheus_client.parser import text_string_to_metric_families

from exporter.exposition.metric import Metric
from exporter.exposition.page import Page

Sample = tuple[dict[str, str], float]
"""Labels and value of one series."""


def samples(page: Page, metric: Metric) -> list[Sample]:
    """The series of a metric as they stand on the page; empty if its collector is off or has not run."""
    families = text_string_to_metric_families(page.lines(metric.name).decode())
    return [(sample.labels, sample.value) for family in families for sample in family.samples]


def value(page: Page, metric: Metric) -> float | None:
    """The value of a metric without labels."""
    found = samples(page, metric)
    return found[0][1] if found else None
