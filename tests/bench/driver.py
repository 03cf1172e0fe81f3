"""What libvirt's test driver costs by itself: a process with as many connections to the same hosts, which makes the
same calls and does nothing else.

The driver lives in the process that asks it, so that the exporter's time and memory are also the driver's.
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import cycle, islice
from pathlib import Path
from time import process_time
from typing import Any

import libvirt  # noqa: TID251  none of the exporter's code stands between

from tests.bench.usage import usage

_ROOT = Path(__file__).parents[2]
_COUNTED = b'libvirt_exporter_call_duration_seconds_count{call="'

# Of every guest; calls about the host are too few to tell.
_CALLS: dict[str, Callable[[Any, int], object]] = {
    "state": lambda domain, _: domain.state(),
    "info": lambda domain, _: domain.info(),
    "getCPUStats": lambda domain, _: domain.getCPUStats(True),
    "vcpus": lambda domain, _: domain.vcpus(),
    "memoryStats": lambda domain, _: domain.memoryStats(),
    "blockStats": lambda domain, turn: domain.blockStats(("vda", "vdb")[turn % 2]),
    "blockInfo": lambda domain, turn: domain.blockInfo(("vda", "vdb")[turn % 2]),
    "interfaceStats": lambda domain, turn: domain.interfaceStats(f"tap{int(domain.name()[-5:])}-{turn % 2}"),
    "controlInfo": lambda domain, _: domain.controlInfo(),
    "isUpdated": lambda domain, _: domain.isUpdated(),
    "XMLDesc": lambda domain, _: domain.XMLDesc(),
}


def calls_so_far(pages: Iterable[bytes]) -> Counter[str]:
    """How many calls of each name the exporter says it has made, over all these pages."""
    calls: Counter[str] = Counter()
    for line in (line for page in pages for line in page.splitlines() if line.startswith(_COUNTED)):
        name, _, value = line.removeprefix(_COUNTED).partition(b'"} ')
        calls[name.decode()] += int(float(value))
    return calls


def alone(uris: Sequence[str], connections: int, calls: Mapping[str, int]) -> tuple[float, float]:
    """Seconds of processor time for these calls, spread over the hosts and their guests, and KiB that so many
    connections to each host take."""
    asked = json.dumps({"uris": uris, "connections": connections, "calls": calls})
    argv = [sys.executable, "-m", "tests.bench.driver"]
    done = subprocess.run(argv, input=asked, stdout=subprocess.PIPE, cwd=_ROOT, text=True, check=True)
    said = json.loads(done.stdout)
    return said["seconds"], said["kib"]


def _list(connection: Any) -> list[Any]:
    """The guests, with what every client must know of each."""
    domains: list[Any] = connection.listAllDomains(0)
    for domain in domains:
        domain.name(), domain.UUIDString(), domain.ID()
    return domains


def main() -> None:
    """Read what is asked for on standard input, do it, and say what it took."""
    asked = json.loads(sys.stdin.read())
    libvirt.registerErrorHandler(lambda *_: None, None)
    before = usage().resident_kib
    hosts = [[libvirt.openReadOnly(uri) for _ in range(asked["connections"])] for uri in asked["uris"]]
    began = process_time()
    for first, *_ in hosts:
        share = {name: round(count / len(hosts)) for name, count in asked["calls"].items()}
        for _ in range(max(1, share.pop("listAllDomains", 0))):
            domains = _list(first)
        for name, call in _CALLS.items():
            times = share.get(name, 0)
            for turn, domain in enumerate(islice(cycle(domains), times)):
                with suppress(libvirt.libvirtError):  # what the driver does not have costs as well
                    call(domain, turn // len(domains))
    print(json.dumps({"seconds": process_time() - began, "kib": usage().peak_kib - before}))


if __name__ == "__main__":
    main()
