"""Our writer against prometheus_client's: the same samples must give the same lines."""

import math
import shutil
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from exporter.exposition import families
from exporter.exposition.families import FamilySink
from exporter.exposition.head import END, Form
from exporter.exposition.labels import Labels
from exporter.exposition.live import write_rows
from exporter.exposition.metric import Metric, MetricType
from exporter.exposition.rows import Rows, Sink
from tests.lab.prometheus import promtool
from tests.unit.numbers import spelled_alike

_SUFFIXES: dict[MetricType, str] = {"counter": "_total", "info": "_info"}
_NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True).filter(lambda name: name != "le")
# Everything that is UTF-8; what is not is replaced, which prometheus_client does not do.
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    ['a"b', "a\\b", "a\nb", "\\n", "\\", "🦊", "a,b}", " # {", "\r\n\t", "\x85\u2028", ""]
)
_VALUES = st.integers(-(2**70), 2**70) | st.floats() | st.sampled_from([0, -0.0, 1e-320, 1e308, float("inf")])

# A counter below zero is no counter, and left out.
_COUNTS = st.integers(0, 2**70) | st.floats(0) | st.sampled_from([0, 1e-320, 1e308, float("inf")])


@st.composite
def _metrics(draw: st.DrawFn) -> Metric:
    kind = draw(st.sampled_from(get_args(MetricType)))
    unit = draw(st.sampled_from(["", "seconds", "bytes"])) if kind not in ("info", "stateset") else ""
    name = "libvirt_" + draw(st.from_regex(r"[a-z]{4,8}", fullmatch=True))
    labels = tuple(draw(st.lists(_NAMES, max_size=3, unique=True)))
    name += (f"_{unit}" if unit else "") + _SUFFIXES.get(kind, "")
    return Metric(name, kind, draw(_TEXT.filter(str.strip)).strip(), labels=labels, unit=unit)


@st.composite
def _fillings(draw: st.DrawFn) -> tuple[Metric, list[tuple[Labels, Any]]]:
    metric = draw(_metrics())
    sets = draw(st.lists(st.tuples(*[_TEXT] * len(metric.labels)), min_size=1, max_size=4, unique=True))
    samples: list[tuple[Labels, Any]] = []
    for values in sets:
        value: Any = draw({"counter": _COUNTS, "info": st.just(1)}.get(metric.type, _VALUES))
        if metric.type == "histogram":
            counts = sorted(draw(st.lists(st.integers(0, 2**40), min_size=3, max_size=3)))
            value = (list(zip(["0.005", "2.5", "+Inf"], counts, strict=True)), draw(st.none() | st.floats(0, 1e9)))
        samples.append((Labels(metric.labels, values), value))
    return metric, samples


Filling = tuple[Metric, list[tuple[Labels, Any]]]
Series = dict[tuple[Any, ...], float]


def _fill(sink: Sink, metric: Metric, samples: list[tuple[Labels, Any]]) -> None:
    for labels, value in samples:
        if metric.type == "histogram":
            sink.histogram(metric, labels, *value)
        else:
            sink.add(metric, labels, value)


def _pages(filling: Filling, form: Form) -> tuple[str, FamilySink]:
    rows, sink = Rows(), FamilySink()
    _fill(rows, *filling)
    _fill(sink, *filling)
    return write_rows([filling[0]], rows, form).decode(), sink


def _given(metric: Metric, samples: list[tuple[Labels, Any]]) -> Series:
    """Every series of a filling, with its value."""
    found: Series = {}
    for labels, value in samples:
        pairs = labels.pairs()
        if metric.type != "histogram":
            found[_key(metric.name, pairs)] = value
            continue
        buckets, total = value
        found |= {_key(f"{metric.name}_bucket", pairs | {"le": bound}): count for bound, count in buckets}
        if total is not None:
            found[_key(f"{metric.name}_count", pairs)] = buckets[-1][1]
            found[_key(f"{metric.name}_sum", pairs)] = total
    return found


def _key(name: str, labels: dict[str, str]) -> tuple[Any, ...]:
    return name, *sorted(labels.items())


def _comparable(series: Series) -> dict[tuple[Any, ...], float | str]:
    """As floats, which is what parsers give, with what is no number equal to itself."""
    return {key: "NaN" if math.isnan(value) else float(value) for key, value in series.items()}


def _registry(sink: FamilySink) -> CollectorRegistry:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(sink)
    return registry


@given(_fillings())
def test_text_equals_that_of_prometheus_client(filling: Filling) -> None:
    """Whatever a sample holds, both write it alike, the spelling of numbers aside."""
    page, sink = _pages(filling, "text")
    assert spelled_alike(page) == spelled_alike(generate_latest(_registry(sink)).decode())


@given(_fillings())
def test_openmetrics_equals_that_of_prometheus_client(filling: Filling) -> None:
    """Whatever a sample holds, both write it alike, the spelling of numbers aside."""
    page, sink = _pages(filling, "openmetrics")
    assert spelled_alike(page + END.decode()) == spelled_alike(generate_openmetrics(_registry(sink)).decode())


@pytest.mark.parametrize("form", get_args(Form))
@given(filling=_fillings())
def test_the_bridge_writes_families_as_prometheus_client_does(form: Form, filling: Filling) -> None:
    """What others registered stands on the page as they would have written it, in both forms."""
    _, sink = _pages(filling, form)
    theirs = generate_latest if form == "text" else generate_openmetrics
    end = "" if form == "text" else END.decode()
    assert spelled_alike(families.write(sink, form).decode() + end) == spelled_alike(theirs(_registry(sink)).decode())


@pytest.mark.parametrize("form", get_args(Form))
@given(filling=_fillings())
def test_what_is_written_can_be_read_again(form: Form, filling: Filling) -> None:
    """The parser of the form finds every series and its value as they were given, and the help."""
    metric, samples = filling
    page, _ = _pages(filling, form)
    (family,) = parse_text(page) if form == "text" else parse_openmetrics(page + END.decode())
    found = {_key(each.name, each.labels): each.value for each in family.samples}
    assert _comparable(found) == _comparable(_given(metric, samples))
    assert family.documentation == metric.help


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is missing: run scripts/setup")
@settings(max_examples=20)
@given(st.lists(_fillings(), min_size=5, max_size=15, unique_by=lambda filling: filling[0].name))
def test_promtool_reads_a_page_of_anything(fillings: list[Filling]) -> None:
    """Prometheus' own parser takes it: what promtool says at most is that a name is not in its taste (exit code 3)."""
    page = "".join(_pages(filling, "text")[0] for filling in fillings)
    code, said = promtool("check", "metrics", text=page)
    assert code in (0, 3), said


def test_numbers_beyond_floats_stay_exact() -> None:
    """A counter of 2^64-1 bytes is written digit by digit."""
    metric = Metric("libvirt_wide_bytes_total", "counter", "Wide.", unit="bytes")
    rows = Rows()
    rows.one(metric, 2**64 - 1)
    page = (write_rows([metric], rows, "openmetrics") + END).decode()
    assert "libvirt_wide_bytes_total 18446744073709551615\n" in page
    assert len(list(parse_openmetrics(page))) == 1
