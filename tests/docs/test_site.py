"""The documentation builds strictly: a dead link, anchor or page in the menu is an error."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from scripts.monitoring.rules import rules

from .markdown import CHECKOUT, DOCS


def build(site: Path, checkout: Path = CHECKOUT) -> subprocess.CompletedProcess[str]:
    """Build the documentation of a checkout; not quietly, as strictness counts only warnings that are shown."""
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", site],
        cwd=checkout, check=False, capture_output=True, text=True, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )  # fmt: skip


def test_the_site_builds_strictly(tmp_path: Path) -> None:
    """MkDocs finds nothing to warn of, and each alert's link leads to the page of its runbook."""
    done = build(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "install" / "index.html").exists()
    links = [rule.annotations["runbook_url"] for rule in rules() if rule.alert]
    assert links
    assert not [link for link in links if not (tmp_path / urlsplit(link).path.lstrip("/") / "index.html").exists()]


@pytest.mark.parametrize("planted", ["[gone](gone.md)", "[gone](install.md#gone)", "[out](../README.md)", "[a](/b.md)"])
def test_a_dead_link_fails_the_build(planted: str, tmp_path: Path) -> None:
    """A page, an anchor, or a file outside the documentation that the site does not have."""
    shutil.copytree(DOCS, tmp_path / "docs")
    shutil.copy(CHECKOUT / "mkdocs.yml", tmp_path)
    page = tmp_path / "docs" / "index.md"
    page.write_text(f"{page.read_text()}\n{planted}\n")
    done = build(tmp_path / "site", tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 warnings in strict mode" in done.stdout + done.stderr


def test_each_page_stands_in_the_menu_once() -> None:
    """No page twice, and none left out but collectors and runbooks, whose tables lead to them."""
    menu = yaml.safe_load((CHECKOUT / "mkdocs.yml").read_text())["nav"]
    listed = [page for entry in menu for pages in entry.values() for page in _pages(pages)]
    written = {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")}
    written -= {page for page in written if page.startswith(("collectors/", "alerts/"))}
    assert sorted(listed) == sorted({*written, "collectors/index.md"})


def _pages(entry: str | list[dict[str, str]]) -> list[str]:
    return [entry] if isinstance(entry, str) else [page for pages in entry for page in pages.values()]
