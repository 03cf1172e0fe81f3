"""The rules as they are, only quicker: waits and windows of minutes and hours become seconds."""

import re
from pathlib import Path
from typing import Any

import yaml

WINDOWS = {"5m": "15s", "10m": "20s", "15m": "20s", "30m": "30s", "6h": "30s", "1d": "2m"}
"""Windows and offsets in expressions, and what they become."""


def quicker(source: Path, target: Path) -> Path:
    """A copy of a rule file for a Prometheus that scrapes each second."""
    rules = yaml.safe_load(source.read_text())
    for group in rules["groups"]:
        for rule in group["rules"]:
            rule["expr"] = re.sub(r"(?<=\[)\w+(?=\])|(?<=offset )\w+", lambda window: WINDOWS[window[0]], rule["expr"])
            if "for" in rule:
                rule["for"] = f"{min(max(_seconds(rule['for']) // 20, 5), 15)}s"
    target.write_text(yaml.safe_dump(rules, sort_keys=False))
    return target


def _seconds(duration: Any) -> int:
    number, unit = int(duration[:-1]), duration[-1]
    return number * {"s": 1, "m": 60, "h": 3600}[unit]
