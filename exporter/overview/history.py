"""The last 15 minutes of each guest and of the host, for the small curves of the page."""

from array import array
from collections.abc import Iterator, Mapping
from itertools import islice
from math import isnan, nan
from typing import Literal

from exporter.guest import Guest
from exporter.hypervisor.record import Record

Kind = Literal["cpu", "memory", "disk", "network"]

SLOT_SECONDS = 15
SLOTS = 60
_FRESH_SLOTS = 8
"""For how long the last figure stands for the present one."""

_KINDS: tuple[Kind, ...] = ("cpu", "memory", "disk", "network")
_DEVICES: tuple[tuple[Kind, str, tuple[str, str]], ...] = (
    ("disk", "block", ("rd.bytes", "wr.bytes")),
    ("network", "net", ("rx.bytes", "tx.bytes")),
)
_STARTS = {kind: number * SLOTS for number, kind in enumerate(_KINDS)}
_GAP = array("f", [nan] * len(_KINDS))
_EMPTY = array("f", [nan] * (SLOTS * len(_KINDS))).tobytes()
_SHORTEST = 1.0
"""Readings closer together than this, in seconds, give no rate."""


class Trend:
    """Figures of one guest, or of the host, in slots of 15 seconds: about 1.3 KiB, however long it runs.

    `cpu` is CPU seconds a second, `memory` bytes in use, `disk` and `network` bytes a second both ways; `given` is the
    memory in bytes that `memory` is a part of, `vcpus` the processors that `cpu` is shared by. Times are monotonic.
    """

    __slots__ = ("_counters", "_newest", "_values", "given", "vcpus")

    def __init__(self) -> None:
        self._values = array("f", _EMPTY)
        self._newest = -1
        self._counters: dict[Kind, tuple[float, float]] = {}
        self.given: float | None = None
        self.vcpus: int | None = None

    def count(self, kind: Kind, total: float, at: float) -> None:
        """Take a counter that said `total` at `at`: its growth since the reading before is the figure."""
        before = self._counters.get(kind)
        if before is not None and at - before[1] < _SHORTEST:
            return
        self._counters[kind] = (total, at)
        if before is not None and total >= before[0]:  # else it began anew
            self.put(kind, (total - before[0]) / (at - before[1]), at)

    def put(self, kind: Kind, value: float, at: float) -> None:
        """Take a figure that was true at `at`."""
        slot = int(at // SLOT_SECONDS)
        if slot > self._newest:
            for skipped in range(max(self._newest + 1, slot - SLOTS + 1), slot + 1):
                self._values[skipped % SLOTS :: SLOTS] = _GAP
            self._newest = slot
        if slot > self._newest - SLOTS:
            self._values[_STARTS[kind] + slot % SLOTS] = value

    def rest(self) -> None:
        """The guest is off: what its counters said is no base for what they will say."""
        self._counters.clear()
        self.given = None

    def values(self, kind: Kind, now: float) -> list[float]:
        """The figures of the last 15 minutes, oldest first, NaN where there was none."""
        newest = int(now // SLOT_SECONDS)
        start = _STARTS[kind]
        return [
            self._values[start + slot % SLOTS] if self._newest - SLOTS < slot <= self._newest else nan
            for slot in range(newest - SLOTS + 1, newest + 1)
        ]

    def latest(self, kind: Kind, now: float) -> float | None:
        """The newest figure, None if there was none for two minutes."""
        newest = int(now // SLOT_SECONDS)
        start = _STARTS[kind]
        for slot in range(self._newest, max(newest - _FRESH_SLOTS, self._newest - SLOTS), -1):
            value = self._values[start + slot % SLOTS]
            if not isnan(value):
                return value
        return None


class History:
    """Trends of a host's guests by uuid, and of the host itself. Any thread may read; a guest is observed by one at a
    time."""

    def __init__(self) -> None:
        self._guests: dict[str, Trend] = {}
        self.host = Trend()

    def of(self, uuid: str) -> Trend | None:
        """The trend of a guest that was seen running."""
        return self._guests.get(uuid)

    def keep(self, present: Mapping[str, Guest]) -> None:
        """Forget guests that are gone."""
        for uuid in list(self._guests.keys() - present.keys()):
            self._guests.pop(uuid, None)

    def observe(self, guest: Guest, record: Record, at: float) -> None:
        """Take what bulk statistics say of a guest; groups that were not asked for are simply not there."""
        trend = self._guests.get(guest.uuid)
        if not guest.active:
            # Its figures are the daemon's own.
            if trend is not None:
                trend.rest()
            return
        if trend is None:
            trend = self._guests[guest.uuid] = Trend()
        current = record.fields("vcpu").get("current")
        if current is not None:
            trend.vcpus = int(current)
        time = record.fields("cpu").get("time")
        if time is not None:
            trend.count("cpu", float(time) / 1e9, at)
        _observe_memory(trend, record.fields("balloon"), at)
        for kind, group, fields in _DEVICES:
            devices = record.devices(group).values()
            if devices:
                trend.count(kind, sum(float(device.get(field, 0)) for device in devices for field in fields), at)


def _observe_memory(trend: Trend, balloon: Mapping[str, object], at: float) -> None:
    """In use as the guest reports it, else what its process holds."""
    if "current" in balloon:
        trend.given = _kibibytes(balloon["current"])
    if "available" in balloon and ("usable" in balloon or "unused" in balloon):
        left = balloon.get("usable", balloon.get("unused"))
        trend.put("memory", _kibibytes(balloon["available"]) - _kibibytes(left), at)
    elif "rss" in balloon:
        trend.put("memory", _kibibytes(balloon["rss"]), at)


def _kibibytes(value: object) -> float:
    return float(str(value)) * 1024


def runs(values: list[float], gap: int) -> Iterator[list[tuple[int, float]]]:
    """Stretches of figures with their places; what lies at most `gap` places apart belongs together."""
    there = [(place, value) for place, value in enumerate(values) if not isnan(value)]
    start = 0
    for number in range(1, len(there) + 1):
        if number == len(there) or there[number][0] - there[number - 1][0] > gap:
            yield list(islice(there, start, number))
            start = number
