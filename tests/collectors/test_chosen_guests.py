"""Which guests are shown, and what is true of all of them whatever is shown."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from exporter.filters import Filters, NameFilter
from exporter.host import Host
from exporter.metadata import NAMESPACES, MetadataMatch, MetadataSettings, XPath
from tests.replay.host import collected, page
from tests.replay.shapes import recording

_DOMAIN = re.compile(r'domain="([^"]*)"')
_PROJECT = XPath.parse("metadata/nova:instance/nova:owner/nova:project", NAMESPACES)
_OSINFO = XPath.parse("metadata/libosinfo:libosinfo/libosinfo:os/@id", NAMESPACES)


def _shown(host: Host) -> set[str]:
    return set(_DOMAIN.findall(page(host, "text")))


def _sums(host: Host) -> Mapping[str, str]:
    lines = [line.rpartition(" ") for line in page(host, "text").splitlines() if not line.startswith("#")]
    return {
        name: value for name, _, value in lines if name.startswith(("libvirt_node_guest_", "libvirt_node_autostart"))
    }


def _collected(**settings: Any) -> Host:
    return collected(recording("many"), **settings)


def test_guests_are_chosen_by_their_metadata() -> None:
    """Only guests whose XML has the value are on any part of the page."""
    match = MetadataMatch(_OSINFO, re.compile(r"http://debian\.org/.*"))
    host = _collected(metadata=MetadataSettings(include=(match,)))
    assert _shown(host) == {"off", "tuned"}
    assert host.inventory.excluded == host.inventory.total - 2


def test_guests_are_left_out_by_their_metadata() -> None:
    """The others stay, those without the value as well."""
    everything = _shown(_collected())
    match = MetadataMatch(_PROJECT, re.compile(".*"))
    assert everything - _shown(_collected(metadata=MetadataSettings(exclude=(match,)))) == {"nova-new", "complete"}


def test_overcommit_counts_guests_that_are_not_shown() -> None:
    """Filters choose what is shown, not what the host carries."""
    filtered = _collected(filters=Filters(domain=NameFilter(include=re.compile("web-1"))))
    assert _shown(filtered) == {"web-1"}
    assert _sums(filtered) == _sums(_collected())
    assert _sums(filtered)["libvirt_node_guest_vcpus"] == "20"


def test_a_sum_that_would_leave_a_guest_out_is_absent() -> None:
    """One guest whose monitor is busy has no resident memory; a smaller sum would be wrong."""
    found = recording("many")
    del found["guests"][0]["stats"]["balloon.rss"]
    sums = _sums(collected(found))
    assert "libvirt_node_guest_resident_memory_bytes" not in sums
    assert "libvirt_node_guest_vcpus" in sums


def test_sums_are_absent_while_a_guest_that_counts_has_said_nothing() -> None:
    """Of guests that run, and of guests that start with the host; the others' sums stay."""
    found = recording("many")
    running, starting = found["guests"][0], next(each for each in found["guests"] if not each["active"])
    for guest in found["guests"]:
        guest["autostart"] = int(guest is starting)
    whole = _sums(collected(found)).keys()
    assert "libvirt_node_guest_vcpus" in whole
    assert "libvirt_node_autostart_vcpus" in whole
    without_running = _sums(collected(found, vanished=frozenset({running["uuid"]}))).keys()
    assert without_running == {name for name in whole if "autostart" in name}
    without_starting = _sums(collected(found, vanished=frozenset({starting["uuid"]}))).keys()
    assert without_starting == {name for name in whole if "autostart" not in name}


def test_a_filter_on_disks_holds_for_what_descriptions_say() -> None:
    """A disk that is not shown has no facts and no limits either."""
    host = _collected(filters=Filters(disk=NameFilter(exclude=re.compile("vda"))))
    assert 'target_device="vda"' not in page(host, "text")
    assert 'target_device="vdb"' in page(host, "text")


def test_the_limit_of_series_is_logged_once_when_it_cuts() -> None:
    """The part keeps whole guests up to the limit, and says how much is missing."""
    with capture_logs() as logs:
        host = _collected(series_limit=20, collectors={"connection": 15.0, "domain_info": 15.0})
    part = host.figures.parts["domain_info"]
    assert part.series <= 20
    assert part.cut > 0
    cut = [each for each in logs if each["event"] == "limit of series reached, some are left out"]
    assert [each["collector"] for each in cut] == ["domain_info"]
    assert host.figures.collectors["domain_info"].runs > 1


def test_a_description_that_cannot_be_read_costs_only_what_comes_out_of_it() -> None:
    """The guest's statistics are there, and the others' facts."""
    found = recording("many")
    found["guests"][0]["xml"] = "<domain><broken>"
    broken, whole = found["guests"][0]["name"], found["guests"][1]["name"]
    text = page(collected(found), "text")
    assert f'libvirt_domain_cpu_user_seconds_total{{domain="{broken}"}}' in text
    assert f'libvirt_domain_info{{domain="{broken}"' not in text
    assert f'libvirt_domain_info{{domain="{whole}"' in text


def _unmatched(**settings: Any) -> list[tuple[str, str]]:
    """Option and level of each filter that is said to match nothing, by all collectors together."""
    with capture_logs() as logs:
        _collected(**settings)
    return [(each["option"], each["log_level"]) for each in logs if each["event"] == "filter matches nothing"]


@pytest.mark.parametrize("thing", ["domain", "disk", "interface", "storage_pool", "volume", "network"])
def test_a_filter_that_matches_nothing_is_named_when_what_it_chooses_among_is_known(thing: str) -> None:
    """A warning for one that leaves everything out; one that leaves out nothing is seen by whoever looks closely."""
    option = thing.replace("_", "-")
    none, all_ = re.compile("no-such-thing"), re.compile(".*")
    include = _unmatched(filters=Filters(**{thing: NameFilter(include=none, option=option)}))
    assert include == [(f"{option}.include", "warning")]
    exclude = _unmatched(filters=Filters(**{thing: NameFilter(include=all_, exclude=none, option=option)}))
    assert exclude == [(f"{option}.exclude", "debug")]
    assert _unmatched(filters=Filters(**{thing: NameFilter(include=all_, option=option)})) == []


def test_metadata_that_no_guest_has_is_named() -> None:
    """Nothing is shown, which somebody will wonder about."""
    match = MetadataMatch(_PROJECT, re.compile("no-such-project"))
    assert _unmatched(metadata=MetadataSettings(include=(match,))) == [("domain.metadata", "warning")]
