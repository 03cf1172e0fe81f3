"""Shards that were handed to workers, and came back or not."""

from collections.abc import Iterator
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import TypeAlias

from exporter.guest import Guest
from exporter.hypervisor.record import Flat
from exporter.hypervisor.shards import Shard

Answer: TypeAlias = Future[list[tuple[Guest, Flat]]]
"""What comes of a shard: the guests that answered, in any order."""


class Outstanding:
    """The shards of one gathering whose answers were not taken yet; workers put their answers in, one thread takes
    them in the order in which they come. A queue, because each wait for the first of several futures watches all of
    them anew."""

    def __init__(self) -> None:
        self._shards: dict[Answer, Shard] = {}
        self._answered: SimpleQueue[Answer] = SimpleQueue()

    def __len__(self) -> int:
        return len(self._shards)

    def __iter__(self) -> Iterator[Shard]:
        return iter(self._shards.values())

    @property
    def asked(self) -> int:
        """How many still hold a worker."""
        return len(self._shards) - self._answered.qsize()

    def add(self, shard: Shard, answer: Answer) -> None:
        """A shard was handed to a worker."""
        self._shards[answer] = shard
        answer.add_done_callback(self._answered.put)

    def take(self, seconds: float) -> tuple[Shard, Answer] | None:
        """The shard that came back next, with what it came to; None if none does for so long."""
        try:
            answer = self._answered.get(timeout=seconds)
        except Empty:
            return None
        return self._shards.pop(answer), answer

    def left(self) -> Iterator[tuple[Answer, Shard]]:
        """Those that nobody will take."""
        return iter(self._shards.items())
