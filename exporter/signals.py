"""Signals, handed to the thread that waits for them."""

import signal
import socket
from collections.abc import Collection
from typing import Any


class Signals:
    """These signals one after the other, handled where the agent waits and not in the middle of something.

    The kernel may give a signal to any thread, and Python runs its handlers in the main thread alone, the next time
    that does something: one that waits on a lock or queue would never hear of it. What is written in any thread, at
    once, is the number of the signal on the descriptor for that.
    """

    def __init__(self, numbers: Collection[signal.Signals]) -> None:
        self._numbers = frozenset(numbers)
        self._heard, self._told = socket.socketpair()
        self._told.setblocking(False)
        self._before = {number: signal.signal(number, _nothing) for number in self._numbers}
        self._descriptor_before = signal.set_wakeup_fd(self._told.fileno(), warn_on_full_buffer=False)

    def next(self) -> int:
        """Wait for the next signal."""
        while True:
            number = self._heard.recv(1)[0]
            if number in self._numbers:
                return number

    def close(self) -> None:
        """Leave signals to whoever had them before."""
        signal.set_wakeup_fd(self._descriptor_before)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._heard.close()
        self._told.close()


def _nothing(_number: int, _frame: Any) -> None:
    """A handler there must be, or the signal does what it does to processes that have none."""
