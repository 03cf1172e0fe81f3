"""The laboratory's servers: an alert travels through the real chain, and a browser draws a page."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import chromium
from tests.lab.alertmanager import Alertmanager
from tests.lab.polling import eventually
from tests.lab.process import free_port
from tests.lab.prometheus import Prometheus, promtool, static_target
from tests.lab.webhook import Webhook

_RULES = """\
groups:
  - name: lab
    rules:
      - alert: NobodyThere
        expr: up == 0
"""


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    """A receiver of alerts."""
    receiver = Webhook()
    yield receiver
    receiver.stop()


@pytest.fixture
def alertmanager(tmp_path: Path, webhook: Webhook) -> Iterator[Alertmanager]:
    """An Alertmanager that tells the receiver."""
    server = Alertmanager(tmp_path / "alertmanager", webhook.url)
    yield server
    server.stop()


@pytest.fixture
def prometheus(tmp_path: Path, alertmanager: Alertmanager) -> Iterator[Prometheus]:
    """A Prometheus that scrapes a port where nobody listens."""
    rules = tmp_path / "rules.yml"
    rules.write_text(_RULES)
    target = static_target(f"127.0.0.1:{free_port()}")
    server = Prometheus(tmp_path / "prometheus", [target], rule_files=[rules], alertmanager=alertmanager.address)
    yield server
    server.stop()


def test_an_alert_reaches_the_receiver(prometheus: Prometheus, webhook: Webhook) -> None:
    """A target that is down makes an alert in Prometheus that Alertmanager delivers."""
    prometheus.wait_for("up == 0")
    eventually(lambda: webhook.alerts("NobodyThere", "firing"), within=30, what="the alert")


def test_generated_configuration_pleases_promtool(prometheus: Prometheus) -> None:
    """The configuration the laboratory writes is one Prometheus accepts."""
    code, said = promtool("check", "config", str(prometheus.config))
    assert code == 0, said


def test_browser_draws_a_page_after_its_scripts_ran(tmp_path: Path) -> None:
    """Headless Chromium gives the HTML after scripts and a picture."""
    page = tmp_path / "page.html"
    page.write_text("<h1 id=a>before</h1><script>document.getElementById('a').textContent = 'after'</script>")
    assert ">after<" in chromium.rendered(page.as_uri())
    assert chromium.screenshot(page.as_uri(), tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")
