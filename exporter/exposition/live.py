"""Rows of the exporter's own, which belong to no part."""

from collections.abc import Iterable

from exporter.exposition.head import Form, head
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Rows


def write_rows(metrics: Iterable[Metric], rows: Rows, form: Form) -> bytes:
    """The families that have samples, in the order of `metrics`."""
    written = rows.written()
    return b"".join(head(metric, form) + written[metric] for metric in metrics if metric in written)
