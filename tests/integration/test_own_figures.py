"""What the agent says of itself and of its connection, on the page of the real command."""

from collections.abc import Iterator

import pytest

from exporter.collectors import connection, exporter
from exporter.exposition.metric import Metric
from tests.lab.agent import Agent
from tests.lab.polling import eventually
from tests.lab.samples import Samples

OWN = (*connection.COLLECTOR.metrics, *exporter.COLLECTOR.metrics)

ABSENT = {
    "libvirt_exporter_call_timeouts_total": "no call missed its deadline",
    "libvirt_exporter_call_errors_total": "no call failed for good",
    "libvirt_exporter_oldest_call_timestamp_seconds": "there only while a call is out",
    "libvirt_exporter_unknown_fields": "this libvirt gives nothing unknown",
    "libvirt_exporter_certificate_expiry_timestamp_seconds": "nothing is encrypted",
}
"""Metrics of trouble and of what was not asked for; they may be there all the same."""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Samples]:
    """The page of an agent that was asked for it before."""
    agent = Agent(tmp_path_factory.mktemp("own"), "--demo")
    eventually(lambda: "libvirt_exporter_http_requests_total{" in agent.page(), within=20, what="a request counted")
    yield Samples.parse(agent.page())
    assert agent.stop() == 0


@pytest.mark.parametrize("metric", OWN, ids=lambda metric: metric.name)
def test_each_of_its_own_figures_is_on_the_page(page: Samples, metric: Metric) -> None:
    """With the labels that were declared."""
    name = f"{metric.name}_count" if metric.type == "histogram" else metric.name
    found = [labels for labels, _ in page.each(name)]
    if not found and metric.name in ABSENT:
        pytest.skip(f"{metric.name}: {ABSENT[metric.name]}")
    assert {tuple(sorted(labels)) for labels in found} == {tuple(sorted(metric.labels))}
