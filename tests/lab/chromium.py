"""A headless browser: what a page looks like, and what its scripts made of it."""

import subprocess
import tempfile
from pathlib import Path

QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
]


def screenshot(url: str, target: Path, *, width: int = 1280, height: int = 900, budget: float = 5) -> Path:
    """Write a PNG of the page as it stands after `budget` seconds of its own time."""
    _run(url, f"--screenshot={target}", f"--window-size={width},{height}", budget=budget)
    assert target.exists(), f"no picture of {url}"
    return target


def rendered(url: str, *, budget: float = 5) -> str:
    """The page's HTML after its scripts ran for `budget` seconds of its own time."""
    return _run(url, "--dump-dom", budget=budget)


def _run(url: str, *arguments: str, budget: float) -> str:
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        virtual_time = f"--virtual-time-budget={int(budget * 1000)}"
        command = ["chromium", *QUIET, f"--user-data-dir={profile}", virtual_time, *arguments, url]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
        return done.stdout
