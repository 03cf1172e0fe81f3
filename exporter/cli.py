"""The command: flags into settings, and settings to whoever does the job.

Nothing heavy is imported before it is needed, so that `--version` answers at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from exporter import __version__
from exporter.errors import ConfigError, ExporterError

if TYPE_CHECKING:
    from exporter.configuration.flags import CommandLine
    from exporter.settings import Settings


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command and gives its exit code: 0 fine, 1 could not do the job, 2 wrongly configured."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has enough; the interpreter must not fail on it once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 1
    except ConfigError as error:
        print(f"libvirt-exporter: {error}", file=sys.stderr)
        return 2
    except ExporterError as error:
        print(f"libvirt-exporter: {error}", file=sys.stderr)
        return 1
    return code


def _run(arguments: Sequence[str]) -> int:
    if "--version" in arguments:
        print(f"libvirt-exporter {__version__}")
        return 0
    from exporter.collectors.registry import COLLECTORS
    from exporter.configuration.flags import parse_flags

    line = parse_flags(arguments, COLLECTORS)
    if line.mode == "help":
        from exporter.configuration.usage import usage

        print(usage(COLLECTORS))
        return 0
    if line.mode == "list-metrics":
        from exporter.declarations import list_metrics

        return list_metrics()
    if line.mode == "install-assets":
        from exporter.assets import install

        return install(Path(line.argument))
    return _with_settings(line)


def _with_settings(line: CommandLine) -> int:
    read = partial(_read, line)
    settings = read()
    _configure_logs(settings)
    if line.mode == "once":
        from exporter.agent import once

        if settings.multi:
            raise ConfigError(
                "--once", f"{len(settings.hosts)} hosts", "one host, by --libvirt.uri, as they have pages of their own"
            )

        return once(settings)
    if line.mode == "check":
        from exporter.check import run as check

        return check(settings)
    if line.mode == "healthcheck":
        from exporter.healthcheck import run as healthcheck

        return healthcheck(settings)
    from exporter.agent import serve

    return serve(settings, read)


def _read(line: CommandLine) -> Settings:
    """Everything read again: also what a reload calls."""
    from exporter.collectors.registry import COLLECTORS
    from exporter.configuration.build import build_settings

    return build_settings(line.values, os.environ, COLLECTORS)


def _configure_logs(settings: Settings) -> None:
    from exporter.logs import configure

    configure(settings.log.level, settings.log.format)
