"""Targets for Prometheus, from a real agent that watches hosts of the test driver."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from exporter.collectors.domain_address import ADDRESS_INFO
from exporter.discovery.guests import guests
from exporter.discovery.hypervisors import hypervisors
from exporter.discovery.place import Place
from exporter.exposition.labels import Labels
from exporter.exposition.page import Page
from exporter.exposition.part import Part
from exporter.exposition.rows import Rows
from exporter.guest import DeviceFilters, Guest
from exporter.settings import HostSettings
from tests.lab.agent import Agent
from tests.lab.process import fetch

PAUSED = 3
GUEST = """<domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'><name>{name}</name>
<title>Guest of nobody</title><memory>65536</memory><vcpu>1</vcpu><os><type>hvm</type></os>
<metadata><x:owner xmlns:x='https://example.org/owner'>accounts</x:owner></metadata>
<devices><interface type='network'><mac address='52:54:00:00:00:01'/><source network='blue'/><target dev='tap-{name}'/>
</interface></devices><test:runstate>{state}</test:runstate></domain>"""
NETWORK = """<network><name>blue</name><ip address='192.168.122.1' netmask='255.255.255.0'>
<dhcp><range start='192.168.122.2' end='192.168.122.254'/></dhcp></ip></network>"""
HOST = f"<node>{GUEST.format(name='walker', state=1)}{GUEST.format(name='sleeper', state=PAUSED)}{NETWORK}</node>"
EVERYTHING = ("--collector.domain_address", "--collector.domain_interface_info", "--collector.domain_metadata")
GUESTS = "/sd/guests?port=9100"

Start = Callable[..., Agent]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts an agent with these lines of a configuration file."""
    running: list[Agent] = []

    def starter(lines: Sequence[str], *flags: str, ready: bool = True, prefix: str = "") -> Agent:
        (tmp_path / "host.xml").write_text(HOST)
        file = tmp_path / "config.yml"
        file.write_text("\n".join(lines).replace("HOST", f"test://{tmp_path}/host.xml"))
        ready_within = 30 if ready else None
        running.append(Agent(tmp_path, f"--config.file={file}", *flags, ready_within=ready_within, prefix=prefix))
        return running[-1]

    yield starter
    for agent in running:
        agent.stop()


def test_a_guest_is_a_target_with_all_that_is_known(start: Start) -> None:
    """A running guest has its address and labels of state, network, title and metadata; a paused one is no target."""
    owner = ["metadata:", "  namespaces: {x: https://example.org/owner}", "  labels: {owner: metadata/x:owner}"]
    found = json.loads(start(["libvirt: {uri: HOST}", *owner], *EVERYTHING).page(GUESTS))
    assert [group["labels"]["__meta_libvirt_name"] for group in found] == ["walker"]
    address, _, port = found[0]["targets"][0].rpartition(":")
    assert (address.rpartition(".")[0], port) == ("192.168.122", "9100")
    labels = {key.removeprefix("__meta_libvirt_"): text for key, text in found[0]["labels"].items()}
    assert labels.pop("uuid")
    assert labels == {
        "host": labels["host"],
        "name": "walker",
        "state": "running",
        "interface": "tap-walker",
        "mac_address": "52:54:00:00:00:01",
        "address_source": "lease",
        "addresses": address,
        "network": "blue",
        "title": "Guest of nobody",
        "metadata_owner": "accounts",
    }


def test_guests_without_the_collector_are_404_with_its_flag(start: Start) -> None:
    """Who asks for guests while nobody reads addresses is told what to switch on."""
    status, body = fetch(start(["libvirt: {uri: HOST}"]).url + GUESTS)
    assert (status, "--collector.domain_address" in body) == (404, True)


@pytest.mark.parametrize("query", ["", "?port=", "?port=0", "?port=65536", "?port=http", "?port=-1", "?port=%D9%A3"])
def test_a_port_that_is_none_is_400(start: Start, query: str) -> None:
    """The answer says which ports there are."""
    status, body = fetch(f"{start(['libvirt: {uri: HOST}'], *EVERYTHING).url}/sd/guests{query}")
    assert (status, body) == (400, "port: 1 to 65535, as in /sd/guests?port=9100\n")


def test_no_guest_is_known_of_a_host_that_is_down(start: Start) -> None:
    """503 names the host and why, so that Prometheus keeps what it has; another host may be asked for alone."""
    hosts = ["hosts:", "  - {name: fine, uri: HOST}", "  - {name: gone, uri: 'test:///no/such/host.xml'}"]
    agent = start(hosts, *EVERYTHING, "--collector.domain_address.interval=1s", ready=False)
    status, body = fetch(agent.url + GUESTS)
    assert status == 503
    assert body.startswith("not all guests are known: ")
    assert "gone is down: " in body
    agent.process.wait_for_page(f"{agent.url}{GUESTS}&host=fine")
    assert len(json.loads(agent.page(f"{GUESTS}&host=fine"))) == 1
    status, body = fetch(f"{agent.url}{GUESTS}&host=nobody")
    assert (status, body) == (404, "unknown host; known are: fine, gone\n")


def test_the_host_header_changes_nothing(start: Start) -> None:
    """Whoever asks cannot send Prometheus anywhere: addresses are those the agent knows of itself."""
    agent = start(["libvirt: {uri: HOST}"])
    found = json.loads(agent.page("/sd/hypervisors", Host="evil.example.org"))
    assert [group["targets"] for group in found] == [[agent.address]]


def test_an_agent_of_several_hosts_is_a_target_beside_them(start: Start) -> None:
    """Each target of the list answers with the page it stands for, also below a prefix."""
    hosts = ["hosts:", "  - {name: one, uri: HOST}", "  - {name: two, uri: HOST, labels: {instance: zwei, rack: b2}}"]
    agent = start(hosts, prefix="/libvirt")
    pages = {}
    for group in json.loads(agent.page("/sd/hypervisors")):
        labels = group["labels"]
        query = f"?target={labels['__param_target']}" if "__param_target" in labels else ""
        url = f"{labels['__scheme__']}://{group['targets'][0]}{labels['__metrics_path__']}{query}"
        pages[labels["__meta_libvirt_role"], labels["instance"]] = fetch(url)[1]
    assert list(pages) == [("host", "one"), ("host", "zwei"), ("agent", agent.address)]
    assert ["libvirt_up 1" in page.splitlines() for page in pages.values()] == [True, True, False]
    assert "libvirt_exporter_http_requests_total" in pages["agent", agent.address]


def test_with_one_host_the_agent_is_no_target_of_its_own() -> None:
    """Its page holds the host and the agent, and is listed once."""
    found = hypervisors(
        [HostSettings("a", "test:///default")], Place("http", "x:1", ""), multi=False, telemetry_path="/m"
    )
    assert [(group["labels"]["__metrics_path__"], group["labels"]["__meta_libvirt_role"]) for group in found] == [
        ("/m", "host")
    ]


def test_an_ipv6_address_stands_in_brackets() -> None:
    """IPv4 and leases come first, what only the host itself could reach is left out."""
    found = targets("lease 2001:db8::5", "lease fe80::1", "arp 192.0.2.7")
    assert found == ["[2001:db8::5]:9100"]
    assert targets("arp 2001:db8::5", "arp 192.0.2.7") == ["192.0.2.7:9100"]
    assert targets("lease fe80::1", "lease 127.0.0.1") == []


def targets(*addresses: str) -> list[Any]:
    """The targets of a running guest that has these addresses."""
    guest = Guest("u", "six", DeviceFilters(lambda _: True, lambda _: True))
    guest.active = True
    part = Part((ADDRESS_INFO,), phrase="", series_limit=0, clock=lambda: 0.0)
    rows = Rows()
    for each in addresses:
        source, address = each.split()
        rows.add(
            ADDRESS_INFO, Labels(ADDRESS_INFO.labels, ("six", "tap0", "52:54:00:00:00:01", address, "64", source)), 1
        )
    page = Page({"domain_address": part}, {}, lambda _form, _names: b"", lambda: 0.0)
    with page.writing() as parts:
        parts["domain_address"].put(0, "u", rows, 1.0)
    page.publish("domain_address")
    return [target for group in guests("h", page, [guest], 9100) for target in group["targets"]]
