"""Rule files: promtool likes them, their own tests pass, and every alert has all that a person needs."""

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.monitoring import __main__ as monitoring
from scripts.monitoring import page
from scripts.monitoring.expressions import result_labels
from scripts.monitoring.rules import Rule, known_series, rules
from scripts.monitoring.runbooks import base_address, linked
from tests.lab.prometheus import promtool

ALERTS = Path("alerts")
FOUND = rules()
FIRING = [rule for rule in FOUND if rule.alert]
SERIES, _ = known_series(FOUND)
TESTS = sorted((ALERTS / "tests").glob("*.yml"))

needs_promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is missing: run scripts/setup")


def name(rule: Rule) -> str:
    """What pytest calls a rule."""
    return f"{rule.name}-{rule.labels.get('severity')}"


@needs_promtool
def test_promtool_finds_nothing_to_say_about_the_rules() -> None:
    """Every rule file passes promtool with all its lints."""
    files = map(str, sorted(ALERTS.rglob("*.rules.yml")))
    code, said = promtool("check", "rules", "--lint=all", "--lint-fatal", *files)
    assert code == 0, said


@needs_promtool
@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.stem)
def test_rule_tests_pass(file: Path) -> None:
    """Each alert fires on its fault and stays quiet otherwise, as its rule tests have it."""
    code, said = promtool("test", "rules", str(file))
    assert code == 0, said


def test_every_alert_has_a_firing_and_a_quiet_case() -> None:
    """No alert is without a test for either."""
    firing: set[str] = set()
    quiet: set[str] = set()
    for file in TESTS:
        for case in yaml.safe_load(file.read_text())["tests"]:
            for asked in case["alert_rule_test"]:
                (firing if asked["exp_alerts"] else quiet).add(asked["alertname"])
    names = {rule.name for rule in FIRING}
    assert (firing, quiet) == (names, names)


@pytest.mark.parametrize("rule", FIRING, ids=name)
def test_alert_says_what_it_must(rule: Rule) -> None:
    """An alert has a name of ours, a known severity, and a description that names the host and what of it is hit."""
    assert re.fullmatch(r"Libvirt[A-Za-z]+", rule.name)
    assert rule.labels["severity"] in {"critical", "warning", "info"}
    assert re.fullmatch(r"[A-Z].*\.", rule.annotations["summary"])
    assert "$" not in rule.annotations["summary"], "alerts that are grouped share their summary"
    assert rule.annotations["description"].endswith(".")
    if rule.name != "LibvirtExporterAbsent":
        assert "$labels.instance" in rule.annotations["description"]
    for label in {"domain", "storage_pool", "network"} & (result_labels(rule.expression, SERIES) or frozenset()):
        assert f"$labels.{label}" in rule.annotations["description"]


def test_limits_stand_in_one_place() -> None:
    """Each threshold is used by an alert, and no alert compares with a larger number of its own."""
    limits = {rule.name for rule in FOUND if rule.group == "libvirt-thresholds"}
    text = " ".join(rule.expression for rule in FIRING)
    assert {limit for limit in limits if limit not in text} == set()


def test_everything_asked_for_exists() -> None:
    """Rules, dashboards and runbooks use metrics and labels that we declare, and links lead to runbooks."""
    assert monitoring.check() == []


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the check reads, as the current directory and ready to be spoilt."""
    for name in ("alerts", "dashboards", "docs"):
        shutil.copytree(name, tmp_path / name)
    shutil.copy("pyproject.toml", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("libvirt_domain_haunted > 0", "metric libvirt_domain_haunted does not exist"),
        ('libvirt_up{domain="web"} == 0', "metric libvirt_up has no label domain"),
        ("sum by (guest) (libvirt_domain_active)", "sum of an expression has no label guest"),
        ("libvirt_domain_active * libvirt_up", "the sides of * never match: only one has domain"),
        ("libvirt_domain_active and on (vcpu) libvirt_up", "left side of and has no label vcpu"),
    ],
)
def test_a_rule_that_asks_for_what_we_lack_fails_the_check_with_its_name(
    expression: str, problem: str, copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`scripts/check` names the rule and what does not exist."""
    rule = {"record": "instance:bad:sum", "expr": expression}
    (copy / "alerts" / "z.rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "z", "rules": [rule]}]}))
    assert monitoring.main([]) == 1
    assert capsys.readouterr().out == f"alerts/z.rules.yml: instance:bad:sum: {problem}\n"


HOSTS = 'job=~"$job", instance=~"$instance"'


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"expr": f"libvirt_haunted{{{HOSTS}}}"}, "metric libvirt_haunted does not exist"),
        ({"expr": f'libvirt_up{{{HOSTS}, domain="web"}}'}, "metric libvirt_up has no label domain"),
        ({"expr": f"sum by (guest) (libvirt_up{{{HOSTS}}})"}, "sum of an expression has no label guest"),
        ({"expr": f"sum by (job) (libvirt_up{{{HOSTS}}})"}, "it shows a missing label instance"),
        ({"legendFormat": "{{ghost}} on {{instance}}"}, "it shows a missing label ghost"),
    ],
)
def test_a_panel_that_asks_for_what_we_lack_fails_the_check_with_its_name(
    change: dict[str, str], problem: str, copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`scripts/check` names dashboard and panel, and what does not exist."""
    file = copy / "dashboards" / "libvirt-host.json"
    dashboard = json.loads(file.read_text())
    _titled(dashboard, "libvirt answers")["targets"][0] |= change
    file.write_text(json.dumps(dashboard))
    assert monitoring.main([]) == 1
    assert capsys.readouterr().out == f"dashboards/libvirt-host.json: libvirt answers: {problem}\n"


def test_tables_links_and_annotations_show_labels_that_there_are(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A column, a link or the text of an annotation with a label that no query gives fails the check with its name."""
    file = copy / "dashboards" / "libvirt-guest.json"
    dashboard = json.loads(file.read_text())
    _titled(dashboard, "Why")["transformations"][2]["options"]["renameByName"]["column"] = "Ghost"
    link = {"title": "Ghost", "url": "/d/libvirt-host?var-job=${__field.labels.link}"}
    _titled(dashboard, "Steal by vCPU")["fieldConfig"]["defaults"]["links"] = [link]
    dashboard["annotations"]["list"][0]["textFormat"] = "{{text}}"
    file.write_text(json.dumps(dashboard))
    assert monitoring.main([]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "dashboards/libvirt-guest.json: Why: it shows a missing label column",
        "dashboards/libvirt-guest.json: Steal by vCPU: it shows a missing label link",
        "dashboards/libvirt-guest.json: annotation Events: it shows a missing label text",
    ]


def _titled(dashboard: dict[str, Any], title: str) -> dict[str, Any]:
    (panel,) = [it for it in dashboard["panels"] if it["title"] == title]
    return panel


def test_an_alert_needs_the_collectors_of_its_metrics() -> None:
    """Collectors follow from an expression, through what it takes from recording rules."""
    by_name = {rule.name: rule for rule in FIRING}
    assert page.needs(by_name["LibvirtDomainSwapping"], FOUND) == ["domain_memory"]
    assert page.needs(by_name["LibvirtDomainClockOff"], FOUND) == ["domain_agent"]
    assert all(page.needs(rule, FOUND) for rule in FIRING)


def test_the_page_about_alerts_is_fresh() -> None:
    """docs/alerts.md is what scripts/golden writes."""
    assert page.TARGET.read_text() == page.page(FOUND)


def test_links_follow_from_the_base_address() -> None:
    """Another base address in pyproject.toml moves every link to a runbook, and no link needs another hand."""
    assert base_address() == tomllib.loads(Path("pyproject.toml").read_text())["project"]["urls"]["Homepage"]
    for file in (*ALERTS.glob("*.rules.yml"), *TESTS):
        text = file.read_text()
        assert linked(text, base_address()) == text
        assert base_address() not in linked(text, "https://elsewhere.example")


@pytest.mark.skipif(shutil.which("amtool") is None, reason="amtool is missing: run scripts/setup")
def test_the_example_for_alertmanager_is_valid() -> None:
    """Alertmanager's own tool accepts the example, and it names alerts that exist."""
    file = ALERTS / "alertmanager.example.yml"
    done = subprocess.run(["amtool", "check-config", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    named = set(re.findall(r"\bLibvirt\w+", file.read_text()))
    assert named - {"Libvirt"} <= {rule.name for rule in FIRING}
