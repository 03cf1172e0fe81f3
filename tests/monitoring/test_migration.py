"""Dashboards made for widespread exporters: each name they ask for is here, or has a new name in the documentation."""

import csv
import re
from pathlib import Path

import pytest
import yaml

from scripts.monitoring.declared import scraped
from scripts.monitoring.expressions import result_labels

DATA = Path(__file__).with_name("data") / "widespread.tsv"
PAGE = Path("docs/migration.md").read_text()
RULES = yaml.safe_load(Path("alerts/compatibility/compatibility.rules.yml").read_text())
RECORDED = {rule["record"]: rule["expr"] for group in RULES["groups"] for rule in group["rules"]}
HERE = scraped()

with DATA.open(newline="") as table:
    WIDESPREAD = [(row["exporter"], row["name"]) for row in csv.DictReader(table, delimiter="\t")]


def replacement(exporter: str, name: str) -> str:
    """What the page about moving gives for a name of an exporter."""
    section = PAGE.split(f"## {exporter}\n")[1].split("\n## ")[0]
    found = re.search(rf"^\| `{name}` \| `([^`]+)` \|", section, re.MULTILINE)
    assert found, f"docs/migration.md does not say what became of {name} of {exporter}"
    return found[1]


@pytest.mark.parametrize(("exporter", "name"), WIDESPREAD)
def test_a_name_of_another_exporter_is_here_or_has_a_new_name(exporter: str, name: str) -> None:
    """A name that dashboards for another exporter ask for is on our page, or the documentation has its new name."""
    if name not in HERE:
        assert result_labels(replacement(exporter, name), HERE)


def test_old_names_are_recorded_only_where_somebody_wants_them() -> None:
    """The usual `alerts/*.rules.yml` loads none of them."""
    loaded = [yaml.safe_load(file.read_text()) for file in Path("alerts").glob("*.rules.yml")]
    names = {rule.get("record") for file in loaded for group in file["groups"] for rule in group["rules"]}
    assert names
    assert not names & RECORDED.keys()


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_old_name_is_what_the_page_says(name: str) -> None:
    """Optional rules record an old name exactly as the page gives it, and never one that exists."""
    assert name not in HERE
    exporters = {exporter for exporter, asked in WIDESPREAD if asked == name}
    assert {replacement(exporter, name) for exporter in exporters} == {RECORDED[name]}
