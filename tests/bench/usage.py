"""What the system says of a process, and of the exporter while it is scraped as Prometheus does."""

import gzip
import os
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

INTERVAL = 15.0
_ACCEPT = {
    "Accept-Encoding": "gzip",
    "Accept": "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5",
}


@dataclass(frozen=True)
class Usage:
    """Processor time so far, the largest resident set so far, the resident set, and threads."""

    seconds: float
    peak_kib: int
    resident_kib: int
    threads: int


def usage(pid: int | str = "self") -> Usage:
    """What a process used so far, its children aside."""
    # The name in brackets may hold anything.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    peak, resident = (int(status[key].split()[0]) for key in ("VmHWM", "VmRSS"))
    return Usage(ticks / os.sysconf("SC_CLK_TCK"), peak, resident, int(status["Threads"]))


def scrape(url: str) -> bytes:
    """A page as Prometheus asks for it."""
    request = urllib.request.Request(url, headers=_ACCEPT)  # noqa: S310  a URL of the loopback
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        return gzip.decompress(answer.read())


def samples(page: bytes) -> int:
    """How many samples stand on a page."""
    return sum(not line.startswith(b"#") for line in page.splitlines())


def watched_for(pid: int, urls: Sequence[str], cycles: int) -> tuple[float, int]:
    """Seconds of processor time and samples a cycle of 15 s, while each page is scraped once a cycle."""
    began, before = time.monotonic(), usage(pid).seconds
    for number in range(cycles):
        counted = sum(samples(scrape(url)) for url in urls)
        time.sleep(max(0.0, began + (number + 1) * INTERVAL - time.monotonic()))
    return (usage(pid).seconds - before) / cycles, counted
