"""Writes every dashboard as JSON beside its tests."""

import json
from pathlib import Path

from dashboards.build.fleet import FLEET
from dashboards.build.guest import GUEST
from dashboards.build.host import HOST

DASHBOARDS = (FLEET, HOST, GUEST)
TARGET = Path("dashboards")


def main() -> None:
    """Write `dashboards/UID.json` for each."""
    for dashboard in DASHBOARDS:
        text = json.dumps(dashboard.json(), indent=2, ensure_ascii=False)
        (TARGET / f"{dashboard.uid}.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
