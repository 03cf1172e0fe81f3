"""Every metric there is, by collector, as data and as the table that `--list-metrics` prints."""

from collections.abc import Iterator

from exporter.collectors.registry import COLLECTORS
from exporter.exposition.metric import Metric

HEADER = ("collector", "set", "name", "type", "unit", "labels", "help")


def declared() -> Iterator[tuple[str, Metric]]:
    """Each metric with the name of its collector, in the order of the page."""
    for collector in COLLECTORS:
        for metric in collector.metrics:
            yield collector.name, metric


def list_metrics() -> int:
    """Print all of them as tab-separated values with a header; the exit code."""
    print(*HEADER, sep="\t")
    for collector, metric in declared():
        labels = ",".join(metric.labels)
        print(collector, metric.set, metric.name, metric.type, metric.unit, labels, metric.help, sep="\t")
    return 0
