"""The documentation's example of two jobs that ask for different parts, with a real Prometheus."""

import re
import shutil
from pathlib import Path

import pytest
import yaml

from tests.lab.agent import Agent
from tests.lab.prometheus import Prometheus

pytestmark = pytest.mark.skipif(shutil.which("prometheus") is None, reason="no prometheus on this machine")


def test_two_jobs_for_one_host_give_series_that_rules_can_bring_together(tmp_path: Path) -> None:
    """The parts that both jobs of the example ask for carry one `job`, and no sample of one displaces the other's."""
    section = Path("docs/scaling.md").read_text().split("## Asking for less")[1]
    example = re.search(r"^```yaml\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    assert example is not None
    jobs = yaml.safe_load(example[1])["scrape_configs"]
    agent = Agent(tmp_path, "--libvirt.uri=test:///default")
    for job in jobs:
        job |= {"scrape_interval": "1s", "static_configs": [{"targets": [agent.address]}]}
    prometheus = Prometheus(tmp_path / "prometheus", jobs)
    try:
        prometheus.wait_for("libvirt_domain_active == 1 and on (job, instance) libvirt_network_active == 1")
        prometheus.wait_for("count_over_time(libvirt_up[10s]) >= 5 and on (job, instance) libvirt_network_active")
        labels = {series["job"] for series, _ in prometheus.query('count by (job) ({__name__=~"libvirt_.+|up"})')}
    finally:
        prometheus.stop()
        agent.stop()
    assert labels == {"libvirt"}
    assert "ingesting" not in (tmp_path / "prometheus" / "prometheus.log").read_text()
