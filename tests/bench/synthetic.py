"""A host of any number of guests, each shaped like one that was recorded, whose counters move from call to call.

`python -m tests.bench.synthetic GUESTS` collects and serves one until it is interrupted.
"""

import argparse
import json
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from exporter.hypervisor.connection import Target
from exporter.hypervisor.groups import GROUPS
from tests.replay.recorded import Recorded, RecordedHost, refusal

_RECORDING = Path(__file__).parents[1] / "fixtures" / "many.json"
_SHAPE = "tuned"  # two vCPUs, two disks, two interfaces
_REPORTS_MEMORY = "web-1"  # what a guest with a balloon driver says of itself
_STEP = 1024
_NOT_COUNTED = ("state", "reason", "count", "name", "path", "Index", "mode", "status", "current", "maximum")


class SyntheticDomain:
    """A guest in the place of libvirt's virDomain; for what is asked of one guest at a time it answers as recorded."""

    __slots__ = ("_id", "_name", "_recorded", "_uuid", "_xml")

    def __init__(self, number: int, recorded: Recorded, xml: Callable[["SyntheticDomain"], str]) -> None:
        self._name = f"guest-{number:05d}.example.com"
        self._uuid = str(uuid5(NAMESPACE_DNS, self._name))
        self._id = number + 1
        self._recorded = recorded
        self._xml = xml

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return getattr(self._recorded, name)  # type: ignore[no-any-return]

    def name(self) -> str:
        """Its name."""
        return self._name

    def UUIDString(self) -> str:  # noqa: N802  libvirt's spelling
        """Its uuid."""
        return self._uuid

    def ID(self) -> int:  # noqa: N802  libvirt's spelling
        """Its number while it runs."""
        return self._id

    def XMLDesc(self, _flags: int = 0) -> str:  # noqa: N802  libvirt's spelling
        """Its description."""
        return self._xml(self)


class SyntheticHost(RecordedHost):
    """A virConnect with `count` running guests: the test driver is too slow for ten thousand."""

    def __init__(self, count: int) -> None:
        recording = json.loads(_RECORDING.read_text())
        guests = {guest["name"]: guest for guest in recording["guests"]}
        self._model = guests[_SHAPE]
        super().__init__(recording | {"guests": [self._model]})
        recorded = next(iter(self._domains.values()))
        self._crowd = {
            domain.UUIDString(): domain
            for domain in (SyntheticDomain(number, recorded, self._described) for number in range(count))
        }
        memory = {key: each for key, each in guests[_REPORTS_MEMORY]["stats"].items() if key.startswith("balloon.")}
        self._stats: dict[str, Any] = self._model["stats"] | memory
        self._keys: dict[int, tuple[list[str], list[tuple[int, int]], dict[str, Any]]] = {}
        self._moved = 0
        self.seconds = 0.0
        """Processor time that making the statistics took so far, which is not the exporter's."""

    @property
    def target(self) -> Target:
        """Where a host's settings would lead; `test` is a driver inside the process, which has one connection."""
        return Target("test:///synthetic", open_read_only=self.open)

    def _described(self, domain: SyntheticDomain) -> str:
        xml = self._model["xml"].replace(self._model["uuid"], domain.UUIDString())
        digits = f"{domain.ID():06x}"
        xml = xml.replace("52:54:00:fb:d2", f"52:54:{digits[:2]}:{digits[2:4]}:{digits[4:]}")
        return str(xml.replace(f"<name>{_SHAPE}<", f"<name>{domain.name()}<"))

    def _list(self, flags: int = 0) -> list[Any]:
        return [] if flags & ~3 else list(self._crowd.values())

    def _look_up(self, uuid: str) -> Any:
        found = self._crowd.get(uuid)
        if found is None:
            raise refusal(42, "Domain not found")
        return found

    def _statistics(self, domains: list[Any], stats: int, _flags: int) -> list[tuple[Any, dict[str, Any]]]:
        started = time.thread_time()
        names, spreads, still = self._keys.get(stats) or self._split(stats)
        self._moved += _STEP
        moved = self._moved
        made = []
        for domain in domains:
            number = domain.ID()
            values = [moved + number * step % span for step, span in spreads]
            made.append((domain, dict(zip(names, values, strict=True)) | still))
        self.seconds += time.thread_time() - started
        return made

    def _split(self, stats: int) -> tuple[list[str], list[tuple[int, int]], dict[str, Any]]:
        """Of the groups asked for: names of what counts, how its first values are spread, and what stays as it is."""
        groups = {group for group, bit in GROUPS.items() if bit & stats}
        wanted = {key: value for key, value in self._stats.items() if key.partition(".")[0] in groups}
        counted = [key for key, value in wanted.items() if not key.endswith(_NOT_COUNTED)]
        still = {key: value for key, value in wanted.items() if key not in counted}
        found = self._keys[stats] = (counted, list(map(_spread, counted)), still)
        return found


def _spread(key: str) -> tuple[int, int]:
    """By how much a field of a guest begins above that of the guest before, and where that begins again: no two guests
    and fields are alike, or a page of them would compress as no real one does."""
    chance = random.Random(key)  # noqa: S311 the same numbers in each run
    span = int(10 ** chance.uniform(4, 13))
    return chance.randrange(span // 3, span) | 1, span


def main() -> None:
    """Collect and serve a host of so many guests."""
    from tests.bench.watched import quiet
    from tests.bench.whole import SETS, Whole

    parser = argparse.ArgumentParser(prog="python -m tests.bench.synthetic", description=main.__doc__)
    parser.add_argument("guests", type=int)
    parser.add_argument("--set", choices=sorted(SETS), default="default", help="which collectors")
    parser.add_argument("--listen-address", default="127.0.0.1:0", help="default: %(default)s, any port")
    chosen = parser.parse_args()
    quiet()
    whole = Whole(chosen.guests, chosen.set)
    print(f"http://{whole.serve(chosen.listen_address, 40)}/metrics", flush=True)
    whole.collect()
    threading.Event().wait()


if __name__ == "__main__":
    main()
