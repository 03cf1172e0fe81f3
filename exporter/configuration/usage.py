"""The text of --help: short enough to read, and it says when to change each flag."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from importlib import metadata

from exporter.configuration.durations import format_duration
from exporter.configuration.options import GROUPS, MODES, CollectorInfo, Option, options

_WIDTH = 80
_COLUMN = 28

_HEAD = """\
usage: libvirt-exporter [flags]

Watches libvirt hosts and speaks Prometheus, over a read-only connection.
Without flags: qemu:///system, at http://localhost:9177/metrics.
"""

_TAIL = """\
Each flag is also an environment variable (--stale.after is
LIBVIRT_EXPORTER_STALE_AFTER, lists by comma) and a key of the file, nested at
the dots. A flag wins over the environment, that over the file.

Examples:
  libvirt-exporter --demo
  libvirt-exporter --libvirt.uri=qemu:///system --check
  libvirt-exporter --no-collector.event --collector.domain_block.interval=30s
  libvirt-exporter --domain.exclude='test-.*' --web.listen-address=[::1]:9177
  libvirt-exporter --config.file=/etc/libvirt-exporter.yml
"""


def usage(collectors: Sequence[CollectorInfo]) -> str:
    """The whole text, without a newline at its end."""
    table = [option for option in options(()).values() if not option.file_only]
    parts = [_HEAD, _section("Instead of serving", (_line(f"--{m.name}", m.metavar, m.help) for m in MODES))]
    for group, title in GROUPS.items():
        lines = [_line(option.flag, option.metavar, _help(option)) for option in table if option.group == group]
        if group == "collectors":
            lines = [*_COLLECTOR_FLAGS, *lines, *_collectors(collectors)]
        if lines:
            parts.append(_section(title, lines))
    return "\n".join([*parts, _TAIL, *_documentation()]).rstrip("\n")


def _section(title: str, lines: Iterable[str]) -> str:
    return "\n".join([f"{title}:", *lines, ""])


def _help(option: Option) -> str:
    return f"{option.help} [{option.default}]" if isinstance(option.default, str) else option.help


def _line(flag: str, metavar: str, text: str) -> str:
    spelled = f"  {flag}={metavar}" if metavar else f"  {flag}"
    indent = " " * _COLUMN
    body = textwrap.wrap(text, _WIDTH - _COLUMN, break_on_hyphens=False)
    if len(spelled) > _COLUMN - 2:
        return "\n".join([spelled, *(indent + line for line in body)])
    return "\n".join([spelled.ljust(_COLUMN) + body[0], *(indent + line for line in body[1:])])


_COLLECTOR_FLAGS = (
    _line("--collector.NAME", "", "Switch one on: when its figures are worth its cost."),
    _line("--no-collector.NAME", "", "Switch one off: when nobody looks at its figures."),
    _line("--collector.NAME.interval", "DURATION", "How often it reads. Raise it to spare the daemon."),
)


def _collectors(collectors: Sequence[CollectorInfo]) -> list[str]:
    on = [f"{info.name} {format_duration(info.interval)}" for info in collectors if info.default]
    off = [f"{info.name} {format_duration(info.interval)}" for info in collectors if not info.default]
    lines = []
    for title, names in (("On by default, with the interval of each", on), ("Off by default", off)):
        if names:
            lines += ["", f"  {title}:", *_columns(names)]
    return lines


def _columns(names: Sequence[str]) -> list[str]:
    width = max(len(name) for name in names) + 2
    count = max(1, (_WIDTH - 4) // width)
    rows = -(-len(names) // count)
    return [("    " + "".join(name.ljust(width) for name in names[row::rows])).rstrip() for row in range(rows)]


def _documentation() -> list[str]:
    """The address of the documentation, as the installed package names it."""
    try:
        links = metadata.metadata("libvirt-exporter").get_all("Project-URL") or []
    except metadata.PackageNotFoundError:
        return []
    named = dict(link.split(", ", 1) for link in links)
    address = named.get("Documentation")
    return [f"Documentation: {address}"] if address else []
