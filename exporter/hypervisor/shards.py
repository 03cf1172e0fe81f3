"""Guests asked together: which, for what, and how many in one call."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from exporter.guest import Guest
from exporter.hypervisor.connection import Connection
from exporter.hypervisor.groups import NO_MONITOR
from exporter.hypervisor.perguest import WITHOUT_MONITOR
from exporter.hypervisor.setaside import SetAside

# Ten to begin with: fewer cost more calls, and of more, more lose a cycle to one that hangs. Workers take a shard when
# they are free, and towards the end shards get smaller, so that none works on while the others have nothing left.
_LARGEST_SHARD = 10
_LARGEST_CHEAP_SHARD = 250


Wanted = Mapping[frozenset[str], Sequence[Guest]]
"""Guests by the groups they are to be asked for."""


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


def cut(wanted: Wanted, backing: bool, set_aside: SetAside, lanes: int, size: int | None) -> Iterator[Shard]:
    """Shards of guests by the groups they are to be asked for, for so many workers side by side; `size` is how many
    guests are in one at most."""
    for left, (groups, guests) in zip(reversed(range(len(wanted))), wanted.items(), strict=True):
        # As long as there is more to do, no worker is without.
        yield from _cut(guests, groups, backing, set_aside, 1 if left else lanes, size)


def _cut(
    guests: Iterable[Guest], groups: frozenset[str], backing: bool, set_aside: SetAside, lanes: int, size: int | None
) -> Iterator[Shard]:
    """Of guests that may be asked everything, of those that may only be asked what needs no monitor, and of those that
    are off."""
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
    for some in _chunks(free, lanes, size or _largest(groups)):
        yield Shard(some, groups, backing, groups)
    for some in _chunks(aside, lanes, size or _LARGEST_CHEAP_SHARD):
        yield shard_aside(some, groups)
    if of_inactive:
        for some in _chunks(inactive, lanes, size or _largest(of_inactive)):
            yield Shard(some, of_inactive, backing, groups)


def shard_aside(guests: Sequence[Guest], groups: frozenset[str]) -> Shard:
    """Guests with hung monitors, asked for what of these groups needs none; for their state at least."""
    safe = groups & NO_MONITOR | {"state"}
    return Shard(guests, safe, False, safe | groups & WITHOUT_MONITOR, aside=True)


def _largest(groups: frozenset[str]) -> int:
    return _LARGEST_CHEAP_SHARD if groups <= NO_MONITOR else _LARGEST_SHARD


def _chunks(guests: Sequence[Guest], lanes: int, largest: int) -> Iterator[Sequence[Guest]]:
    """What each worker would have of those that are left, but no more than `largest` at a time."""
    start = 0
    while start < len(guests):
        end = start + min(largest, -(-(len(guests) - start) // lanes))
        yield guests[start:end]
        start = end
