"""No metric is declared that nobody has seen: each stands on a golden page, or a test says what it should be."""

import re
from pathlib import Path

import pytest

from exporter.collectors.registry import COLLECTORS
from exporter.exposition.metric import Metric

_TESTS = Path(__file__).parents[1]
_OWN = {"connection", "exporter"}
"""Collectors whose metrics are all looked for on the page of a running agent."""

_METRICS = [metric for each in COLLECTORS if each.name not in _OWN for metric in each.metrics]
_SAMPLE = re.compile(r"^(\w+?)(?:_bucket|_sum|_count)?(?:\{| )", re.MULTILINE)
_ON_PAGES = {name for page in _TESTS.glob("golden/*.prom") for name in _SAMPLE.findall(page.read_text())}
_NAME = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)+")
_NAMED = {
    name.removesuffix("_bucket") for test in _TESTS.glob("**/test_*.py") for name in _NAME.findall(test.read_text())
}


@pytest.mark.parametrize("metric", _METRICS, ids=lambda metric: metric.name)
def test_a_metric_has_been_seen(metric: Metric) -> None:
    """Some tests leave out what all names begin with."""
    spelled = {metric.name.removeprefix(part) for part in ("", "libvirt_domain_", "libvirt_domain_job_info_")}
    assert metric.name in _ON_PAGES or spelled & _NAMED
