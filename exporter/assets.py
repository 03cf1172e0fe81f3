"""What comes with the agent besides itself: alert rules, dashboards, units, examples.

In a checkout `data/` points at the folders of the project, in an installed package it holds copies of them.
"""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

DATA = Path(__file__).with_name("data")

_SHIPPED = (
    "alerts/*.yml",
    "alerts/compatibility/*.yml",
    "alerts/runbooks/*.md",
    "dashboards/*.json",
    "packaging/*.yml",
    "packaging/apparmor/*",
    "packaging/compose/*.y*ml",
    "packaging/compose/grafana/*.yaml",
    "packaging/kubernetes/*.yaml",
    "packaging/polkit/*.rules",
    "packaging/systemd/*",
)


def assets() -> Mapping[str, Path]:
    """Every file that is shipped, by its path below the folder it is written into."""
    return {
        str(path.relative_to(DATA)): path
        for pattern in _SHIPPED
        for path in sorted(DATA.glob(pattern))
        if path.is_file()
    }


def install(folder: Path) -> int:
    """Write all of them into a folder, over what is there of the same name; gives the exit code."""
    try:
        for name, source in assets().items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            print(target)
    except OSError as error:
        print(f"libvirt-exporter: {folder}: cannot be written: {error.strerror}: {error.filename}", file=sys.stderr)
        return 1
    return 0
