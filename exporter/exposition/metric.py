"""What a metric is, declared once: everything a page, a check and the documentation say of it."""

from dataclasses import dataclass
from typing import Literal

MetricType = Literal["gauge", "counter", "info", "stateset", "histogram"]
MetricSet = Literal["core", "default", "optional"]


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """One metric family.

    `name` is the name of its samples (counters end on `_total`, info metrics on `_info`; a histogram has the name
    before `_bucket`). `unit` is the base unit of its values, `source` the libvirt call and the conversion, `note` what
    a user of the figure must know. Two metrics are equal only if they are the same object.
    """

    name: str
    type: MetricType
    help: str
    labels: tuple[str, ...] = ()
    unit: str = ""
    source: str = ""
    note: str = ""
    set: MetricSet = "core"

    @property
    def family(self) -> str:
        """Name of the family in OpenMetrics, which leaves the suffix of counters and info metrics away."""
        if self.type == "counter":
            return self.name.removesuffix("_total")
        if self.type == "info":
            return self.name.removesuffix("_info")
        return self.name
