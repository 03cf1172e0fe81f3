"""Samples and labels: checked against their declaration before they can reach a page."""

import math

import pytest

from exporter.errors import DeclarationError
from exporter.exposition.labels import NO_LABELS, Labels
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
