"""Declarations and what is made of them: the table of metrics and the pages of documentation."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from exporter.collectors.collector import Collector
from exporter.collectors.registry import COLLECTORS
from exporter.declarations import HEADER, declared, list_metrics
from exporter.documentation import pages
from exporter.exposition.metric import Metric
from scripts.monitoring.expressions import metrics, result_labels
from scripts.monitoring.rules import known_series, rules

_DOCS = Path(__file__).parents[2] / "docs"
_SERIES, _ = known_series(rules())
_NAME = re.compile(r"libvirt_[a-z0-9_]+|process_[a-z_]+")


@pytest.mark.parametrize("path", sorted(pages()))
def test_a_generated_page_is_up_to_date(path: str) -> None:
    """A declaration was changed: scripts/golden writes its page anew."""
    assert (_DOCS / path).read_text() == pages()[path]


def test_no_page_is_left_of_a_collector_that_is_no_more() -> None:
    """docs/collectors holds generated pages alone."""
    found = {f"collectors/{path.name}" for path in (_DOCS / "collectors").iterdir()}
    assert found == {path for path in pages() if path.startswith("collectors/")}


def test_each_name_is_declared_once() -> None:
    """Two families of one name would break a page."""
    names = [metric.family for _, metric in declared()]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("metric", [metric for _, metric in declared()], ids=lambda metric: str(metric.name))
def test_a_declaration_is_complete(metric: Metric) -> None:
    """Name, help, unit and suffix fit together, and the help ends as a sentence."""
    name, kind = metric.name, metric.type
    assert _NAME.fullmatch(name)
    assert name.endswith("_total") == (kind == "counter")
    assert name.endswith("_info") == (kind == "info")
    assert metric.help.endswith(".")
    assert metric.source


@pytest.mark.parametrize("collector", COLLECTORS, ids=lambda collector: str(collector.name))
def test_a_collector_says_what_it_gives_and_costs(collector: Collector) -> None:
    """What the flags, the help and its page are made of is there."""
    assert collector.help.endswith(".")
    assert collector.metrics
    assert collector.feeds


@pytest.mark.parametrize("collector", COLLECTORS, ids=lambda collector: str(collector.name))
def test_a_collector_has_a_query_and_its_queries_ask_for_what_there_is(collector: Collector) -> None:
    """Each is PromQL over metrics and labels that are declared, and one at least is about the collector's own."""
    for _, query in collector.queries:
        result_labels(query, _SERIES)
    asked = {name for _, query in collector.queries for name in metrics(query)}
    assert any(name.startswith(metric.name) for name in asked for metric in collector.metrics)


def test_the_table_of_metrics_has_a_row_of_seven_fields_for_each(capsys: pytest.CaptureFixture[str]) -> None:
    """Tab-separated, with a header."""
    assert list_metrics() == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert rows[0] == list(HEADER)
    assert [row[2] for row in rows[1:]] == [metric.name for _, metric in declared()]
    assert {len(row) for row in rows} == {7}


def test_the_table_does_not_need_a_hypervisor() -> None:
    """The command prints it and ends with 0."""
    command = [sys.executable, "-m", "exporter", "--list-metrics"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "libvirt_exporter_build_info" in printed
