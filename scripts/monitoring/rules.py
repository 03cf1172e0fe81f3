"""The rule files under alerts/, read once for every check and every page made of them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from scripts.monitoring.declared import Labels, alerts, scraped
from scripts.monitoring.expressions import Unknown, result_labels

ALERTS = Path("alerts")
OPTIONAL = "compatibility"
"""The folder of rules that nobody has to load, so nothing of ours may ask for what they record."""


@dataclass(frozen=True)
class Rule:
    """One recording or alerting rule; `name` is that of its series or alert."""

    file: Path
    group: str
    name: str
    alert: bool
    expression: str
    wait: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)


def rules(directory: Path = ALERTS) -> list[Rule]:
    """Every rule of `*.rules.yml` in any folder, recording rules that others may need first."""
    return sorted(_read(directory), key=lambda rule: rule.alert)


def _read(directory: Path) -> Iterator[Rule]:
    for file in sorted(directory.rglob("*.rules.yml"), reverse=True):
        for group in yaml.safe_load(file.read_text())["groups"]:
            for entry in group["rules"]:
                yield Rule(
                    file,
                    group["name"],
                    entry.get("alert") or entry["record"],
                    "alert" in entry,
                    entry["expr"],
                    entry.get("for", ""),
                    entry.get("labels", {}),
                    entry.get("annotations", {}),
                )


def known_series(found: list[Rule], base: Labels | None = None) -> tuple[dict[str, frozenset[str]], list[str]]:
    """Everything a dashboard may ask for: what is scraped, recorded and alerted; and what the rules themselves lack."""
    series = dict(scraped() if base is None else base)
    problems = []
    by_alert: dict[str, frozenset[str]] = {}
    series |= alerts({})
    for rule in found:
        try:
            labels = (result_labels(rule.expression, series) or frozenset()) | rule.labels.keys()
        except (Unknown, ValueError) as error:
            problems.append(f"{rule.file}: {rule.name}: {error}")
            labels = frozenset()
        if rule.file.parent.name == OPTIONAL:
            continue
        if not rule.alert:
            series[rule.name] = series.get(rule.name, frozenset()) | labels
            continue
        problems += [
            f"{rule.file}: {rule.name}: its text uses a missing label {name}" for name in _lacking(rule, labels)
        ]
        by_alert[rule.name] = by_alert.get(rule.name, frozenset()) | labels
        series |= alerts(by_alert)
    return series, problems


def _lacking(rule: Rule, labels: frozenset[str]) -> list[str]:
    used = set(re.findall(r"\$labels\.(\w+)", " ".join(rule.annotations.values())))
    return sorted(used - labels)
