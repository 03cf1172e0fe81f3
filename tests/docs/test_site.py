"""The documentation builds strictly: a dead link, anchor or page in the menu is an error."""

import os
import subprocess
import sys
from pathlib import Path

from .markdown import CHECKOUT


def test_the_site_builds_strictly(tmp_path: Path) -> None:
    """MkDocs finds nothing to warn of, and each runbook is where its alert's link points."""
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", tmp_path],
        cwd=CHECKOUT, check=False, capture_output=True, text=True, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "install" / "index.html").exists()
    for runbook in (CHECKOUT / "alerts" / "runbooks").glob("*.md"):
        assert (tmp_path / "alerts" / "runbooks" / runbook.name).exists()
