"""Measurements that are made in processes of their own."""

import json
import subprocess
import sys
from pathlib import Path
from statistics import median

_ROOT = Path(__file__).parents[2]


def medians(module: str, *arguments: int, times: int) -> dict[str, float]:
    """What a module of the benchmark prints as one flat object: of so many processes the median of each figure."""
    argv = [sys.executable, "-m", f"tests.bench.{module}", *map(str, arguments)]
    runs = [json.loads(subprocess.run(argv, check=True, capture_output=True, cwd=_ROOT).stdout) for _ in range(times)]
    return {name: median(run[name] for run in runs) for name in runs[0]}
