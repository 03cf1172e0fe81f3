"""Bridge to prometheus_client: its families onto our page, and our rows into its families."""

from collections.abc import Iterable

from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector as FamilyCollector

from exporter.exposition.head import Form
from exporter.exposition.labels import Labels, escape
from exporter.exposition.metric import Metric
from exporter.exposition.rows import number

_TEXT_TYPES = {"info": "gauge", "stateset": "gauge", "unknown": "untyped", "gaugehistogram": "histogram"}


def write(collector: FamilyCollector, form: Form) -> bytes:
    """What a prometheus_client collector or registry gives, without `_created` series and timestamps."""
    return "".join(_lines(collector.collect(), form)).encode()


def _lines(families: Iterable[Family], form: Form) -> Iterable[str]:
    for family in families:
        samples = [sample for sample in family.samples if not sample.name.endswith("_created")]
        if not samples:
            continue
        name = family.name
        documentation = family.documentation.replace("\\", r"\\").replace("\n", r"\n")
        if form == "text":
            name += {"counter": "_total", "info": "_info"}.get(family.type, "")
            kind = _TEXT_TYPES.get(family.type, family.type)
        else:
            documentation = documentation.replace('"', r"\"")
            kind = family.type
        yield f"# HELP {name} {documentation}\n# TYPE {name} {kind}\n"
        if form == "openmetrics" and family.unit:
            yield f"# UNIT {name} {family.unit}\n"
        for sample in samples:
            labels = ",".join(f'{key}="{escape(value)}"' for key, value in sorted(sample.labels.items()))
            yield (
                f"{sample.name}{{{labels}}} {number(sample.value)}\n"
                if labels
                else (f"{sample.name} {number(sample.value)}\n")
            )


class FamilySink:
    """Takes the rows of a collector as prometheus_client families: the reference our own writer is held against."""

    def __init__(self) -> None:
        self._families: dict[Metric, Family] = {}

    def _family(self, metric: Metric) -> Family:
        if metric not in self._families:
            kind = "gauge" if metric.type == "stateset" else metric.type
            unit = metric.unit if metric.family.endswith(f"_{metric.unit}") else ""
            self._families[metric] = Family(metric.family, metric.help, kind, unit)
        return self._families[metric]

    def add(self, metric: Metric, labels: Labels, value: float) -> None:
        """One sample."""
        self._family(metric).add_sample(metric.name, labels.pairs(), value)

    def histogram(
        self, metric: Metric, labels: Labels, buckets: Iterable[tuple[str, int]], total: float | None
    ) -> None:
        """One histogram."""
        family = self._family(metric)
        pairs = labels.pairs()
        count = 0
        for bound, count in buckets:
            family.add_sample(f"{metric.name}_bucket", pairs | {"le": bound}, count)
        if total is not None:
            family.add_sample(f"{metric.name}_count", pairs, count)
            family.add_sample(f"{metric.name}_sum", pairs, total)

    def collect(self) -> Iterable[Family]:
        """The families, in the order in which they were first seen."""
        return self._families.values()
