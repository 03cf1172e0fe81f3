"""Many hosts in one agent."""

import socket
import uuid
from pathlib import Path

from tests.lab.agent import Agent
from tests.lab.polling import eventually
from tests.lab.samples import Samples

HOSTS = 50
GUESTS = 100


def test_fifty_hosts_of_a_hundred_guests_are_all_watched(tmp_path: Path) -> None:
    """Each host is up with all its guests: few collectors, as the test driver is asked guest by guest."""
    guests = "".join(
        f"<domain type='test'><name>guest-{number}</name><uuid>{uuid.UUID(int=number)}</uuid>"
        "<memory>65536</memory><vcpu>1</vcpu><os><type>hvm</type></os></domain>"
        for number in range(1, GUESTS + 1)
    )
    (tmp_path / "host.xml").write_text(f"<node>{guests}</node>")
    lines = [f"  - {{name: host-{number}, uri: 'test://{tmp_path}/host.xml'}}" for number in range(HOSTS)]
    file = tmp_path / "config.yml"
    flags = [f"--collector.{name}" for name in ("domain_state", "domain_info", "domain_vcpu", "node_memory")]
    file.write_text("\n".join(["hosts:", *lines]))
    agent = Agent(tmp_path, f"--config.file={file}", "--collector.disable-defaults", *flags, ready_within=120)
    try:
        for number in range(HOSTS):
            page = Samples.parse(agent.page(f"/probe?target=host-{number}"))
            assert page.value("libvirt_up") == 1
            assert page.value("libvirt_domains_active") == GUESTS
    finally:
        agent.stop()


def test_a_host_that_hangs_harms_no_other(tmp_path: Path) -> None:
    """While one host accepts connections and says nothing, the other stays fresh and all pages answer."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        file = tmp_path / "config.yml"
        file.write_text(
            "collector: {domain_state: {interval: 1s}}\n"
            "hosts:\n"
            "  - {name: fine, uri: 'test:///default'}\n"
            f"  - {{name: silent, uri: 'qemu+tcp://{address}/system'}}\n"
        )
        agent = Agent(tmp_path, f"--config.file={file}", ready_within=None)
        try:

            def last_run() -> float:
                page = Samples.parse(agent.page("/probe?target=fine"))
                return page.value("libvirt_exporter_collector_last_success_timestamp_seconds", collector="domain_state")

            first = eventually(lambda: last_run() if last_run() > 0 else 0, within=30, what="the first run")
            eventually(lambda: last_run() > first + 3, within=30, what="further runs")
            assert Samples.parse(agent.page("/probe?target=silent")).value("libvirt_up") == 0
            eventually(
                lambda: "no answer before its deadline" in agent.process.output(), within=60, what="the words for it"
            )
            assert last_run() > first
            assert agent.status("/-/ready") == 503
        finally:
            agent.stop()
