"""Dashboards: the rules of Grafana's dashboard-linter that concern Prometheus, and some of our own."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import promql_parser as promql
import pytest

from dashboards.build.__main__ import DASHBOARDS
from scripts.monitoring.expressions import children, selectors
from scripts.monitoring.queries import ANY, filled, panels

FILES = sorted(Path("dashboards").glob("*.json"))
BOARDS = {file.stem: json.loads(file.read_text()) for file in FILES}
VISIBLE = [(name, panel) for name, board in BOARDS.items() for panel in panels(board)]
TARGETS = [(f"{name}: {panel['title']}", target["expr"]) for name, panel in VISIBLE for target in panel["targets"]]
UNITS = {"Bps", "bytes", "dateTimeFromNow", "iops", "percentunit", "pps", "s", "short", "string"}

board = pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
panel = pytest.mark.parametrize("panel", [it for _, it in VISIBLE], ids=[f"{at}: {it['title']}" for at, it in VISIBLE])
query = pytest.mark.parametrize("query", [expression for _, expression in TARGETS], ids=[where for where, _ in TARGETS])


def walk(
    node: promql.Expr, above: tuple[promql.Expr, ...] = ()
) -> Iterator[tuple[promql.Expr, tuple[promql.Expr, ...]]]:
    """Every node of an expression with the nodes above it."""
    yield node, above
    for child in children(node):
        yield from walk(child, (*above, node))


def variable(board: dict[str, Any], name: str) -> dict[str, Any]:
    """The dashboard's variable of a name."""
    return next(it for it in board["templating"]["list"] if it["name"] == name)


def test_files_are_what_the_code_makes() -> None:
    """The files checked in are those that `python -m dashboards.build` writes."""
    assert {it.uid: it.json() for it in DASHBOARDS} == BOARDS


@board
def test_template_datasource_rule(board: dict[str, Any]) -> None:
    """There is a variable for the data source, with its usual name and label."""
    found = variable(board, "datasource")
    assert (found["type"], found["label"], found["query"]) == ("datasource", "Data source", "prometheus")


@board
@pytest.mark.parametrize(("name", "label"), [("job", "Job"), ("instance", "Instance")])
def test_template_job_and_instance_rule(board: dict[str, Any], name: str, label: str) -> None:
    """There are variables for job and instance, of several values."""
    found = variable(board, name)
    assert (found["type"], found["label"], found["multi"], found["allValue"]) == ("query", label, True, ".+")
    assert found["datasource"]["uid"] == "$datasource"


@pytest.mark.parametrize(
    ("uid", "name", "opens_with_all"),
    [
        ("libvirt-fleet", "instance", True),
        ("libvirt-host", "instance", False),
        ("libvirt-guest", "instance", False),
        ("libvirt-guest", "domain", False),
    ],
)
def test_a_dashboard_about_one_thing_opens_with_one(uid: str, name: str, opens_with_all: bool) -> None:
    """Where Grafana offers all values it opens with them: only the fleet may, the others begin with the first."""
    found = variable(BOARDS[uid], name)
    assert (found["includeAll"], "$__all" in found["current"].get("value", ())) == (opens_with_all, opens_with_all)
    assert found["multi"]


@board
def test_template_label_promql_rule(board: dict[str, Any]) -> None:
    """Variables ask for label values of a selector that parses."""
    for found in board["templating"]["list"]:
        if found["type"] == "query":
            asked = re.fullmatch(r"label_values\((.*), (\w+)\)", found["query"]["query"])
            assert asked is not None
            promql.parse(filled(asked[1], ANY))


@board
def test_template_on_time_change_reload_rule(board: dict[str, Any]) -> None:
    """Variables are read again when the time range changes."""
    assert {it["refresh"] for it in board["templating"]["list"] if it["type"] == "query"} == {2}


@board
def test_uneditable_dashboard(board: dict[str, Any]) -> None:
    """A dashboard that comes from a file cannot be edited by chance."""
    assert board["editable"] is False


@board
def test_uid_and_links_are_stable(board: dict[str, Any]) -> None:
    """The uid is the file's name, and the dashboards lead to each other with variables and time kept."""
    assert BOARDS[board["uid"]] is board
    (link,) = board["links"]
    assert (link["includeVars"], link["keepTime"], link["tags"]) == (True, True, board["tags"])


@board
def test_panels_do_not_overlap(board: dict[str, Any]) -> None:
    """Each cell of the grid belongs to one panel, and ids are unique."""
    places = [it["gridPos"] for it in board["panels"]]
    cells = [
        (x, y) for at in places for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
    ids = [it["id"] for it in board["panels"]]
    assert len(ids) == len(set(ids))


def test_drill_down_leads_to_dashboards_that_exist() -> None:
    """Links from a panel to the next dashboard name its uid and its variables."""
    for text in re.findall(r"/d/[^\"]*", json.dumps(list(BOARDS.values()))):
        uid = re.match(r"/d/([\w-]+)", text)
        assert uid is not None
        names = {it["name"] for it in BOARDS[uid[1]]["templating"]["list"]}
        assert set(re.findall(r"var-(\w+)=", text)) <= names


@panel
def test_panel_datasource_rule(panel: dict[str, Any]) -> None:
    """Panels ask the data source of the variable."""
    assert {panel["datasource"]["uid"], *(it["datasource"]["uid"] for it in panel["targets"])} == {"$datasource"}


@panel
def test_panel_title_description_rule(panel: dict[str, Any]) -> None:
    """Panels have a title, and a description that is a sentence."""
    assert panel["title"]
    assert panel["description"].endswith(".")


@panel
def test_panel_units_rule(panel: dict[str, Any]) -> None:
    """Panels have a unit that Grafana knows."""
    defaults = panel["fieldConfig"]["defaults"]
    assert defaults["unit"] in UNITS


@panel
def test_panel_no_targets_rule(panel: dict[str, Any]) -> None:
    """Panels ask something, and curves have a legend."""
    assert panel["targets"]
    if panel["type"] != "table":
        assert all(it["legendFormat"] for it in panel["targets"])


@query
def test_target_promql_rule(query: str) -> None:
    """Queries parse."""
    promql.parse(filled(query, ANY))


@query
def test_target_rate_interval_rule(query: str) -> None:
    """Rates are over $__rate_interval, which fits any scrape interval."""
    for node, _ in walk(promql.parse(filled(query, {"$__rate_interval": "1234s"}))):
        if isinstance(node, promql.Call) and node.func.name in {"rate", "irate", "increase"}:
            (window,) = node.args
            assert isinstance(window, promql.MatrixSelector)
            assert window.range == timedelta(seconds=1234)


@query
def test_target_job_and_instance_rule(query: str) -> None:
    """Each selector takes job and instance from the variables, by regular expression; alerts may lack them."""
    filled_in = filled(query, {"$__rate_interval": "5m"})
    for selector in selectors(promql.parse(filled_in)):
        chosen = {it.name: (str(it.op), it.value) for it in selector.matchers.matchers}
        for name in ("job", "instance"):
            operator, value = chosen[name]
            assert operator in {"=~", "MatchOp.Re"}
            assert value in ({f"${name}", f"${name}|"} if selector.name == "ALERTS" else {f"${name}"})


@query
def test_target_counter_agg_rule(query: str) -> None:
    """Counters are shown as rates."""
    for node, above in walk(promql.parse(filled(query, ANY))):
        for found in selectors(node) if isinstance(node, promql.VectorSelector | promql.MatrixSelector) else ():
            if (found.name or "").endswith("_total"):
                calls = {it.func.name for it in above if isinstance(it, promql.Call)}
                assert calls & {"rate", "irate", "increase"}
