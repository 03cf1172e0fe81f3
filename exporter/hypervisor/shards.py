"""Guests asked together: which, for what, and how many in one call."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from exporter.guest import Guest
from exporter.hypervisor.connection import Connection
from exporter.hypervisor.groups import NO_MONITOR
from exporter.hypervisor.perguest import WITHOUT_MONITOR
from exporter.hypervisor.setaside import SetAside

# Not fitted to measured times: with 5 to 10 guests a shard a cycle takes equally long, and the fewer, the fewer lose a
# cycle to one that hangs. What guests cost differently is evened out by workers that take a shard when they are free.
_LARGEST_SHARD = 10
_CHEAP_SHARD = 250
_SHARDS_PER_WORKER = 4


@dataclass(eq=False)
class Shard:
    """Guests asked in one call, and that call while it is out."""

    guests: Sequence[Guest]
    groups: frozenset[str]
    backing: bool
    given: frozenset[str]
    """The groups that come of it: for guests set aside also those that single calls give without their monitor."""
    aside: bool = False
    inside: bool = False
    """Whether its call takes the place of one that may be in a monitor."""
    asked_at: float = 0.0
    connection: Connection | None = None

    @property
    def enters_monitor(self) -> bool:
        """Whether a guest that hangs would hold this call."""
        return not self.groups <= NO_MONITOR


def cut(
    guests: Iterable[Guest], groups: frozenset[str], backing: bool, set_aside: SetAside, lanes: int, size: int | None
) -> Iterator[Shard]:
    """Shards of guests that may be asked everything, of those that may only be asked what needs no monitor, and of
    those that are off, for so many workers side by side; `size` None chooses how many guests are in one."""
    free, aside, inactive = [], [], []
    full = set_aside.full
    for guest in guests:
        if not guest.active:
            inactive.append(guest)
        elif full or guest.uuid in set_aside:
            aside.append(guest)
        else:
            free.append(guest)
    # libvirt makes cpu.* up for guests that are off: it is the CPU time of the daemon itself. What they have of it is
    # nothing, which is an answer all the same.
    of_inactive = groups - {"cpu"}
    for some in _chunks(free, size or _size(len(free), lanes, cheap=groups <= NO_MONITOR)):
        yield Shard(some, groups, backing, groups)
    for some in _chunks(aside, size or _size(len(aside), lanes, cheap=True)):
        yield shard_aside(some, groups)
    if of_inactive:
        for some in _chunks(inactive, size or _size(len(inactive), lanes, cheap=of_inactive <= NO_MONITOR)):
            yield Shard(some, of_inactive, backing, groups)


def shard_aside(guests: Sequence[Guest], groups: frozenset[str]) -> Shard:
    """Guests with hung monitors, asked for what of these groups needs none; for their state at least."""
    safe = groups & NO_MONITOR | {"state"}
    return Shard(guests, safe, False, safe | groups & WITHOUT_MONITOR, aside=True)


def _size(guests: int, lanes: int, *, cheap: bool) -> int:
    return max(1, min(_CHEAP_SHARD if cheap else _LARGEST_SHARD, -(-guests // (lanes * _SHARDS_PER_WORKER))))


def _chunks(guests: Sequence[Guest], size: int) -> Iterator[Sequence[Guest]]:
    return (guests[start : start + size] for start in range(0, len(guests), size))
