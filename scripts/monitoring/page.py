"""The page of documentation about alerts, made of the rules and of what the end-to-end test last saw."""

import csv
from pathlib import Path

from exporter.collectors.registry import COLLECTORS
from scripts.monitoring.expressions import metrics
from scripts.monitoring.rules import Rule, rules

SEEN = Path("tests/monitoring/data/faults.tsv")
TARGET = Path("docs/alerts.md")
HEADER = ("fault", "subject", "alert", "also_raised", "twin", "seconds")

_INTRO = """\
# Alerts

For those who are woken by them. Load `alerts/libvirt.rules.yml` and `alerts/recording.rules.yml` into Prometheus;
`libvirt-exporter --install-assets DIR` writes them out. `alerts/alertmanager.example.yml` shows routes and
inhibitions. Every limit stands at the head of `libvirt.rules.yml`, and each alert links to its runbook.

```sh
promtool check rules alerts/*.rules.yml
promtool test rules alerts/tests/*.yml
```

`critical` wakes somebody, `warning` can wait for the morning, `info` is for reading. Alerts of one name share their
summary, so that a group of them has one; the description names the host, and the guest, pool or network.

An alert sees nothing, or less, while a collector it needs is off; those marked * are off unless asked for.

What libvirt knows of a storage pool is as old as the pool's last refresh, and that guests write does not refresh it.
The exporter may not: its connections are read-only. The alerts about full pools see growth only where something else
refreshes the pools; [a runbook](alerts/runbooks/LibvirtStoragePoolNearlyFull.md#mitigation) has a timer that does.
"""
_FAULTS = """\
## Shown on real faults

The end-to-end test makes these faults on a host with real guests, with waits shortened to seconds, and holds each to
its own alert and to the consequences listed. All of them resolved after the repair. Seconds are from the fault until
the alert fired, as Alertmanager handed it on. A twin looks like the fault and did not raise its alert. The other
alerts are shown by rule tests alone.

All this runs on few CPUs at once: guests that work at the time wait for one too, and may raise
`LibvirtDomainVcpuStarved` as well, rightly. The pool is refreshed by the test, as the runbook's timer does.
"""
_OFF = "*"


def page(found: list[Rule]) -> str:
    """The whole page."""
    parts = [_INTRO]
    for group in dict.fromkeys(rule.group for rule in found if rule.alert):
        parts += [f"## {group.removeprefix('libvirt-').replace('-', ' ').capitalize()}\n", _table(found, group)]
    parts += [_FAULTS, _seen()]
    return "\n".join(parts)


def needs(rule: Rule, found: list[Rule]) -> list[str]:
    """Names of the collectors whose metrics an alert is made of, recorded ones included."""
    asked = metrics(rule.expression)
    while recorded := [other for other in found if not other.alert and other.name in asked]:
        asked -= {other.name for other in recorded}
        asked = asked.union(*(metrics(other.expression) for other in recorded))
    return [it.name for it in COLLECTORS if asked & {metric.name for metric in it.metrics}]


def _table(found: list[Rule], group: str) -> str:
    off = {collector.name for collector in COLLECTORS if not collector.default}
    lines = ["| alert | severity | after | says | needs |", "| --- | --- | --- | --- | --- |"]
    for rule in found:
        if rule.alert and rule.group == group:
            name = f"[{rule.name}]({rule.annotations['runbook_url']})"
            after = rule.wait or "at once"
            collectors = ", ".join(f"`{it}`{_OFF * (it in off)}" for it in needs(rule, found))
            said = f"{rule.labels['severity']} | {after} | {rule.annotations['summary']}"
            lines.append(f"| {name} | {said} | {collectors} |")
    return "\n".join(lines) + "\n"


def _seen() -> str:
    lines = ["| fault | raised | and as a consequence | not by its twin | seconds |", "| --- | --- | --- | --- | --- |"]
    with SEEN.open(newline="") as table:
        for row in csv.DictReader(table, delimiter="\t"):
            also = ", ".join(f"`{name}`" for name in row["also_raised"].split()) or "nothing"
            lines.append(f"| {row['fault']} | `{row['alert']}` | {also} | {row['twin']} | {row['seconds']} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the page."""
    TARGET.write_text(page(rules()))


if __name__ == "__main__":
    main()
