"""Samples and labels: checked against their declaration before they can reach a page."""

import math

import pytest

from exporter.errors import DeclarationError
from exporter.exposition.labels import NO_LABELS, Labels, remembered
from exporter.exposition.live import write_rows
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Rows, number

PLAIN = Metric("libvirt_plain", "gauge", "Plain.")
DOMAIN = Metric("libvirt_domain_thing", "gauge", "Thing.", labels=("domain",))
WAIT = Metric("libvirt_wait_seconds", "histogram", "Wait.", labels=("path",), unit="seconds")


def lines(rows: Rows, metric: Metric) -> str:
    """What is written of a metric."""
    return rows.written().get(metric, b"").decode()


def test_a_label_count_that_is_not_declared_is_refused() -> None:
    """It fails where it is made, not in a scrape."""
    with pytest.raises(DeclarationError, match="got 2 values"):
        Labels(("domain",), ("a", "b"))


def test_a_label_that_is_no_text_is_refused() -> None:
    """None would else stand on the page as a word."""
    with pytest.raises(DeclarationError, match="label domain got None"):
        Labels(("domain",), (None,))  # type: ignore[arg-type]


def test_labels_of_another_metric_are_refused() -> None:
    """A sample has exactly the labels its metric declares."""
    with pytest.raises(DeclarationError, match="libvirt_domain_thing declares labels"):
        Rows().add(DOMAIN, NO_LABELS, 1)


@pytest.mark.parametrize("value", [None, "1", True, [1]])
def test_a_value_that_is_no_number_is_refused(value: object) -> None:
    """Truth is written as 0 or 1 by who declares it."""
    with pytest.raises(DeclarationError, match="not a number"):
        Rows().add(PLAIN, NO_LABELS, value)  # type: ignore[arg-type]


def test_names_with_quotes_backslashes_and_newlines_are_escaped() -> None:
    """A guest may be called anything."""
    assert Labels(("domain",), ('a"b\\c\nd',)).text == r'{domain="a\"b\\c\nd"}'


def test_names_that_are_no_utf8_are_made_so() -> None:
    """libvirt-python gives undecodable bytes as lone surrogates, which no page can hold."""
    assert Labels(("domain",), ("a\udcff🦊",)).text == '{domain="a\N{REPLACEMENT CHARACTER}🦊"}'


def test_a_long_name_is_kept_whole() -> None:
    """Two guests may differ in the last of 200 characters."""
    assert Labels(("domain",), ("x" * 200,)).text == '{domain="' + "x" * 200 + '"}'


def test_a_series_that_was_there_is_left_out_and_counted() -> None:
    """The first one stays: a page with both would be refused as a whole."""
    rows = Rows()
    rows.one(PLAIN, 1)
    rows.one(PLAIN, 2)
    assert (lines(rows, PLAIN), rows.series, rows.duplicates) == ("libvirt_plain 1\n", 1, 1)


def test_absent_is_not_zero() -> None:
    """None writes nothing."""
    rows = Rows()
    rows.one(PLAIN, None)
    assert (rows.written(), rows.series) == ({}, 0)


@pytest.mark.parametrize(
    ("value", "spelled"),
    [(2**64 - 1, "18446744073709551615"), (0.1, "0.1"), (math.nan, "NaN"), (math.inf, "+Inf"), (-math.inf, "-Inf")],
)
def test_numbers_are_spelled_as_both_formats_want(value: float, spelled: str) -> None:
    """Integers stay exact, and what is no number has its own words."""
    rows = Rows()
    rows.one(PLAIN, value)
    assert lines(rows, PLAIN) == f"libvirt_plain {spelled}\n"
    assert number(value) == spelled


def test_a_histogram_has_buckets_count_and_sum() -> None:
    """Cumulative, with the count of the last bucket, which is +Inf."""
    rows = Rows()
    rows.histogram(WAIT, Labels(("path",), ("/",)), [("0.1", 2), ("+Inf", 3)], 1.5)
    assert lines(rows, WAIT) == (
        'libvirt_wait_seconds_bucket{le="0.1",path="/"} 2\n'
        'libvirt_wait_seconds_bucket{le="+Inf",path="/"} 3\n'
        'libvirt_wait_seconds_count{path="/"} 3\n'
        'libvirt_wait_seconds_sum{path="/"} 1.5\n'
    )


def test_a_histogram_without_a_sum_says_none() -> None:
    """Where libvirt gives the counts alone, the sum is absent."""
    rows = Rows()
    rows.histogram(WAIT, Labels(("path",), ("/",)), [("+Inf", 3)], None)
    assert "_sum" not in lines(rows, WAIT)


@pytest.mark.parametrize(
    ("buckets", "total"),
    [([("1", 5), ("+Inf", 3)], 1.0), ([("2", 1), ("1", 2)], 1.0), ([("1", 1), ("1", 2)], 1.0), ([("+Inf", 3)], -1.0)],
)
def test_a_histogram_that_cannot_be_one_leaves_nothing_behind(buckets: list[tuple[str, int]], total: float) -> None:
    """Counts fall, bounds fall or come twice, or the sum is below zero: counted, and no head without samples."""
    rows = Rows()
    rows.histogram(WAIT, Labels(("path",), ("/",)), buckets, total)
    assert (rows.invalid, rows.series, write_rows([WAIT], rows, "text")) == (1, 0, b"")


def test_a_counter_below_zero_leaves_nothing_behind() -> None:
    """Counted, and no head without samples."""
    starts = Metric("libvirt_starts_total", "counter", "Starts.")
    rows = Rows()
    rows.one(starts, -1)
    rows.one(starts, math.nan)
    assert (rows.invalid, rows.series, write_rows([starts], rows, "text")) == (2, 0, b"")


def test_a_bound_stands_where_its_name_belongs() -> None:
    """Label names are in order, `le` among them, and values are escaped as everywhere."""
    labels = Labels(("path", "domain"), ('"', "{0}"))
    assert labels.bounded(["0.1", "+Inf"]) == [
        r'{domain="{0}",le="0.1",path="\""}',
        r'{domain="{0}",le="+Inf",path="\""}',
    ]
    assert NO_LABELS.bounded(["1"]) == ['{le="1"}']


def test_a_remembered_set_is_made_once() -> None:
    """The same names and values are the same object."""
    assert remembered(("path",), "/") is remembered(("path",), "/")
    assert remembered(("path",), "/").text == Labels(("path",), ("/",)).text
