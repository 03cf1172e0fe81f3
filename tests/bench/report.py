"""The document that a run of the benchmark writes."""

import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import libvirt  # noqa: TID251  its version

from exporter import __version__
from tests.bench.figures import Topic, markdown

_HEAD = """\
# Performance

Written by `scripts/bench`, which measures all of this side by side in one run; run it to see your own machine.
Figures are of this run and nothing here is asserted by a test. What matters are the ratios to what ran beside it.
A run takes some thirty minutes, needs root for its real guests, and a machine that does nothing else;
`scripts/bench --quick --no-guests` gives a first look in some minutes, and leaves this page as it is.

The hosts it measures can be had alone:

```sh
.venv/bin/python -m tests.bench.synthetic 10000             # collects and serves a synthetic host
.venv/bin/python -m tests.bench.testdriver /tmp/host.xml 100  # a host for libvirt's test driver; says its URI
```

"""


def document(topics: Sequence[Topic]) -> str:
    """All of it, as Markdown."""
    return _HEAD + _machine() + "\n" + "\n".join(section(topic) for topic in topics)


def section(topic: Topic) -> str:
    """One topic: its note and its tables, which can be read in a terminal, too."""
    lines = [f"## {topic.title}\n"]
    if topic.note:
        lines.append(f"{topic.note}\n")
    if topic.figures:
        rows: list[tuple[str, ...]] = [("what", "measured", "to reach", "reached")]
        rows += [figure.row() for figure in topic.figures]
        lines.append(markdown(rows))
    if topic.table:
        lines.append(markdown(list(topic.table)))
    return "\n".join(lines)


def _machine() -> str:
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    rows: list[tuple[str, ...]] = [
        ("of the run", ""),
        ("date", f"{datetime.now(UTC):%Y-%m-%d}"),
        ("exporter", __version__),
        ("processor", f"{os.cpu_count()} x {_processor()}"),
        ("memory", f"{pages / 2**30:.0f} GiB"),
        ("system", f"{platform.system()} {platform.release().partition('-')[0]}, {_distribution()}"),
        ("Python", platform.python_version()),
        ("libvirt", _dotted(libvirt.getVersion())),
        ("QEMU", _qemu()),
        ("load of the machine at the end (1, 5, 15 minutes)", load),
    ]
    return markdown(rows)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return "unknown distribution"


def _dotted(version: int) -> str:
    return f"{version // 1_000_000}.{version // 1000 % 1000}.{version % 1000}"


def _qemu() -> str:
    try:
        asked = subprocess.run(["qemu-system-x86_64", "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "not installed"
    return asked.stdout.partition("version ")[2].split(maxsplit=1)[0]
