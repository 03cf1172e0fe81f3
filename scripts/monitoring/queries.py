"""Every query that dashboards and runbooks ask, with the variables of Grafana filled in."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ANY = {
    "$job": ".+",
    "$instance": ".+",
    "$domain": ".+",
    "$__rate_interval": "5m",
    "$__interval": "1m",
    "$__range": "1h",
}
"""Values for all variables that select everything."""


@dataclass(frozen=True)
class Query:
    """One query, where it stands (dashboard and panel, or page), and the labels of its result that are shown there."""

    where: str
    expression: str
    shown: frozenset[str] = frozenset()


def panels(dashboard: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """All panels with something in them, those in closed rows too."""
    for panel in dashboard["panels"]:
        if panel["type"] != "row":
            yield panel
        yield from panel.get("panels", ())


def of_dashboards(directory: Path = Path("dashboards"), variables: Mapping[str, str] = ANY) -> Iterator[Query]:
    """The queries of panels, annotations and variables of each dashboard."""
    for file in sorted(directory.glob("*.json")):
        dashboard = json.loads(file.read_text())
        for panel in panels(dashboard):
            for expression, shown in _of_panel(panel):
                yield Query(f"{file}: {panel['title']}", filled(expression, variables), shown)
        for annotation in dashboard["annotations"]["list"]:
            shown = _named(annotation["titleFormat"] + annotation["textFormat"])
            yield Query(f"{file}: annotation {annotation['name']}", filled(annotation["expr"], variables), shown)
        for variable in dashboard["templating"]["list"]:
            if variable["type"] == "query":
                selector = re.sub(r"^label_values\((.*), \w+\)$", r"\1", variable["query"]["query"])
                yield Query(f"{file}: variable {variable['name']}", filled(selector, variables))


def _of_panel(panel: Mapping[str, Any]) -> Iterator[tuple[str, frozenset[str]]]:
    """Each query of a panel with the labels in its legend and its links; a table's columns are of all its queries."""
    if panel["type"] == "table":
        columns = panel["transformations"][-1]["options"]["renameByName"]
        shown = frozenset(name for name in columns if not name.startswith("Value"))
        yield " or ".join(f"({target['expr']})" for target in panel["targets"]), shown
        return
    linked = frozenset(re.findall(r"__field\.labels\.(\w+)", json.dumps(panel["fieldConfig"])))
    for target in panel["targets"]:
        yield target["expr"], _named(target["legendFormat"]) | linked


def _named(text: str) -> frozenset[str]:
    """The labels that Grafana puts into a text."""
    return frozenset(re.findall(r"\{\{\s*(\w+)\s*\}\}", text))


def of_pages() -> Iterator[Query]:
    """The queries of runbooks, cookbook and the page about moving: each line of their PromQL blocks is one."""
    for page in (*sorted(Path("alerts/runbooks").glob("*.md")), Path("docs/cookbook.md"), Path("docs/migration.md")):
        for block in re.findall(r"^```promql\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL):
            for line in block.splitlines():
                yield Query(str(page), line)


def filled(expression: str, variables: Mapping[str, str]) -> str:
    """An expression with values for Grafana's variables."""
    for name in sorted(variables, key=len, reverse=True):
        expression = expression.replace(name, variables[name])
    return expression
