"""Pools or networks of a host, asked one at a time, so that one that hangs costs itself alone.

A pool whose server is dead holds every call that names it, and the listing of all pools too, for as long as libvirtd
waits for that server. So the listing is remembered and not repeated while a pool hangs, and one that hung is asked
again after pauses that double.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import structlog

from exporter.filters import NameFilter
from exporter.hypervisor.connection import Connection
from exporter.hypervisor.errors import Abandoned, CallFailed, ConnectionLost, HypervisorError, NotFound, NotSupported
from exporter.hypervisor.pool import WorkerPool
from exporter.hypervisor.waits import Waits
from exporter.scope import Scope

_LISTING = ""
_MOST_HANGING = 3
"""Beyond so many, nothing new is asked: libvirtd keeps few workers for calls like these."""

logger = structlog.get_logger()


@dataclass(frozen=True)
class Thing:
    """A storage pool or a virtual network, as its listings tell."""

    name: str
    active: bool
    persistent: bool
    autostart: bool


@dataclass(frozen=True)
class Answer:
    """What reading a thing came to: `data` is None if it failed, or was not asked."""

    thing: Thing
    data: Any
    timed_out: bool
    failures: int


Find = Callable[[Connection], Sequence[Thing]]
Chooses = Callable[[Scope], NameFilter]
Read = Callable[[Connection, Thing, Scope], Any]


class Things:
    """The things that `find` lists and the filter that `chooses(scope)` gives lets through."""

    def __init__(self, pool: WorkerPool, find: Find, chooses: Chooses, scope: Scope) -> None:
        self._pool = pool
        self._find = find
        self._filter = chooses(scope)
        self._scope = scope
        self._waits = Waits()
        self.listed: tuple[Thing, ...] | None = None
        """All there are, those filtered out included; None before the first listing."""

    def forget(self) -> None:
        """The daemon was away: what hung in it no longer does."""
        self._waits.clear()
        self.listed = None

    @property
    def unlisted(self) -> bool:
        """Whether they could not be listed when last tried, so that there may be others by now."""
        return _LISTING in self._waits

    def ask(self, read: Read) -> Iterator[Answer]:
        """What `read(connection, thing, scope)` gives for each thing, by name. Raises NotSupported, ConnectionLost."""
        for thing in self._list():
            if self._filter.allows(thing.name):
                answer = self._ask(thing, read)
                if answer is not None:
                    yield answer

    def _list(self) -> Sequence[Thing]:
        hanging = len(self._waits) - (_LISTING in self._waits)
        if (self.listed is None or not hanging) and self._waits.over(_LISTING):
            try:
                listed = self._pool.submit(self._find).result()
                if self.listed is None:
                    self._filter.tell_unmatched([thing.name for thing in listed], self._pool.name)
                self.listed = tuple(sorted(listed, key=lambda thing: thing.name))
                self._waits.reset(_LISTING)
            except Abandoned:
                self._waits.lengthen(_LISTING)
                if self.listed is None:
                    raise
        if self.listed is None:
            raise CallFailed(f"call {self._find.__name__}", "it hung when last tried, and is tried again later")
        return self.listed

    def _ask(self, thing: Thing, read: Read) -> Answer | None:
        known = thing.name in self._waits
        if not self._waits.over(thing.name):
            return Answer(thing, None, timed_out=True, failures=1)
        if not known and len(self._waits) >= _MOST_HANGING:
            return Answer(thing, None, timed_out=False, failures=1)

        def task(connection: Connection) -> tuple[Any, int]:
            connection.take_failures()
            return read(connection, thing, self._scope), connection.take_failures()

        try:
            data, failures = self._pool.submit(task).result()
        except Abandoned as error:
            self._waits.lengthen(thing.name)
            logger.warning("no answer, left alone for a while", thing=thing.name, error=str(error))
            return Answer(thing, None, timed_out=True, failures=1)
        except (ConnectionLost, NotSupported):
            raise
        except NotFound:
            logger.debug("vanished", thing=thing.name)
            self._waits.reset(thing.name)
            return None
        except (HypervisorError, ElementTree.ParseError) as error:
            logger.warning("not read", thing=thing.name, error=str(error))
            data, failures = None, 1
        self._waits.reset(thing.name)
        return Answer(thing, data, timed_out=False, failures=failures)


def list_things(
    connection: Connection, list_all: Callable[[int], Sequence[Any]], active: int, persistent: int, autostart: int
) -> list[Thing]:
    """Four listings, whatever the number of things: all, then those that have each of these flags."""

    def names(flag: int) -> set[str]:
        return {thing.name() for thing in connection.call(list_all, flag)}

    running, kept, starting = names(active), names(persistent), names(autostart)
    return [Thing(name, name in running, name in kept, name in starting) for name in names(0)]
