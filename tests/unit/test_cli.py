"""The command as a process: answers at once, and fails with one line."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from exporter import __version__
from exporter.cli import main
from exporter.configuration.durations import format_duration, parse_duration
from exporter.configuration.flags import parse_flags
from exporter.configuration.options import options
from exporter.configuration.reference import configuration_page
from exporter.configuration.usage import usage
from tests.unit.collector_infos import INFOS


def test_version_imports_nothing_heavy() -> None:
    script = "import json, sys, exporter.cli as c; c.main(['--version']); print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    version, modules = done.stdout.splitlines()
    heavy = {"libvirt", "cattrs", "attr", "structlog", "yaml", "argparse", "prometheus_client", "apscheduler"}
    assert version == f"libvirt-exporter {__version__}"
    assert heavy.isdisjoint(json.loads(modules))


def test_a_reader_that_has_enough_is_no_traceback() -> None:
    script = "import sys, exporter.cli as c; sys.exit(c.main(['--version']))"
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait() == 1


def test_no_mode_serves_and_values_keep_what_was_given() -> None:
    line = parse_flags(["--libvirt.uri", "test:///default", "--no-collector.event"], INFOS)
    assert line.mode == "serve"
    assert line.values == {"libvirt.uri": "test:///default", "collector.event": False}


@pytest.mark.parametrize("mode", ["once", "check", "list-metrics", "healthcheck"])
def test_a_mode_is_its_flag(mode: str) -> None:
    assert parse_flags([f"--{mode}"], INFOS).mode == mode


def test_install_assets_takes_a_directory() -> None:
    assert parse_flags(["--install-assets=/tmp/x"], INFOS)[:2] == ("install-assets", "/tmp/x")


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_wins_over_another_mode(flag: str) -> None:
    assert parse_flags(["--once", flag], INFOS).mode == "help"


def test_help_fits_a_terminal_and_names_every_flag_and_collector() -> None:
    text = usage(INFOS)
    assert max(len(line) for line in text.splitlines()) <= 80
    named = [option.flag for option in options(()).values() if not option.file_only]
    assert [flag for flag in named if flag not in text] == []
    assert [info.name for info in INFOS if f"{info.name} {format_duration(info.interval)}" not in text] == []


def test_each_flag_says_more_than_its_name() -> None:
    assert [option.name for option in options(INFOS).values() if option.group != "collectors" and not option.help] == []


def test_no_two_options_share_a_flag_a_variable_or_a_key() -> None:
    known = options(INFOS).values()
    for spellings in ([o.flag for o in known], [o.variable for o in known], [o.key for o in known]):
        assert len(set(spellings)) == len(spellings)


def test_the_page_names_every_flag_variable_and_collector() -> None:
    page = configuration_page(INFOS)
    named = [option for option in options(()).values() if not option.file_only]
    assert [option.name for option in named if f"`{option.flag}" not in page] == []
    assert [option.name for option in named if f"`{option.variable}`" not in page] == []
    assert [info.name for info in INFOS if f"| `{info.name}` |" not in page] == []


@pytest.mark.parametrize("seconds", [0.1, 0.5, 1, 15, 60, 90, 300, 3600, 86400, 90061.5])
def test_a_duration_reads_back_as_it_was_written(seconds: float) -> None:
    assert parse_duration(format_duration(seconds)) == seconds


def test_main_needs_no_argument_list(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["libvirt-exporter", "--version"])
    assert main() == 0
    assert capsys.readouterr().out == f"libvirt-exporter {__version__}\n"


@pytest.mark.parametrize("flag", ["--bogus", "--libvirt.uri=qemu", "--config.file=/nonexistent.yml"])
def test_a_wrong_flag_ends_with_2_and_one_line(flag: str) -> None:
    done = subprocess.run([sys.executable, "-m", "exporter", flag], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"libvirt-exporter: {flag.partition('=')[0]}: ")
    assert done.stderr.count("\n") == 1
