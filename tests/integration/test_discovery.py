"""Prometheus finds hosts and guests through the agent."""

import json
from pathlib import Path
from typing import Any

from tests.lab.agent import Agent
from tests.lab.guests import Guests
from tests.lab.libvirtd import Libvirtd
from tests.lab.polling import eventually
from tests.lab.process import fetch
from tests.lab.prometheus import Prometheus

_KEPT = [{"action": "labelmap", "regex": "__meta_libvirt_(name|state|address_source|network)"}]


def http_sd(job: str, url: str) -> dict[str, Any]:
    """A scrape configuration that asks for its targets each second."""
    return {
        "job_name": job,
        "http_sd_configs": [{"url": url, "refresh_interval": "1s"}],
        "relabel_configs": _KEPT,
    }


def targets(server: Prometheus, job: str) -> list[dict[str, Any]]:
    """The active targets of a job."""
    return [each for each in server.api("targets")["activeTargets"] if each["labels"]["job"] == job]


def test_prometheus_follows_a_guest_that_starts_and_stops(
    libvirt_host: Libvirtd, guests: Guests, tmp_path: Path
) -> None:
    """A guest becomes a target when it has an address, under its name, and is none when it is off."""
    flags = ("--collector.disable-defaults", "--collector.domain_state", "--collector.domain_state.interval=2s")
    about = (
        "--collector.domain_interface_info",
        "--collector.domain_address",
        "--collector.domain_address.interval=2s",
    )
    agent = Agent(tmp_path, f"--libvirt.uri={libvirt_host.uri}", *flags, *about)
    server = Prometheus(tmp_path / "prometheus", [http_sd("guests", f"{agent.url}/sd/guests?port=9100")])
    try:
        assert json.loads(agent.page("/sd/guests?port=9100")) == []
        domain = guests.start(guests.linux("walker", "idle", options="lab.ip=dhcp"))
        found = eventually(lambda: targets(server, "guests"), within=120, every=0.5, what="the guest as a target")
        assert found[0]["labels"]["name"] == "walker"
        assert found[0]["labels"]["network"] == "lab"
        assert found[0]["labels"]["state"] == "running"
        assert found[0]["labels"]["address_source"] == "lease"
        assert found[0]["discoveredLabels"]["__address__"].endswith(":9100")
        domain.destroy()
        eventually(lambda: not targets(server, "guests"), within=30, every=0.5, what="the end of the target")
    finally:
        server.stop()
        agent.stop()


def test_a_host_that_goes_down_keeps_its_targets_and_says_so(
    own_libvirt_host: Libvirtd, own_guests: Guests, tmp_path: Path
) -> None:
    """Without a daemon to ask, Prometheus keeps the guest, and the page calls all it shows what was known last."""
    own_guests.start(own_guests.linux("walker", "idle", options="lab.ip=dhcp"))
    flags = ("--collector.domain_address", "--collector.domain_address.interval=2s")
    agent = Agent(tmp_path, f"--libvirt.uri={own_libvirt_host.uri}", *flags)
    server = Prometheus(tmp_path / "prometheus", [http_sd("guests", f"{agent.url}/sd/guests?port=9100")])
    try:
        eventually(lambda: targets(server, "guests"), within=120, every=0.5, what="the guest as a target")
        assert '<span class="pill running">running</span>' in agent.page("/")
        own_libvirt_host.kill()
        status, body = eventually(
            lambda: found if (found := fetch(f"{agent.url}/sd/guests?port=9100"))[0] != 200 else None,
            within=30,
            what="an answer without guests",
        )
        assert (status, body.startswith("not all guests are known: local is down: ")) == (503, True)
        page = agent.page("/")
        assert "This host cannot be asked:" in page
        assert "Its last answer came " in page
        assert '<span class="pill running">' not in page
        assert '<span class="pill running remembered">running</span> <span class="reason">last known ' in page
        # The failures of discovery that Prometheus counts: it has asked and was refused, more than once.
        failures = "prometheus_sd_http_failures_total"
        eventually(lambda: page_value(server, failures) > 2, within=30, every=0.5, what="failed refreshes")
        assert targets(server, "guests")
        own_libvirt_host.start_daemon()
        eventually(lambda: fetch(f"{agent.url}/sd/guests?port=9100")[0] == 200, within=60, what="guests known again")
        assert "This host cannot be asked:" not in agent.page("/")
    finally:
        server.stop()
        agent.stop()


def page_value(server: Prometheus, name: str) -> float:
    """A figure of Prometheus about itself."""
    return sum(
        float(line.split()[-1]) for line in fetch(f"{server.url}/metrics")[1].splitlines() if line.startswith(name)
    )


def test_prometheus_scrapes_every_host_it_is_told_of(tmp_path: Path) -> None:
    """Hosts of one agent come up as targets of their own, with the labels of the configuration, and so does it."""
    file = tmp_path / "config.yml"
    file.write_text(
        "hosts:\n"
        "  - {name: one, uri: 'test:///default', labels: {rack: a1}}\n"
        "  - {name: two, uri: 'test:///default', labels: {rack: b2}}\n"
    )
    agent = Agent(tmp_path, f"--config.file={file}")
    server = Prometheus(tmp_path / "prometheus", [http_sd("hosts", f"{agent.url}/sd/hypervisors")])
    try:
        eventually(lambda: len(server.query("libvirt_up == 1")) == 2, within=60, every=0.5, what="both hosts")
        found = {labels["instance"]: labels["rack"] for labels, _ in server.query("libvirt_up")}
        assert found == {"one": "a1", "two": "b2"}
        assert [labels["instance"] for labels, _ in server.wait_for("libvirt_exporter_scheduler_delay_seconds")] == [
            agent.address
        ]
    finally:
        server.stop()
        agent.stop()
