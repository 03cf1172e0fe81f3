"""Whatever a host tells, a page stays valid: a collector gives samples, or fails for that guest alone."""

from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse

from exporter.collection.attempt import WrongData, attempt
from exporter.collectors.collector import Collector
from exporter.collectors.registry import COLLECTORS, KNOWN_FIELDS
from exporter.collectors.source import Description, Statistics
from exporter.exposition.rows import Rows
from exporter.hypervisor.record import Record
from exporter.hypervisor.unknown import KnownFields
from tests.collectors.written import feeds, guest, page

_STATISTICS = [each for each in COLLECTORS if feeds(each, Statistics)]
_DESCRIBED = [each for each in COLLECTORS if feeds(each, Description)]

_SPELLINGS = sorted(
    f"{group}.{field}".replace("*", "thing") for group, fields in KNOWN_FIELDS.items() for field in fields
)
_NUMBERS = st.integers(0, 3).map(str)
_KEYS = st.builds(lambda key, number: key.replace("<n>", number), st.sampled_from(_SPELLINGS), _NUMBERS) | st.text(
    max_size=12
)
_VALUES = (
    st.integers(-(2**63), 2**64 - 1)
    | st.sampled_from([0, 1, 2, 3])
    | st.floats()
    | st.booleans()
    | st.text(max_size=12)
)
_FLAT = st.dictionaries(_KEYS, _VALUES, max_size=40)

_TAGS = [
    *("disk", "source", "target", "driver", "iotune", "total_bytes_sec", "mirror", "backingStore"),
    *("interface", "mac", "bandwidth", "inbound", "link", "hostdev", "address", "graphics", "channel", "memballoon"),
    *("memory", "size", "requested", "stats", "cputune", "shares", "period", "quota", "vcpupin", "memtune"),
    *("hard_limit", "memoryBacking", "hugepages", "page", "cpu", "numa", "cell", "os", "loader", "type", "iothreads"),
    *("title", "metadata", "seclabel", "label"),
]
_ATTRIBUTES = ["dev", "name", "type", "unit", "id", "bus", "size", "memory", "nodeset", "average", "period", "file"]
_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=8) | st.integers().map(str)


def _element(children: st.SearchStrategy[ElementTree.Element]) -> st.SearchStrategy[ElementTree.Element]:
    def build(tag: str, attributes: dict[str, str], text: str, inner: list[ElementTree.Element]) -> ElementTree.Element:
        element = ElementTree.Element(tag, attributes)
        element.text = text
        element.extend(inner)
        return element

    attributes = st.dictionaries(st.sampled_from(_ATTRIBUTES), _TEXT, max_size=4)
    return st.builds(build, st.sampled_from(_TAGS), attributes, _TEXT, st.lists(children, max_size=4))


_LEAF = st.sampled_from(_TAGS).map(ElementTree.Element)
_ELEMENTS = st.recursive(_LEAF, _element, max_leaves=12)


def _check(collector: Collector, source: type, data: Any) -> None:
    """Every feed either raises WrongData or writes what another program can read."""
    for feed in feeds(collector, source):
        rows = Rows()
        try:
            attempt(feed.collect, guest(), data, rows)
        except WrongData:
            continue
        list(parse(page(collector, rows)))  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("collector", _STATISTICS, ids=lambda each: str(each.name))
@settings(max_examples=40, deadline=None)
@given(flat=_FLAT)
def test_any_flat_dictionary_gives_a_valid_page_or_a_failure_of_that_guest(
    collector: Collector, flat: dict[str, Any]
) -> None:
    """Keys that are known, with any value, and keys that nobody knows."""
    _check(collector, Statistics, Record(flat))


@pytest.mark.parametrize("collector", _DESCRIBED, ids=lambda each: str(each.name))
@settings(max_examples=40, deadline=None)
@given(elements=st.lists(_ELEMENTS, max_size=6), devices=st.lists(_ELEMENTS, max_size=6))
def test_any_description_gives_a_valid_page_or_a_failure_of_that_guest(
    collector: Collector, elements: list[ElementTree.Element], devices: list[ElementTree.Element]
) -> None:
    """Well-formed XML of any shape."""
    root = ElementTree.Element("domain")
    root.extend(elements)
    ElementTree.SubElement(root, "devices").extend(devices)
    text = ElementTree.tostring(root, "unicode")
    _check(collector, Description, ElementTree.fromstring(text))


@settings(max_examples=100, deadline=None)
@given(flat=_FLAT)
def test_any_flat_dictionary_is_looked_through_for_unknown_fields(flat: dict[str, Any]) -> None:
    """What is not known is counted under its group, and nothing else happens."""
    unknown: dict[str, set[str]] = {}
    KnownFields(KNOWN_FIELDS).note_unknown(Record(flat), unknown)
    assert unknown.keys() <= {key.partition(".")[0] for key in flat}
