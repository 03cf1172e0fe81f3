"""The manual page libvirt-exporter(1), made from the declarations: `python -m exporter.configuration.manual`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from exporter import __version__
from exporter.configuration.durations import format_duration
from exporter.configuration.options import GROUPS, MODES, CollectorInfo, Option, options

_HEAD = r"""
.SH NAME
libvirt\-exporter \- monitoring agent for libvirt hosts that speaks Prometheus
.SH SYNOPSIS
.B libvirt\-exporter
.RI [ flags ]
.SH DESCRIPTION
Watches libvirt hosts over read\-only connections, polls them on a schedule, follows their events, and serves what it
knows at http://localhost:9177/metrics. Without flags it watches
.IR qemu:///system .
.PP
Each flag is also an environment variable (\-\-stale.after is LIBVIRT_EXPORTER_STALE_AFTER, lists by comma) and a key
of the configuration file, nested at the dots. A flag wins over the environment, that over the file.
"""

_TAIL = r"""
.SH SIGNALS
.TP
.BR SIGTERM ", " SIGINT
End.
.TP
.B SIGHUP
Read the configuration again; a wrong one is logged, and the old one stays.
.TP
.B SIGUSR1
Write what every thread is doing to the log.
.SH EXIT STATUS
.TP
.B 0
Fine.
.TP
.B 1
Could not do the job: the port is in use, the host cannot be reached.
.TP
.B 2
Wrong flags or configuration; one line names the key, the value and what is allowed.
.SH FILES
.TP
.I /etc/libvirt\-exporter.yml
Configuration of the service.
.TP
.I /etc/default/libvirt\-exporter
Its environment.
.TP
.I /run/libvirt/libvirt\-sock\-ro
The read\-only socket of libvirtd, all that the agent needs; virtqemud\-sock\-ro with modular daemons.
.SH SEE ALSO
.BR libvirtd (8),
.BR virtqemud (8),
.BR prometheus (1),
.BR promtool (1)
"""


def manual(collectors: Sequence[CollectorInfo]) -> str:
    """The whole page in roff."""
    parts = [f'.TH LIBVIRT\\-EXPORTER 1 "" "libvirt\\-exporter {__version__}" "User Commands"', _HEAD.strip()]
    parts += [".SH INSTEAD OF SERVING", *(_entry(f"--{m.name}", m.metavar, m.help) for m in MODES)]
    table = [option for option in options(()).values() if not option.file_only]
    for group, title in GROUPS.items():
        entries = [_entry(o.flag, o.metavar, _help(o)) for o in table if o.group == group]
        if group == "collectors":
            entries = [*_COLLECTOR_FLAGS, *entries, *_collectors(collectors)]
        if entries:
            parts += [f".SH {_escape(title.partition(' (')[0]).upper()}", *entries]
    return "\n".join([*parts, _TAIL.strip()]) + "\n"


def _escape(text: str) -> str:
    plain = text.replace("\\", r"\(rs").replace("-", r"\-").replace("'", r"\(aq")
    # A line that begins with a dot is a command of roff.
    return "\\&" + plain if plain.startswith(".") else plain


def _entry(name: str, metavar: str, text: str) -> str:
    value = rf"=\fI{_escape(metavar)}\fR" if metavar else ""
    return f".TP\n\\fB{_escape(name)}\\fR{value}\n{_escape(text)}"


def _help(option: Option) -> str:
    return f"{option.help} Default: {option.default}" if isinstance(option.default, str) else option.help


_COLLECTOR_FLAGS = (
    _entry("--collector.NAME", "", "Switch one on: when its figures are worth its cost."),
    _entry("--no-collector.NAME", "", "Switch one off: when nobody looks at its figures."),
    _entry("--collector.NAME.interval", "DURATION", "How often it reads. Raise it to spare the daemon."),
)


def _collectors(collectors: Sequence[CollectorInfo]) -> Iterable[str]:
    yield ".SS Names"
    for info in collectors:
        state = "on" if info.default else "off"
        yield _entry(info.name, "", f"{info.help} By default {state}, every {format_duration(info.interval)}.")


if __name__ == "__main__":
    from exporter.collectors.registry import COLLECTORS

    sys.stdout.write(manual(COLLECTORS))
