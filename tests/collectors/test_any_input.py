"""Whatever a host tells, a page stays valid: a collector gives samples, or fails for that guest alone."""

from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
from structlog.testing import capture_logs

from exporter.collection.attempt import WrongData, attempt
from exporter.collection.plan import Slot
from exporter.collection.writing import Writing
from exporter.collectors import domain_metadata
from exporter.collectors.collector import Collector
from exporter.collectors.registry import COLLECTORS, KNOWN_FIELDS
from exporter.collectors.source import Description, Statistics
from exporter.exposition.page import Page
from exporter.exposition.part import Part
from exporter.exposition.rows import Rows
from exporter.filters import NameFilter
from exporter.guest import DeviceFilters, Guest
from exporter.hypervisor.inventory import Inventory
from exporter.hypervisor.record import Record
from exporter.hypervisor.unknown import KnownFields
from exporter.metadata import NAMESPACES, MetadataSettings, XPath
from exporter.outcome import Outcome
from tests.collectors.written import feeds, guest, page
from tests.replay.shapes import recording

_STATISTICS = [each for each in COLLECTORS if feeds(each, Statistics)]
_LABELS = MetadataSettings(labels={"project": XPath.parse("metadata//nova:project", NAMESPACES)})
_CONFIGURED = [each.configure(_LABELS) if each.configure else each for each in COLLECTORS]
_DESCRIBED = [each for each in _CONFIGURED if feeds(each, Description)]

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
    *("title", "metadata", "seclabel", "label", "vcpu", "numatune", "memnode", "iothreadpin", "vcpusched", "features"),
    *("boot", "clock", "sysinfo", "system", "entry", "serial", "input", "topology"),
]
_ATTRIBUTES = [
    *("dev", "name", "type", "unit", "id", "bus", "size", "memory", "nodeset", "average", "period", "file"),
    *("cpuset", "cpus", "vcpus", "cellid", "mode", "order", "placement"),
]
# What no XML may hold: ElementTree writes it all the same, and then does not read it.
_CHARACTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff")
_TEXT = st.text(_CHARACTERS, max_size=8) | st.integers().map(str)


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


_WRITTEN_BY_NOVA = st.sampled_from(["2026-05-04 08:15:30", "2026-05-04T08:15:30Z", "2", "-1", "1.5", ""]) | _TEXT


def _instance(minor: int, top: dict[str, str], inner: dict[str, str], name: str) -> ElementTree.Element:
    """What Nova writes, in either version of its namespace, with any text in any of its elements."""
    namespace = f"{{http://openstack.org/xmlns/libvirt/nova/1.{minor}}}"
    instance = ElementTree.Element(f"{namespace}instance")
    for tag, text in top.items():
        ElementTree.SubElement(instance, namespace + tag).text = text
    flavor = ElementTree.SubElement(instance, f"{namespace}flavor", {"name": name})
    owner = ElementTree.SubElement(instance, f"{namespace}owner")
    for tag, text in inner.items():
        parent = owner if tag in {"user", "project"} else flavor
        ElementTree.SubElement(parent, namespace + tag, {"uuid": text}).text = text
    port = ElementTree.SubElement(ElementTree.SubElement(instance, f"{namespace}ports"), f"{namespace}port")
    ElementTree.SubElement(port, f"{namespace}ip", {"address": name})
    return instance


_INSTANCES = st.builds(
    _instance,
    st.integers(0, 1),
    st.dictionaries(st.sampled_from(["name", "creationTime", "root"]), _WRITTEN_BY_NOVA),
    st.dictionaries(
        st.sampled_from(["vcpus", "memory", "disk", "ephemeral", "swap", "user", "project"]), _WRITTEN_BY_NOVA
    ),
    _TEXT,
)


def _description(
    elements: list[ElementTree.Element], devices: list[ElementTree.Element], instances: list[ElementTree.Element]
) -> ElementTree.Element:
    root = ElementTree.Element("domain")
    root.extend(elements)
    ElementTree.SubElement(root, "devices").extend(devices)
    ElementTree.SubElement(root, "metadata").extend(instances)
    return ElementTree.fromstring(ElementTree.tostring(root, "unicode"))


_DESCRIPTIONS = st.builds(
    _description,
    st.lists(_ELEMENTS, max_size=6),
    st.lists(_ELEMENTS, max_size=6),
    st.lists(_ELEMENTS | _INSTANCES, max_size=2),
)


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
@given(root=_DESCRIPTIONS)
def test_any_description_gives_a_valid_page_or_a_failure_of_that_guest(
    collector: Collector, root: ElementTree.Element
) -> None:
    """Well-formed XML of any shape, with and without what Nova writes."""
    _check(collector, Description, root)


class _Host:
    """A page on which every collector has written about some guests."""

    def __init__(self, *guests: tuple[Guest, Record, ElementTree.Element]) -> None:
        collectors = {*_STATISTICS, *_DESCRIBED}
        self.parts = {
            each.name: Part(each.metrics, phrase="", series_limit=0, clock=lambda: 0.0) for each in collectors
        }
        self.outcomes = {each.name: Outcome() for each in collectors}
        self._page = Page(self.parts, {}, lambda _form, _names: b"", lambda: 0.0)
        there = {about.uuid: about for about, _, _ in guests}
        writing = Writing(self._page, Inventory(NameFilter(), _ALL, guests=there, everyone=there))
        with capture_logs() as self.logs:
            for collector in collectors:
                for number, feed in enumerate(collector.feeds):
                    for about, record, root in guests:
                        if isinstance(feed.source, Statistics | Description):
                            data = record if isinstance(feed.source, Statistics) else root
                            writing.guest(Slot(collector, number, feed, 15.0), about, self.outcomes, 1.0, data)
        self._page.publish(*self.parts)

    def text(self) -> str:
        """The whole page."""
        return b"".join(self._page.render("openmetrics", gzip=False)).decode()


_ALL = DeviceFilters(lambda _: True, lambda _: True)
_FOUND = recording("one")["guests"][0]
_SOUND = (Guest("1", "sound", _ALL), Record(_FOUND["stats"]), ElementTree.fromstring(_FOUND["xml"]))
_SOUND_LINES = sorted(line for line in _Host(_SOUND).text().split("\n") if not line.startswith("#"))


@settings(max_examples=60, deadline=None)
@given(flat=_FLAT, root=_DESCRIPTIONS)
def test_a_guest_that_makes_no_sense_is_counted_and_logged_and_costs_no_other(
    flat: dict[str, Any], root: ElementTree.Element
) -> None:
    """The page is valid, the other guest is all there, and each failure has its line in the log."""
    host = _Host((Guest("2", "odd", _ALL), Record(flat), root), _SOUND)
    list(parse(host.text()))  # type: ignore[no-untyped-call]
    lines = [line for line in host.text().split("\n") if not line.startswith("#")]
    assert sorted(line for line in lines if 'domain="odd"' not in line) == _SOUND_LINES != []
    for name, outcome in host.outcomes.items():
        logged = [each for each in host.logs if each["collector"] == name]
        assert {each["subject"] for each in logged} <= {"Guest('odd')"}
        assert len(logged) == outcome.failures <= host.parts[name].invalid


@given(instance=_INSTANCES)
def test_what_nova_wrote_never_costs_a_guest_its_title(instance: ElementTree.Element) -> None:
    """Nor its name in OpenStack: a figure that is none costs the figures beside it."""
    root = ElementTree.Element("domain")
    ElementTree.SubElement(root, "title").text = "Accounts"
    ElementTree.SubElement(root, "metadata").append(instance)
    rows = Rows()
    domain_metadata.describe(guest(), root, rows)
    assert {metric.name for metric in rows.written()} >= {"libvirt_domain_title_info", "libvirt_domain_openstack_info"}


@settings(max_examples=100, deadline=None)
@given(flat=_FLAT)
def test_any_flat_dictionary_is_looked_through_for_unknown_fields(flat: dict[str, Any]) -> None:
    """What is not known is counted under its group, and nothing else happens."""
    unknown: dict[str, set[str]] = {}
    KnownFields(KNOWN_FIELDS).note_unknown(Record(flat), unknown)
    assert unknown.keys() <= {key.partition(".")[0] for key in flat}
