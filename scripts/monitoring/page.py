"""The page of documentation about alerts, made of the rules and of what the end-to-end test last saw."""

import csv
from pathlib import Path

from scripts.monitoring.rules import Rule, rules

SEEN = Path("tests/monitoring/data/faults.tsv")
TARGET = Path("docs/alerts.md")
HEADER = ("fault", "subject", "alert", "also_raised", "seconds")

_INTRO = """\
# Alerts

For those who are woken by them. Load `alerts/libvirt.rules.yml` and `alerts/recording.rules.yml` into Prometheus;
`libvirt-exporter --install-assets DIR` writes them out. `alerts/alertmanager.example.yml` shows routes and
inhibitions. Every limit stands at the head of `libvirt.rules.yml`, and each alert links to its runbook.

```sh
promtool check rules alerts/*.rules.yml
promtool test rules alerts/tests/*.yml
```

`critical` wakes somebody, `warning` can wait for the morning, `info` is for reading.
"""
_FAULTS = """\
## Shown on real faults

The end-to-end test makes these faults on a host with real guests, with waits shortened to seconds, and holds each to
its own alert and to the consequences listed. All of them resolved after the repair. Seconds are from the fault until
the alert fired, as Alertmanager handed it on. The other alerts are shown by rule tests alone.
"""


def page(found: list[Rule]) -> str:
    """The whole page."""
    parts = [_INTRO]
    for group in dict.fromkeys(rule.group for rule in found if rule.alert):
        parts += [f"## {group.removeprefix('libvirt-').replace('-', ' ').capitalize()}\n", _table(found, group)]
    parts += [_FAULTS, _seen()]
    return "\n".join(parts)


def _table(found: list[Rule], group: str) -> str:
    lines = ["| alert | severity | after | says |", "| --- | --- | --- | --- |"]
    for rule in found:
        if rule.alert and rule.group == group:
            name = f"[{rule.name}]({rule.annotations['runbook_url']})"
            after = rule.wait or "at once"
            lines.append(f"| {name} | {rule.labels['severity']} | {after} | {rule.annotations['summary']} |")
    return "\n".join(lines) + "\n"


def _seen() -> str:
    lines = ["| fault | raised | and as a consequence | seconds |", "| --- | --- | --- | --- |"]
    with SEEN.open(newline="") as table:
        for row in csv.DictReader(table, delimiter="\t"):
            also = ", ".join(f"`{name}`" for name in row["also_raised"].split()) or "nothing"
            lines.append(f"| {row['fault']} | `{row['alert']}` | {also} | {row['seconds']} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the page."""
    TARGET.write_text(page(rules()))


if __name__ == "__main__":
    main()
