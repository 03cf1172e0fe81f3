"""The manual page names every flag, and roff reads it without a warning."""

import shutil
import subprocess

import pytest

from exporter.collectors.registry import COLLECTORS
from exporter.configuration.manual import manual
from exporter.configuration.options import MODES, options

PAGE = manual(COLLECTORS)


def test_every_flag_is_named() -> None:
    """Those that do one thing and end as well."""
    plain = PAGE.replace(r"\-", "-")
    flags = [f"--{mode.name}" for mode in MODES]
    flags += [option.flag for option in options(()).values() if not option.file_only]
    assert not [flag for flag in flags if rf"\fB{flag}\fR" not in plain]


def test_every_collector_is_named() -> None:
    """With what it gives."""
    assert not [each.name for each in COLLECTORS if rf"\fB{each.name}\fR" not in PAGE]


def test_roff_takes_the_page() -> None:
    """No warning of any kind."""
    if shutil.which("groff") is None:
        pytest.skip("groff is missing: run scripts/setup")
    done = subprocess.run(["groff", "-man", "-Tutf8", "-ww"], input=PAGE, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
