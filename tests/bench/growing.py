"""What one host costs the agent by the number of its guests: run as a process of its own for each number."""

import ctypes
import gc
import json
import sys
from statistics import median
from time import process_time
from typing import Any

from tests.bench.figures import Topic
from tests.bench.processes import medians
from tests.bench.usage import usage

_BASE_KIB = 64 * 1024
_GUEST_KIB = 40


def measure(sizes: tuple[int, ...], times: int) -> Topic:
    """Memory and processor time at each size and around it."""
    topic = Topic(
        "Growth with the number of guests",
        "The `core` set on synthetic hosts (two vCPUs, disks and interfaces a guest; every counter moves in every "
        "cycle), each size in a process of its own. One cycle is what runs every 15 s, written, published and "
        "compressed; making the figures up is left out, and so is serving, for which see below. Of one more guest: the "
        "difference between a size half as large again and half as large, by guest. Memory is the largest resident "
        "set the process ever had, both formats written and compressed; of one more guest it is what is left when the "
        "allocator gives back what is free.",
    )
    slopes: dict[str, list[float]] = {"seconds": [], "held_kib": []}
    for size in sizes:
        few, here, many = (
            medians("growing", number, times=_times(size, times)) for number in (size // 2, size, size + size // 2)
        )
        per_sample = here["seconds"] / here["series"] * 1e6
        topic.add(f"growth_{size}_series", f"{size:,} guests: samples on the page", here["series"])
        topic.add(f"growth_{size}_us", f"{size:,} guests: collected and written", per_sample, "µs a sample", most=10)
        limit = (_BASE_KIB + _GUEST_KIB * size) / 1024
        topic.add(
            f"growth_{size}_peak_mib", f"{size:,} guests: memory at most", here["peak_kib"] / 1024, "MiB", most=limit
        )
        for key, slope in slopes.items():
            slope.append((many[key] - few[key]) / (size // 2 * 2))
        topic.add(f"growth_{size}_guest_us", f"{size:,} guests: one more, a cycle", slopes["seconds"][-1] * 1e6, "µs")
        topic.add(f"growth_{size}_guest_kib", f"{size:,} guests: one more, memory", slopes["held_kib"][-1], "KiB")
    for key, word in (("seconds", "processor time"), ("held_kib", "memory")):
        spread = max(slopes[key]) / min(slopes[key])
        topic.add(f"growth_{key}_spread", f"{word} of one more guest, largest to smallest", spread, most=1.15)
    return topic


def _times(size: int, times: int) -> int:
    """Small sizes more often: what one more guest costs is a small difference there."""
    return 3 * times if size < 500 else times


def _grow(size: int) -> dict[str, Any]:
    from exporter import memory
    from exporter.collectors.collector import FAST
    from tests.bench.synthetic import SyntheticHost
    from tests.bench.watched import CORE, cycle, frequent, quiet, series, watched, written

    quiet()
    memory.set_up()
    synthetic = SyntheticHost(size)
    with watched(synthetic.target, CORE) as host:
        cycle(host)
        for form in ("text", "openmetrics"):
            written(host, form, gzip=True)
        seconds = []
        for _ in range(4 if size > 2000 else 10):
            host.later(FAST)
            start = process_time() - synthetic.seconds
            cycle(host, frequent(host))
            seconds.append(process_time() - synthetic.seconds - start)
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)
        used = usage()
        return {
            "seconds": median(seconds),
            "peak_kib": used.peak_kib,
            "held_kib": used.resident_kib,
            "series": series(host),
        }


if __name__ == "__main__":
    print(json.dumps(_grow(int(sys.argv[1]))))
