"""The demo host's own figures.

The test driver says the same of its host for ever; here its processors work and its memory moves, with the answers that
a QEMU host gives. They are invented, and say nothing of this machine.
"""

import time
from collections.abc import Callable
from typing import Any

from exporter.demo.figures import swing, swung

_SECOND = 1_000_000_000
_CPUS = 3
_LOAD = 0.9  # of one processor, on average
_UP_BEFORE = 86_400.0  # seconds the host seems to have run before the exporter


class DemoConnection:
    """A virConnect to the test driver that tells other figures of its host; `clock` gives monotonic seconds."""

    def __init__(self, connection: Any, clock: Callable[[], float] = time.monotonic) -> None:
        self._connection = connection
        self._clock = clock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def getCPUStats(self, _cpu: int, _flags: int = 0) -> dict[str, int]:  # noqa: N802 libvirt's name
        """Nanoseconds by mode; each only grows."""
        seconds = _UP_BEFORE + self._clock()
        busy = int(_LOAD * _SECOND * swung(seconds, "host", "cpu"))
        shares = {"user": busy * 3 // 4, "kernel": busy // 5, "iowait": busy // 20}
        return shares | {"idle": max(0, int(_CPUS * seconds * _SECOND) - busy)}

    def getMemoryStats(self, _cell: int, _flags: int = 0) -> dict[str, int]:  # noqa: N802 libvirt's name
        """KiB by kind, of the memory the test driver says it has."""
        total = int(self._connection.getInfo()[1]) * 1024
        used = int(total * min(0.9, 0.45 * swing(self._clock(), "host", "memory")))
        cached = (total - used) // 3
        return {"total": total, "free": total - used - cached, "buffers": total // 100, "cached": cached - total // 100}
