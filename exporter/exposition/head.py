"""The lines before the samples of a family, in both formats."""

from functools import lru_cache
from typing import Literal

from exporter.exposition.metric import Metric, MetricType

Form = Literal["text", "openmetrics"]

# The text format has no info metrics and no state sets; a state set is written as a gauge in both, because OpenMetrics
# wants its label named like the metric and people expect `state`.
_TEXT_TYPES: dict[MetricType, str] = {
    "gauge": "gauge",
    "counter": "counter",
    "info": "gauge",
    "stateset": "gauge",
    "histogram": "histogram",
}
_OPENMETRICS_TYPES: dict[MetricType, str] = _TEXT_TYPES | {"info": "info"}

END = b"# EOF\n"


@lru_cache(4096)
def head(metric: Metric, form: Form, phrase: str = "") -> bytes:
    """HELP, TYPE and (OpenMetrics) UNIT of a family; `phrase` is added to its help."""
    text = f"{metric.help} {phrase}".rstrip().replace("\\", r"\\").replace("\n", r"\n")
    if form == "text":
        return f"# HELP {metric.name} {text}\n# TYPE {metric.name} {_TEXT_TYPES[metric.type]}\n".encode()
    family = metric.family
    text = text.replace('"', r"\"")
    lines = f"# HELP {family} {text}\n# TYPE {family} {_OPENMETRICS_TYPES[metric.type]}\n"
    # A unit may only stand there when the name ends on it.
    if metric.unit and family.endswith(f"_{metric.unit}"):
        lines += f"# UNIT {family} {metric.unit}\n"
    return lines.encode()
