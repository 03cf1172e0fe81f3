"""The whole road: real guests, the real command as a process, a real Prometheus that scrapes it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from exporter.collectors.registry import COLLECTORS
from exporter.exposition.metric import Metric
from tests.docs.markdown import DOCS, blocks
from tests.lab.agent import Agent
from tests.lab.guests import Guests
from tests.lab.libvirtd import Libvirtd
from tests.lab.polling import eventually
from tests.lab.pools import Pools
from tests.lab.prometheus import Prometheus, static_target

CORE = [metric for collector in COLLECTORS for metric in collector.metrics if metric.set == "core"]

ABSENT = {
    "libvirt_node_cache_bank_bytes": "the host has no resctrl",
    "libvirt_node_sysinfo_info": "the machine has no SMBIOS",
    "libvirt_node_cpu_frequency_hertz": "a virtual machine may not tell its frequency",
    "libvirt_node_cpu_guest_seconds_total": "given since libvirt 11.8",
    "libvirt_node_cpu_utilization_ratio": "given by drivers without CPU times",
    "libvirt_node_memory_available_bytes": "given since libvirt 12.3",
    "libvirt_node_numa_distance": "the machine has one cell",
    "libvirt_domain_set_aside_timestamp_seconds": "no guest hangs",
    "libvirt_domain_memory_stats_hugetlb_pgalloc_total": "the guest's kernel has no hugepages",
    "libvirt_domain_memory_stats_hugetlb_pgfail_total": "the guest's kernel has no hugepages",
    "libvirt_exporter_call_timeouts_total": "no call missed its deadline",
    "libvirt_exporter_call_errors_total": "no call failed for good",
    "libvirt_exporter_oldest_call_timestamp_seconds": "there only while a call is out",
    "libvirt_exporter_unknown_fields": "this libvirt gives nothing unknown",
}
"""Metrics that this machine, or a host on which nothing goes wrong, does not have; they may be there all the same."""

COOKBOOK = blocks((DOCS / "cookbook.md").read_text(), "promql")

QUIET = {
    1: "the host answers",
    7: "no guest hangs",
    11: "no guest waits for a processor on a machine that is at leisure",
    14: "no guest is short of memory",
    15: "no guest swaps",
    17: "its guests have little more than they use",
    20: "no disk is full",
    21: "no pool fills up",
    23: "no packet is lost",
}
"""Questions about trouble that this host does not have; without their limits they are about its figures."""

FAST = {"node_cpu", "domain_info", "domain_vcpu", "domain_memory", "domain_block", "domain_interface"}
"""Collectors of the figures below, which run often so that the tests need not wait."""

GROWING = [
    'libvirt_domain_info_cpu_time_seconds_total{domain="writer"}',
    'libvirt_domain_vcpu_time_seconds_total{domain="writer",vcpu="0"}',
    'libvirt_domain_block_stats_write_bytes_total{domain="writer"}',
    'libvirt_domain_block_stats_write_requests_total{domain="writer"}',
    'libvirt_domain_interface_stats_receive_packets_total{domain="writer"}',
    'libvirt_domain_memory_stats_last_update_timestamp_seconds{domain="writer"}',
    'libvirt_node_cpu_seconds_total{mode="user"}',
]


@pytest.fixture(scope="module")
def prometheus(
    libvirt_host: Libvirtd, module_guests: Guests, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prometheus]:
    """A Prometheus whose one target is an agent beside a writing, a paused, a stopped and a restless guest."""
    module_guests.start(module_guests.linux("writer"))
    module_guests.start_paused(module_guests.idle("waiting"))
    module_guests.define(module_guests.idle("stopped")).setAutostart(1)
    pool = Pools(libvirt_host, module_guests).directory("volumes")
    restless = module_guests.start_paused(module_guests.idle("restless"))
    module_guests.wait_booted("writer")
    directory: Path = tmp_path_factory.mktemp("road")
    often = [f"--collector.{each.name}.interval=2s" for each in COLLECTORS if each.name in FAST]
    agent = Agent(directory / "agent", f"--libvirt.uri={libvirt_host.uri}", *often)
    server = Prometheus(directory / "prometheus", [static_target(agent.address)])
    server.wait_for('libvirt_domain_active{domain="restless"} == 1')
    for stops in (1, 2):
        restless.destroy()
        server.wait_for(f'libvirt_domain_stops_total{{domain="restless"}} == {stops}')
        restless.create()
    yield server
    server.stop()
    pool.destroy()
    pool.undefine()
    assert agent.stop() == 0


def test_prometheus_reads_the_agent(prometheus: Prometheus) -> None:
    """The target is healthy and libvirt answers."""
    assert prometheus.wait_for('up{job="libvirt"} == 1')
    assert prometheus.wait_for("libvirt_up == 1")


@pytest.mark.parametrize("metric", CORE, ids=lambda metric: metric.name)
def test_each_core_metric_reaches_prometheus(prometheus: Prometheus, metric: Metric) -> None:
    """Prometheus has series of it, with the labels declared, unless this machine cannot have any."""
    name = f"{metric.name}_count" if metric.type == "histogram" else metric.name
    if metric.name in ABSENT:
        found = prometheus.query(name)
        if not found:
            pytest.skip(f"{metric.name}: {ABSENT[metric.name]}")
    else:
        found = prometheus.wait_for(name, within=60)
    for labels, _value in found:
        assert set(labels) - {"__name__", "job", "instance"} <= set(metric.labels)


@pytest.mark.parametrize("series", GROWING)
def test_counters_of_a_busy_guest_grow(prometheus: Prometheus, series: str) -> None:
    """A guest that writes and talks moves its figures from one run to the next."""
    before = sum(value for _, value in prometheus.wait_for(series, within=60))
    eventually(
        lambda: sum(value for _, value in prometheus.query(series)) > before, within=90, what=f"{series} above {before}"
    )


@pytest.mark.parametrize(("guest", "state"), [("writer", "running"), ("waiting", "paused"), ("stopped", "shutoff")])
def test_each_guest_is_in_its_state(prometheus: Prometheus, guest: str, state: str) -> None:
    """Exactly one state of a guest is 1, and it is the right one."""
    found = prometheus.wait_for(f'libvirt_domain_state{{domain="{guest}"}} == 1')
    assert [labels["state"] for labels, _ in found] == [state]


def test_a_stopped_guest_has_no_invented_figures(prometheus: Prometheus) -> None:
    """What libvirt makes up for a guest that is off is not on the page: CPU time, and memory in use."""
    assert prometheus.wait_for('libvirt_domain_info_maximum_memory_bytes{domain="stopped"}')
    for name in ("libvirt_domain_info_cpu_time_seconds_total", "libvirt_domain_info_memory_usage_bytes"):
        assert prometheus.query(f'{name}{{domain="stopped"}}') == []


def test_the_cookbook_has_twenty_five_questions() -> None:
    """Each with one query."""
    assert len(COOKBOOK) == 25


@pytest.mark.parametrize("number", range(1, 26))
def test_a_question_of_the_cookbook_has_an_answer(prometheus: Prometheus, number: int) -> None:
    """Its query gives something on a host with real guests; one about trouble that there is not, without its limits."""
    query = COOKBOOK[number - 1]
    if number in QUIET:
        query = re.sub(r" (?:==|<|>) [\d.]+(?: \* \d+)?", "", query)
    assert prometheus.wait_for(query, within=60)
