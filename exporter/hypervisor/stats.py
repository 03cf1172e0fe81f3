"""Bulk statistics in shards, side by side, with hung guests found and set aside.

libvirtd walks through the guests of a bulk call one after another, and a guest that hangs holds the call without limit,
NOWAIT or not. So guests are asked in small shards from several connections; a shard that takes too long is looked into
with controlInfo(), its call is ended, the culprit is set aside, and the rest is asked again.
"""

import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import libvirt
import structlog

from exporter.clock import CLOCK, Clock
from exporter.guest import Guest
from exporter.hypervisor.connection import Connection
from exporter.hypervisor.errors import Abandoned, ConnectionLost, HypervisorError, NotFound, NotSupported
from exporter.hypervisor.groups import mask
from exporter.hypervisor.outstanding import Answer, Outstanding
from exporter.hypervisor.perguest import WITHOUT_MONITOR, fill, without_monitor
from exporter.hypervisor.pool import WorkerPool
from exporter.hypervisor.record import Flat, Record
from exporter.hypervisor.setaside import SetAside, hanging
from exporter.hypervisor.shards import Shard, Wanted, cut, shard_aside
from exporter.hypervisor.whole import SURE, is_whole

_SUSPICIOUS_SECONDS = 4.0
_LOOK_SECONDS = 0.25
_AGAIN_SECONDS = 0.05  # others are in a monitor for some milliseconds

_NOWAIT = libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT
_BACKING = libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_BACKING


@dataclass(frozen=True, slots=True)
class Asked:
    """For what a guest was asked: the groups, when (monotonic seconds, before the call), and whether its monitor was
    entered for them, None if the answer does not show that."""

    groups: frozenset[str]
    at: float
    whole: bool | None


Deliver = Callable[[Guest, Record, Asked], None]
"""Called for each guest that answered."""

logger = structlog.get_logger()


class _Full(Exception):
    """As many guests are set aside as may be, so that no monitor is entered."""


@dataclass
class Answers:
    """What a cycle came to: guests that did not answer, and errors that cost something."""

    missing: set[str] = field(default_factory=set)
    errors: list[HypervisorError] = field(default_factory=list)

    def __iadd__(self, more: "Answers") -> "Answers":
        self.missing |= more.missing
        self.errors += more.errors
        return self


class Statistics:
    """Asks the guests of one host for bulk statistics. One cycle at a time for each set of groups.

    `vary(uuid, identifier, flat)` puts other figures in the place of libvirt's: the demo host's are all alike.
    """

    def __init__(
        self,
        pool: WorkerPool,
        set_aside: SetAside,
        shard_size: int | None,
        deadline: float,
        vary: Callable[[str, int, Flat], Flat] | None = None,
        clock: Clock = CLOCK,
    ) -> None:
        self._clock = clock
        self._pool = pool
        self._set_aside = set_aside
        self._shard_size = shard_size
        self._deadline = deadline
        self._vary = vary
        self.bulk: bool | None = None
        """Whether the driver has bulk groups beyond the state; None until the first running guest was asked."""

    def gather(self, wanted: Wanted, deliver: Deliver, *, backing: bool = False) -> Answers:
        """Ask guests for groups; `deliver` is called in this thread. Raises ConnectionLost.

        With `backing` there is an entry in `block` for every image of each chain.
        """
        answers = Answers()
        if self._set_aside.since:
            self._pool.submit_short(self._set_aside.look).result()
        withheld = self._ask_all(wanted, deliver, answers, backing=backing)
        # Somebody else's call, or one of ours from before, may wait in a hung monitor: NOWAIT goes round it unseen.
        hung = self._culprits(guest for guests in withheld.values() for guest in guests)
        for guest in hung:
            self._set_aside.add(guest.uuid, guest.name)
        passing = {groups: [guest for guest in guests if guest not in hung] for groups, guests in withheld.items()}
        if any(passing.values()):
            # Another client was there at the same moment: one that asks as often as we do would be there each time.
            time.sleep(_AGAIN_SECONDS)
            self._ask_all(passing, deliver, answers, backing=backing)
        return answers

    def _ask_all(
        self, wanted: Wanted, deliver: Deliver, answers: Answers, *, backing: bool
    ) -> dict[frozenset[str], list[Guest]]:
        """Ask the guests in shards, side by side; those that were answered for without their monitor, by groups."""
        waiting = deque(cut(wanted, backing, self._set_aside, self._pool.lanes, self._shard_size))
        out = Outstanding()
        withheld: defaultdict[frozenset[str], list[Guest]] = defaultdict(list)
        until = self._clock.steady() + self._deadline
        try:
            while waiting or out:
                self._send(waiting, out)
                taken = out.take(_LOOK_SECONDS)
                if taken is not None:
                    self._send(waiting, out)  # its worker goes on while we write what it brought
                    shard, answer = taken
                    try:
                        withheld[shard.groups] += self._take(shard, answer, deliver)
                    except _Full:
                        waiting.append(shard_aside(shard.guests, shard.groups))
                    except Abandoned as error:
                        waiting.extend(self._after_hang(shard, error, answers, retry=self._clock.steady() < until))
                    except ConnectionLost:
                        raise
                    except HypervisorError as error:
                        answers.errors.append(error)
                        answers.missing.update(guest.uuid for guest in shard.guests)
                    finally:
                        self._leave(shard)
                self._end_hung(out)
        finally:
            for answer, shard in out.left():
                answer.add_done_callback(lambda _, shard=shard: self._leave(shard))  # type: ignore[misc]
        return withheld

    def _take(self, shard: Shard, answer: Answer, deliver: Deliver) -> list[Guest]:
        """Deliver what a shard came to; the guests answered for without their monitor. Raises HypervisorError."""
        withheld = []
        for guest, flat in answer.result():
            if self._vary:
                flat = self._vary(guest.uuid, guest.identifier, flat)
            whole = self._whole(guest, shard, flat)
            deliver(guest, Record(flat), Asked(shard.given, shard.asked_at, whole))
            if shard.enters_monitor and whole is False:
                withheld.append(guest)
        return withheld

    def _whole(self, guest: Guest, shard: Shard, flat: Flat) -> bool | None:
        """Whether a running guest's monitor was entered, and not left out because something else holds it."""
        if not guest.active:
            return None
        if shard.aside:
            return False
        if self.bulk:
            return is_whole(guest, shard.given, flat)
        return True if shard.given >= SURE else None  # without bulk there is no NOWAIT either

    def forget(self) -> None:
        """The host was away: what its driver can is learnt again."""
        self.bulk = None

    def _send(self, waiting: deque[Shard], out: Outstanding) -> None:
        """Hand shards to free workers."""
        while waiting and out.asked < self._pool.lanes:
            shard = waiting.popleft()
            out.add(shard, self._pool.submit(lambda connection, shard=shard: self._enter(connection, shard)))  # type: ignore[misc]

    def _enter(self, connection: Connection, shard: Shard) -> list[tuple[Guest, Flat]]:
        """In a worker: ask a shard, if need be when it may; raises _Full if no monitor may be entered any more."""
        if shard.enters_monitor:
            if not self._set_aside.enter():
                raise _Full
            shard.inside = True
        return self._ask(connection, shard)

    def _leave(self, shard: Shard) -> None:
        """A shard was answered, or its culprits were set aside."""
        if shard.inside:
            shard.inside = False
            self._set_aside.leave()

    def _ask(self, connection: Connection, shard: Shard) -> list[tuple[Guest, Flat]]:
        """One bulk call for a shard, or calls for each guest where the driver has no bulk."""
        shard.asked_at = self._clock.steady()
        shard.connection = connection
        try:
            if self.bulk is False:
                return fill(connection, shard.guests, shard.groups)
            by_uuid = {guest.uuid: guest for guest in shard.guests}
            handles = []
            for uuid in by_uuid:
                try:
                    handles.append(connection.domain(uuid))
                except NotFound:
                    logger.debug("guest vanished", uuid=uuid)
            if not handles:
                return []
            try:
                listed = connection.call(
                    connection.libvirt.domainListGetStats,
                    handles,
                    mask(shard.groups),
                    _NOWAIT | _BACKING if shard.backing else _NOWAIT,
                    about=f"{len(handles)} domains",
                    deadline=self._deadline,
                )
            except NotSupported:
                # LXC has no such call at all; the test driver has one that gives the state and nothing else.
                return self._one_by_one(connection, shard)
            answered = [(by_uuid[domain.UUIDString()], flat) for domain, flat in listed]
            if shard.aside and shard.given & WITHOUT_MONITOR:
                return [(guest, flat | without_monitor(connection, guest)) for guest, flat in answered]
            return self._checked(connection, shard, answered)
        finally:
            shard.connection = None

    def _checked(
        self, connection: Connection, shard: Shard, answered: list[tuple[Guest, Flat]]
    ) -> list[tuple[Guest, Flat]]:
        """Learn from the first running guest whether the driver fills the groups at all."""
        asked = shard.groups & {"cpu", "balloon", "vcpu"}
        if self.bulk is None and asked:
            running = [flat for guest, flat in answered if guest.active]
            if running:
                self.bulk = any(key.partition(".")[0] in asked for flat in running for key in flat)
                if not self.bulk:
                    return self._one_by_one(connection, shard)
        return answered

    def _one_by_one(self, connection: Connection, shard: Shard) -> list[tuple[Guest, Flat]]:
        """From now on the driver is asked for each guest."""
        self.bulk = False
        logger.info("driver has no bulk statistics, guests are asked one by one", host=self._pool.name)
        return fill(connection, shard.guests, shard.groups)

    def _end_hung(self, shards: Iterable[Shard]) -> None:
        """Look into shards that take suspiciously long; end the call of one that waits in a hung monitor."""
        now = self._clock.steady()
        for shard in shards:
            connection = shard.connection
            if connection is None or not shard.enters_monitor or now - shard.asked_at < self._suspicious:
                continue
            if self._culprits(shard.guests) and shard.connection is connection:
                connection.abandon()

    @property
    def _suspicious(self) -> float:
        return min(_SUSPICIOUS_SECONDS, self._deadline / 2)

    def _culprits(self, guests: Iterable[Guest]) -> list[Guest]:
        """Those of the guests whose monitor is occupied for long."""
        active = [guest for guest in guests if guest.active]
        if not active:
            return []
        return self._pool.submit_short(
            lambda connection: [guest for guest in active if hanging(connection, guest.uuid)]
        ).result()

    def _after_hang(self, shard: Shard, error: Abandoned, answers: Answers, *, retry: bool) -> Iterable[Shard]:
        """Set the culprits of an abandoned call aside; the others are asked again, in this cycle if there is time."""
        culprits = self._culprits(shard.guests)
        for guest in culprits:
            self._set_aside.add(guest.uuid, guest.name)
        others = [guest for guest in shard.guests if guest not in culprits]
        if not culprits:
            # Nobody to blame: asking again would only hold one more worker.
            answers.errors.append(error)
            for guest in others:
                self._set_aside.timeouts[guest.uuid] += 1
            answers.missing.update(guest.uuid for guest in others)
            return
        yield shard_aside(culprits, shard.groups)
        if retry and others:
            yield Shard(others, shard.groups, shard.backing, shard.groups)
        else:
            answers.missing.update(guest.uuid for guest in others)
