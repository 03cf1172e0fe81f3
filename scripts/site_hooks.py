"""Hooks of MkDocs: runbooks also stand where the alerts' links point, at the names of their files."""

import shutil
from pathlib import Path

RUNBOOKS = Path(__file__).parents[1] / "alerts" / "runbooks"


def on_post_build(config: dict[str, str]) -> None:
    """Copy each runbook beside the page made of it."""
    shutil.copytree(RUNBOOKS, Path(config["site_dir"]) / "alerts" / "runbooks", dirs_exist_ok=True)
