"""Every metric a query may use, with its labels."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector

from exporter.collectors.process import METRICS as PROCESS_METRICS
from exporter.declarations import declared
from exporter.exposition.metric import Metric

TARGET = frozenset({"job", "instance"})
"""Labels that Prometheus gives every series it scrapes."""

Labels = Mapping[str, frozenset[str]]
"""Names of labels by name of series."""


def scraped() -> dict[str, frozenset[str]]:
    """The series of our pages, those of the Python process included, and the ones Prometheus makes of a scrape."""
    found = {"up": TARGET, "scrape_duration_seconds": TARGET}
    registry = CollectorRegistry()
    for collector in (ProcessCollector, PlatformCollector, GCCollector):
        collector(registry=registry)
    for family in registry.collect():
        for sample in family.samples:
            found[sample.name] = frozenset(sample.labels) | TARGET
    for metric in (*(metric for _, metric in declared()), *PROCESS_METRICS):
        found |= _series(metric)
    return found


def _series(metric: Metric) -> dict[str, frozenset[str]]:
    labels = frozenset(metric.labels) | TARGET
    if metric.type != "histogram":
        return {metric.name: labels}
    return {
        f"{metric.name}_bucket": labels | {"le"},
        f"{metric.name}_sum": labels,
        f"{metric.name}_count": labels,
    }


def alerts(rules: Labels) -> dict[str, frozenset[str]]:
    """The series that Prometheus writes for alerts; which labels of a guest they have differs from alert to alert."""
    names = TARGET.union(*rules.values())
    return {"ALERTS": names | {"alertname", "alertstate"}, "ALERTS_FOR_STATE": names | {"alertname"}}
