"""Alerts against real faults: libvirtd, QEMU, our agent, Prometheus with our rules, Alertmanager and a receiver."""

import csv
import json
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest

from scripts.monitoring.page import HEADER, SEEN
from scripts.monitoring.queries import ANY, filled, panels
from tests.lab.agent import Agent
from tests.lab.alertmanager import Alertmanager
from tests.lab.chromium import screenshot
from tests.lab.guests import Guests
from tests.lab.libvirtd import Libvirtd
from tests.lab.polling import eventually
from tests.lab.prometheus import Prometheus, static_target
from tests.lab.webhook import Webhook
from tests.monitoring import picture
from tests.monitoring.faults import Fault, Stage
from tests.monitoring.short import quicker

pytestmark = pytest.mark.timeout(500)

FAST = "domain_state domain_health domain_info domain_vcpu domain_memory domain_block domain_block_error storage_pool"
FAST += " network domain_interface domain_job event"
SLOW = "node node_cpu node_memory numa overcommit ksm domain_cpu domain_snapshot domain_channel"
Alert = tuple[str, str]
"""The subject of an alert (guest, pool, network, or empty for the host) and its name."""

FILES = sorted(Path("dashboards").glob("*.json"))
PREVIEW = Path("dashboards/preview")
RUN = {**ANY, "$__rate_interval": "15s"}
NO_DATA = {
    "libvirt_node_ksm_": "the kernel cannot merge pages",
    "libvirt_exporter_collector_failures_total": "a hung guest or an absent daemon is no collector's failure",
    "libvirt_exporter_call_timeouts_total": "a counter that begins with its first count has no rate",
}
"""Parts of queries that may give nothing here, and why."""
STARVED_FOR_REAL = {(guest, "LibvirtDomainVcpuStarved") for guest in ("healthy", "full")}
"""These work, and share what CPUs the machine has left with the whole test: the alert may be right about them."""


@dataclass
class Scene:
    """Everything that takes part."""

    stage: Stage
    agent: Agent
    prometheus: Prometheus
    webhook: Webhook
    began: float = field(default_factory=time.time)
    made: dict[str, float] = field(default_factory=dict)
    """When the fault of a subject was made, in Unix seconds."""
    worst: float = 0.0
    """When every fault was in effect and every alert fired."""

    def curves(self, query: str, start: float, end: float) -> list[tuple[str, list[tuple[float, float]]]]:
        """What a query of a dashboard gave from one moment to another: labels as text, and (time, value) pairs."""
        asked = {"query": filled(query, RUN), "start": str(start), "end": str(end), "step": "2"}
        found = self.prometheus.api("query_range", **asked)["result"]
        return [
            (
                "\0".join(f"{name}={value}" for name, value in series["metric"].items()),
                [(float(at), float(value)) for at, value in series["values"] if value != "NaN"],
            )
            for series in found
        ]

    def rows(self, query: str, at: float) -> list[tuple[dict[str, str], float]]:
        """What a query of a dashboard gave at a moment."""
        found = self.prometheus.api("query", query=filled(query, RUN), time=str(at))["result"]
        return [(series["metric"], float(series["value"][1])) for series in found]

    def seconds(self, subject: str, name: str) -> int:
        """Seconds from a fault until its alert reached the receiver, as Prometheus dates it."""
        starts = [
            datetime.fromisoformat(alert["startsAt"]).timestamp()
            for alert in self.webhook.alerts(name, "firing")
            if _subject(alert["labels"])[0] == subject
        ]
        return round(min(starts) - self.made[subject])

    def alerts(self, status: str) -> set[Alert]:
        """What the receiver was told so far."""
        return {_subject(alert["labels"]) for alert in self.webhook.alerts(status=status)} - STARVED_FOR_REAL

    def firing(self) -> set[Alert]:
        """What fires in Prometheus now."""
        firing = self.prometheus.query('ALERTS{alertstate="firing"}')
        return {_subject(labels) for labels, _ in firing} - STARVED_FOR_REAL


def _subject(labels: dict[str, str]) -> Alert:
    subject = next((labels[name] for name in ("domain", "storage_pool", "network") if name in labels), "")
    return subject, labels["alertname"]


@pytest.fixture(scope="module")
def scene(libvirt_host: Libvirtd, module_guests: Guests, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A healthy host that is watched."""
    directory = tmp_path_factory.mktemp("alerts")
    stage = Stage(libvirt_host, module_guests)
    stage.set()
    intervals = [f"--collector.{name}.interval=2s" for name in FAST.split()]
    intervals += [f"--collector.{name}.interval=10s" for name in SLOW.split()]
    agent = Agent(directory, f"--libvirt.uri={libvirt_host.uri}", "--libvirt.deadline=8s", *intervals)
    webhook = Webhook()
    alertmanager = Alertmanager(directory / "alertmanager", webhook.url)
    rules = [quicker(file, directory / file.name) for file in sorted(Path("alerts").glob("*.rules.yml"))]
    target = static_target(agent.address)
    prometheus = Prometheus(directory / "prometheus", [target], rule_files=rules, alertmanager=alertmanager.address)
    yield Scene(stage, agent, prometheus, webhook)
    for part in (prometheus, alertmanager, webhook, agent):
        part.stop()
    stage.end()


def test_a_healthy_host_raises_nothing(scene: Scene) -> None:
    """Guests that run, are paused or off on purpose are no reason for an alert, long after every wait has passed."""
    scene.prometheus.wait_for("count_over_time(libvirt_up[40s]) >= 38", within=90)
    assert scene.firing() == set()
    assert scene.alerts("firing") == set()


def test_each_fault_raises_its_own_alert_and_no_other(scene: Scene, faults: list[Fault]) -> None:
    """Faults made at once raise each its alert on its subject and not on its twin; all resolve after repair."""
    wanted = {(fault.subject, fault.raises) for fault in faults}
    allowed = wanted | {(fault.subject, name) for fault in faults for name in fault.consequences}
    for fault in faults:
        scene.made[fault.subject] = time.time()
        fault.inject()
    eventually(lambda: wanted <= scene.alerts("firing"), within=120, every=1, what=f"{wanted}")
    scene.worst = time.time()
    assert scene.alerts("firing") - allowed == set()
    assert scene.alerts("firing") & {(fault.harmless, fault.raises) for fault in faults} == set()
    for fault in faults:
        fault.repair()
    eventually(lambda: not scene.firing(), within=90, every=1, what="the end of every alert")
    eventually(lambda: scene.alerts("firing") <= scene.alerts("resolved"), within=30, every=1, what="all resolved")
    assert scene.alerts("firing") - allowed == set()


def test_a_stopped_libvirtd_is_a_host_out_of_reach(scene: Scene) -> None:
    """With the daemon gone the host is unreachable and nothing else; its return costs a gap in the events."""
    before = scene.alerts("firing")
    scene.made[""] = time.time()
    scene.stage.end_dump()  # or the daemon would wait for it
    scene.stage.guests.close()  # or its connection would be a dead one afterwards
    scene.stage.host.kill(signal.SIGTERM)
    eventually(lambda: ("", "LibvirtHostUnreachable") in scene.alerts("firing"), within=60, every=1, what="the alert")
    assert scene.alerts("firing") - before == {("", "LibvirtHostUnreachable")}
    scene.stage.host.start_daemon()
    eventually(lambda: not scene.firing(), within=90, every=1, what="the end of every alert")
    assert scene.alerts("firing") - before <= {("", "LibvirtHostUnreachable"), ("", "LibvirtEventGap")}


def test_alerts_name_host_and_guest(scene: Scene, faults: list[Fault]) -> None:
    """What reached the receiver says which guest on which host, with the value filled in."""
    for fault in faults:
        alert = next(it for it in scene.webhook.alerts(fault.raises) if _subject(it["labels"])[0] == fault.subject)
        assert fault.subject in alert["annotations"]["description"]
        assert scene.agent.address in alert["annotations"]["description"]
        assert "{{" not in alert["annotations"]["description"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_query_of_every_panel_gives_data(scene: Scene, file: Path) -> None:
    """Each query, with its variables filled in, gave something during the run, but those listed with their reason."""
    empty = {
        (panel["title"], target["expr"])
        for panel in panels(json.loads(file.read_text()))
        for target in panel["targets"]
        if not scene.curves(target["expr"], scene.began, time.time())
    }
    assert {(title, query) for title, query in empty if not any(part in query for part in NO_DATA)} == set()


def test_dashboards_are_drawn(
    scene: Scene, faults: list[Fault], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Each dashboard becomes a picture of the run at its worst; with --record the pictures and the table are kept."""
    keep = request.config.getoption("--record")
    for file in FILES:
        dashboard = json.loads(file.read_text())
        page = tmp_path / f"{file.stem}.html"
        ask = partial(scene.curves, start=scene.worst - 240, end=scene.worst)
        rows = partial(scene.rows, at=scene.worst)
        page.write_text(picture.page(dashboard, ask, rows))
        width, height = picture.size(dashboard)
        drawn = screenshot(page.as_uri(), tmp_path / f"{file.stem}.png", width=width, height=height, budget=1)
        assert drawn.stat().st_size > 20_000
        if keep:
            shutil.copy(drawn, PREVIEW / drawn.name)
    if keep:
        _keep_table(scene, faults)


def _keep_table(scene: Scene, faults: list[Fault]) -> None:
    stopped = ("libvirtd is stopped", "", "LibvirtHostUnreachable", "")
    rows = [(fault.title, fault.subject, fault.raises, fault.twin) for fault in faults] + [stopped]
    SEEN.parent.mkdir(exist_ok=True)
    with SEEN.open("w", newline="") as table:
        writer = csv.writer(table, delimiter="\t", lineterminator="\n")
        writer.writerow(HEADER)
        for title, subject, raised, twin in rows:
            also = sorted(name for about, name in scene.alerts("firing") if about == subject and name != raised)
            writer.writerow((title, subject, raised, " ".join(also), twin, scene.seconds(subject, raised)))


@pytest.fixture(scope="module")
def faults(scene: Scene) -> list[Fault]:
    """The faults that the host survives."""
    return scene.stage.faults()
