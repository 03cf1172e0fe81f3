"""Runbooks: one page for each alert, linked from it by a name that nobody types."""

import re
import tomllib
from pathlib import Path

from scripts.monitoring.rules import ALERTS, Rule

SECTIONS = ("Meaning", "Impact", "Diagnosis", "Mitigation")
_ALERT = re.compile(r" +(?:- alert|alertname): (\w+)\n")
_OLD = re.compile(r"^ +runbook_url: .*\n", re.MULTILINE)


def base_address(project: Path = Path("pyproject.toml")) -> str:
    """The one address of pyproject.toml that every link starts with."""
    address: str = tomllib.loads(project.read_text())["project"]["urls"]["Homepage"]
    return address.rstrip("/")


def address(alert: str, base: str) -> str:
    """Where the site has the runbook of an alert."""
    return f"{base}/alerts/runbooks/{alert}/"


def linked(text: str, base: str) -> str:
    """A rule file, or a test of one, with each `runbook_url` leading to the page of its alert.

    An alert without the annotation gets it as its first.
    """
    alert, lines = "", []
    for line in _OLD.sub("", text).splitlines(keepends=True):
        lines.append(line)
        indent = line[: len(line) - len(line.lstrip())]
        if found := _ALERT.match(line):
            alert = found[1]
        elif line.strip() in {"annotations:", "exp_annotations:"}:
            lines.append(f"{indent}  runbook_url: {address(alert, base)}\n")
    return "".join(lines)


def problems(found: list[Rule], directory: Path = ALERTS) -> list[str]:
    """What keeps a person from finding help: no page, a page without a section, a link that leads elsewhere."""
    base = base_address()
    names = {rule.name for rule in found if rule.alert}
    pages = {page.stem: page for page in (directory / "runbooks").glob("*.md")}
    lacking = [f"{directory}/runbooks/{name}.md: no runbook for this alert" for name in sorted(names - pages.keys())]
    lacking += [f"{page}: no alert of this name" for name, page in sorted(pages.items()) if name not in names]
    for name, page in sorted(pages.items()):
        headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
        if headings[:1] != [name] or tuple(headings[1:5]) != SECTIONS:
            lacking.append(f"{page}: its headings are not {name}, {', '.join(SECTIONS)}")
    for rule in found:
        if rule.alert and rule.annotations.get("runbook_url") != address(rule.name, base):
            lacking.append(f"{rule.file}: {rule.name}: runbook_url is not {address(rule.name, base)}")
    return lacking
