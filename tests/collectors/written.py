"""Lets one collector write about one guest, and reads what it wrote."""

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from exporter.collection.attempt import attempt
from exporter.collectors.collector import Collector, Feed
from exporter.collectors.source import Description, Statistics
from exporter.exposition.head import END, head
from exporter.exposition.rows import Rows
from exporter.guest import DeviceFilters, Guest
from exporter.hypervisor.record import Record


def guest(name: str = "web-1", *, active: bool = True) -> Guest:
    """A guest of which every device is shown."""
    made = Guest("6f3f0a3e-0000-4000-8000-000000000001", name, DeviceFilters(lambda _: True, lambda _: True))
    made.active = active
    return made


def statistics(collector: Collector, flat: Mapping[str, Any], *, about: Guest | None = None) -> list[str]:
    """The sample lines its feeds of bulk statistics write for such a record; raises WrongData."""
    return _lines(collector, Statistics, about or guest(), Record(flat))


def description(collector: Collector, xml: str, *, about: Guest | None = None) -> list[str]:
    """The sample lines its feeds of descriptions write for such XML; raises WrongData."""
    return _lines(collector, Description, about or guest(), ElementTree.fromstring(xml))


def page(collector: Collector, rows: Rows) -> str:
    """What was written as an OpenMetrics page."""
    written = rows.written()
    families = (head(metric, "openmetrics", "") + written[metric] for metric in collector.metrics if metric in written)
    return (b"".join(families) + END).decode()


def feeds(collector: Collector, source: type) -> list[Feed]:
    """The feeds that need such a source."""
    return [feed for feed in collector.feeds if isinstance(feed.source, source)]


def _lines(collector: Collector, source: type, *arguments: Any) -> list[str]:
    lines: list[str] = []
    for feed in feeds(collector, source):
        rows = Rows()
        attempt(feed.collect, *arguments, rows)
        lines += [line for data in rows.written().values() for line in data.decode().splitlines()]
    return lines
