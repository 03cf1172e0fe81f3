"""Figures of the demo's guests.

libvirt's test driver counts the wall clock and gives that as every counter of every guest. Here each guest gets figures
of its own in place of those, with the keys that a QEMU host has. They are invented, and say nothing of this machine.
"""

import math
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from exporter.demo.guests import GUESTS, DemoGuest, Disk

Value = int | float | str | bool
Flat = dict[str, Value]

_RUNNING = 1
_SECOND = 1_000_000_000
_GIBIBYTE = 1_073_741_824
_PACKET = 900  # bytes, between those of requests and of answers


def _seed(*words: object) -> float:
    """A number from 0 to 1 that belongs to these words for ever."""
    return zlib.crc32("/".join(map(str, words)).encode()) / 0xFFFFFFFF


def swing(seconds: float, *words: object) -> float:
    """What moves up and down around 1 and is never below 0.1, in its own way for each `words`."""
    slow, fast = 600 + 900 * _seed(*words, "slow"), 60 + 120 * _seed(*words, "fast")
    return (
        1
        + 0.55 * math.sin(math.tau * (seconds / slow + _seed(*words, "first")))
        + 0.35 * math.sin(math.tau * (seconds / fast + _seed(*words, "second")))
    )


def swung(seconds: float, *words: object) -> float:
    """The integral of `swing` from 0, so that what is counted never goes back."""
    total = seconds
    for share, period, name in ((0.55, 600 + 900 * _seed(*words, "slow"), "first"),
                                (0.35, 60 + 120 * _seed(*words, "fast"), "second")):  # fmt: skip
        phase = math.tau * _seed(*words, name)
        total += share * period / math.tau * (math.cos(phase) - math.cos(math.tau * seconds / period + phase))
    return total


@dataclass
class _Life:
    """How long a guest has run since it was started (seconds); a paused one does not age."""

    identifier: int
    seen: float
    seconds: float = 0.0


class DemoFigures:
    """Puts each guest's own figures in the place of the test driver's. `clock` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._plans: Mapping[str, DemoGuest] = {plan.uuid: plan for plan in GUESTS}
        self._lives: dict[str, _Life] = {}
        self._lock = threading.Lock()

    def vary(self, uuid: str, identifier: int, flat: Flat) -> Flat:
        """The flat statistics of a guest with figures of its own; guests that are not the demo's stay as they are."""
        plan = self._plans.get(uuid)
        if plan is None or identifier == -1:
            return flat
        seconds = self._age(uuid, identifier, flat.get("state.state") == _RUNNING)
        varied = dict(flat)
        if "cpu.time" in flat:
            varied |= _processor(plan, seconds)
        if "balloon.current" in flat:
            varied |= _memory(plan, seconds, int(flat["balloon.current"]))
        for number, disk in enumerate(plan.disks):
            if flat.get(f"block.{number}.name") == disk.target:
                varied |= _disk(plan, disk, f"block.{number}", seconds)
        for number in range(len(plan.networks)):
            if f"net.{number}.name" in flat:
                varied |= _interface(plan, number, seconds)
        return varied

    def _age(self, uuid: str, identifier: int, running: bool) -> float:
        now = self._clock()
        with self._lock:
            life = self._lives.get(uuid)
            if life is None:
                # As if it had been started a while before the exporter.
                life = self._lives[uuid] = _Life(identifier, now, 900 + 2700 * _seed(uuid, "age"))
            elif life.identifier != identifier:
                life = self._lives[uuid] = _Life(identifier, now)
            if running:
                life.seconds += now - life.seen
            life.seen = now
            return life.seconds


def _processor(plan: DemoGuest, seconds: float) -> Flat:
    found: Flat = {}
    total = 0
    for number in range(plan.vcpus):
        busy = int(min(1.0, plan.load) / 1.9 * _SECOND * swung(seconds, plan.uuid, "vcpu", number))
        total += busy
        found[f"vcpu.{number}.time"] = busy
        found[f"vcpu.{number}.wait"] = busy // 400
        found[f"vcpu.{number}.delay"] = busy // 60
    # Emulation threads work beside the vCPUs.
    return found | {"cpu.time": total * 26 // 25, "cpu.user": total * 7 // 10, "cpu.system": total * 3 // 10}


def _memory(plan: DemoGuest, seconds: float, current: int) -> Flat:
    available = current * 97 // 100
    used = int(available * min(0.95, 0.42 * swing(seconds, plan.uuid, "memory")))
    caches = (available - used) // 2
    faults = int(30 * plan.load * swung(seconds, plan.uuid, "faults"))
    return {
        "balloon.available": available,
        "balloon.unused": available - used - caches,
        "balloon.usable": available - used - caches // 8,
        "balloon.disk_caches": caches,
        "balloon.rss": min(current, used + caches + 40_000),
        "balloon.swap_in": 0,
        "balloon.swap_out": 0,
        "balloon.major_fault": faults // 50,
        "balloon.minor_fault": faults * 20,
        "balloon.last-update": int(time.time()),
    }


def _disk(plan: DemoGuest, disk: Disk, key: str, seconds: float) -> Flat:
    found: Flat = {}
    for word, rate, size, latency in (("rd", disk.reads, 24_576, 450_000), ("wr", disk.writes, 12_288, 900_000)):
        requests = int(rate * swung(seconds, plan.uuid, key, word))
        found[f"{key}.{word}.reqs"] = requests
        found[f"{key}.{word}.bytes"] = requests * size
        found[f"{key}.{word}.times"] = int(rate * latency * swung(seconds, plan.uuid, key, word, "time"))
    flushes = int(disk.writes / 10 * swung(seconds, plan.uuid, key, "wr"))
    capacity = disk.gibibytes * _GIBIBYTE
    # Images fill up slowly and are never quite full.
    share = 0.35 + 0.5 * _seed(plan.uuid, key) + 0.1 * (1 - math.exp(-seconds / 36_000))
    written = int(capacity * share) // 4096 * 4096
    return found | {
        f"{key}.fl.reqs": flushes,
        f"{key}.fl.times": flushes * 2_200_000,
        f"{key}.capacity": capacity,
        f"{key}.allocation": written,
        f"{key}.physical": written,
    }


def _interface(plan: DemoGuest, number: int, seconds: float) -> Flat:
    key = f"net.{number}"
    found: Flat = {}
    for word, share in (("rx", 0.4), ("tx", 0.6)):
        packets = int(plan.traffic * share / _PACKET * swung(seconds, plan.uuid, key, word))
        found[f"{key}.{word}.pkts"] = packets
        found[f"{key}.{word}.bytes"] = packets * _PACKET
        found[f"{key}.{word}.errs"] = 0
        # Only the busiest guests lose a packet now and then.
        found[f"{key}.{word}.drop"] = packets // 200_000 if plan.traffic > 1e6 else 0
    return found
