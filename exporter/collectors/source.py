"""What a collector needs gathered before it runs. Collectors with the same need and interval share one gathering."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from exporter.filters import NameFilter
from exporter.guest import Guest
from exporter.hypervisor.connection import Connection
from exporter.hypervisor.things import Thing
from exporter.scope import Scope


@dataclass(frozen=True)
class Statistics:
    """Bulk statistics of each guest, of these groups.

    `collect(guest, record, rows)` is called for each guest that answered; with `every` for each guest there is, with
    None for the record of one that did not, and again when an event told something new of it. `apart` keeps the groups
    in a call of their own, for those that can fail it or are dear; `backing` asks for the whole chain of images behind
    each disk, `unfiltered` for guests that the filters leave out, too.
    """

    groups: frozenset[str]
    every: bool = False
    apart: bool = False
    backing: bool = False
    unfiltered: bool = False


def statistics(
    *groups: str, every: bool = False, apart: bool = False, backing: bool = False, unfiltered: bool = False
) -> Statistics:
    """Bulk statistics of these groups, beside the state."""
    return Statistics(frozenset(groups) | {"state"}, every, apart, backing, unfiltered)


@dataclass(frozen=True)
class Description:
    """The domain XML of each guest, read again only when it changed: `collect(guest, root, rows)`."""


@dataclass(frozen=True)
class Listing:
    """In which listings each guest stands, one call each for all guests: `collect(guest, None, rows)` for every guest,
    after `guest.flags` and `guest.listings` were set. `names` are those of `Guest.flags`."""

    names: frozenset[str]


def listing(*names: str) -> Listing:
    """These listings."""
    return Listing(frozenset(names))


@dataclass(frozen=True)
class HostCall:
    """Calls about the host: `read(connection)` in a worker, then `collect(what it returned, rows)`."""

    read: Callable[[Connection], Any]


@dataclass(frozen=True)
class GuestCall:
    """Calls about one active guest at a time: `read(connection, domain, guest)` in a worker, then
    `collect(guest, what it returned, rows)`.

    Guests that are set aside are left out when the calls take a job or enter the monitor (`enters_monitor`). With
    `among(connection)`, one call that gives the uuids of the guests worth asking, the others are not asked and
    collected with `otherwise`; None from it asks them all.
    """

    read: Callable[[Connection, Any, Guest], Any]
    enters_monitor: bool = True
    inactive: bool = False
    among: Callable[[Connection], Collection[str] | None] | None = None
    otherwise: Any = ()


@dataclass(frozen=True)
class ThingCall:
    """Calls about one storage pool or virtual network at a time, so that one that hangs costs itself alone.

    `find(connection)` lists them, `chooses(scope)` gives the filter, `read(connection, thing, scope)` asks about one,
    then `collect(thing, what it returned, rows)`; None stands for one that missed its deadline. A summary is
    `summarise(values by name, everything listed, rows)`. `inside(scope)` is a filter on what things hold; what `read`
    returns then has the `names` of all that this one does.
    """

    find: Callable[[Connection], Sequence[Thing]]
    chooses: Callable[[Scope], NameFilter]
    read: Callable[[Connection, Thing, Scope], Any]
    inside: Callable[[Scope], NameFilter] | None = None


@dataclass(frozen=True)
class AgentCall:
    """Questions to the guest agents of active guests whose channel is connected, over the read-write connection that
    nothing else uses: `read(connection, domain, guest)`, then `collect(guest, what it returned, rows)`."""

    read: Callable[[Connection, Any, Guest], Any]


@dataclass(frozen=True)
class Events:
    """Counts of the host's events, written again soon after each: `collect(counts, rows)`, or with `guests`
    `collect(name, counts, guest, rows)` for each guest there is, and with `gone` for those that were there not long
    ago, whose `guest` is None."""

    guests: bool = False
    gone: bool = False


@dataclass(frozen=True)
class Live:
    """Nothing from libvirt: the agent's own figures that must be of the moment, written about once a second while
    anybody asks for the page: `collect(host, rows)`. So it must be little."""


@dataclass(frozen=True)
class Runs:
    """Nothing from libvirt: the agent's own figures that change when something ran, written soon after the last of the
    runs under way ended, every few seconds at most: `collect(host, rows)`."""


Source = Statistics | Description | Listing | HostCall | GuestCall | ThingCall | AgentCall | Events | Live | Runs
