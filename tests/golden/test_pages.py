"""The golden pages: what they say, and that everybody else reads them so."""

import re
import shutil
import subprocess

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric as Family
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from exporter.collectors.registry import COLLECTORS
from exporter.exposition.head import Form
from exporter.exposition.part import Part
from exporter.exposition.rows import Rows
from tests.golden import pages
from tests.replay.host import page
from tests.replay.shapes import SHAPES
from tests.unit.numbers import spelled_alike

every_shape = pytest.mark.parametrize("shape", SHAPES)
every_form = pytest.mark.parametrize("form", pages.FORMS)


@every_shape
@every_form
def test_a_page_is_what_was_reviewed(shape: str, form: Form) -> None:
    """If the change is meant, scripts/golden writes the files anew."""
    assert page(SHAPES[shape].collected(), form) == pages.path(shape, form).read_text()


@every_shape
def test_the_help_says_how_often_it_is_read(shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of what is read less often than the rest of its collector."""
    slower: dict[str, float] = {}
    put = Part.put

    def note(part: Part, feed: int, subject: str, rows: Rows, expires: float, made_of: object) -> None:
        put(part, feed, subject, rows, expires, made_of)
        (collector,) = (
            (each for each in COLLECTORS if set(rows.written()) & set(each.metrics)) if rows.series else (None,)
        )
        if collector is not None and collector.feeds[feed].interval is not None:
            pace = collector.feeds[feed].paced(collector.interval)
            slower.update((metric.name, pace) for metric in rows.written())

    monkeypatch.setattr(Part, "put", note)
    help_of = dict(re.findall(r"^# HELP (\S+) .* Read every (\S+)s\.$", page(SHAPES[shape].collected(), "text"), re.M))
    assert {name: float(help_of[name]) for name in slower} == slower
    assert slower or shape == "empty"


def test_no_golden_file_is_left_of_a_shape_that_is_no_more() -> None:
    """Files and shapes belong together."""
    files = {path.name for pattern in ("*.prom", "*.openmetrics") for path in pages.FOLDER.glob(pattern)}
    assert files == {pages.path(shape, form).name for shape in SHAPES for form in pages.FORMS}


@every_shape
def test_promtool_has_nothing_to_complain_about(shape: str) -> None:
    """Names, types and help are as Prometheus' own linter wants them."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed: run scripts/setup")
    text = pages.path(shape, "text").read_bytes()
    checked = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, check=False)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")


class _Given:
    """A collector that gives what was parsed."""

    def __init__(self, families: list[Family]) -> None:
        self._families = families

    def collect(self) -> list[Family]:
        return self._families


@every_shape
def test_the_text_format_is_what_prometheus_client_would_write(shape: str) -> None:
    """Line by line, in all but the spelling of numbers."""
    ours = pages.path(shape, "text").read_text()
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Given(list(parse_text(ours))))
    theirs = generate_latest(registry).decode()
    assert spelled_alike(ours) == spelled_alike(theirs)


@every_shape
def test_openmetrics_is_what_prometheus_client_would_write(shape: str) -> None:
    """Line by line, in all but the spelling of numbers."""
    ours = pages.path(shape, "openmetrics").read_text()
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Given(list(parse_openmetrics(ours))))
    theirs = generate_openmetrics(registry).decode()
    assert spelled_alike(ours) == spelled_alike(theirs)


@every_shape
def test_both_formats_say_the_same(shape: str) -> None:
    """The same samples stand in both, in the same order."""
    found = []
    for form in pages.FORMS:
        lines = pages.path(shape, form).read_text().splitlines()
        found.append([line for line in lines if not line.startswith("#")])
    assert found[0] == found[1]
