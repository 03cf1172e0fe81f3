"""Signals reach the thread that waits for them, whichever the kernel gave them to."""

import signal
import threading
from collections.abc import Iterator

import pytest

from exporter.signals import Signals

NUMBERS = (signal.SIGHUP, signal.SIGUSR1)


@pytest.fixture
def signals() -> Iterator[Signals]:
    """Signals as the agent takes them."""
    made = Signals(NUMBERS)
    yield made
    made.close()


@pytest.mark.timeout(20)
@pytest.mark.parametrize("number", NUMBERS)
def test_a_signal_that_another_thread_was_given_is_heard(signals: Signals, number: signal.Signals) -> None:
    """While the main thread waits already, and does nothing that would let Python run a handler."""
    ended = threading.Event()
    other = threading.Thread(target=ended.wait)
    other.start()
    assert other.ident is not None
    threading.Timer(0.2, signal.pthread_kill, (other.ident, number)).start()
    assert signals.next() == number
    ended.set()
    other.join()


def test_signals_come_one_after_the_other(signals: Signals) -> None:
    """None takes the place of another."""
    for number in NUMBERS:
        signal.raise_signal(number)
    assert [signals.next(), signals.next()] == list(NUMBERS)


def test_what_was_there_before_is_there_again() -> None:
    """For a process that goes on."""
    before = signal.getsignal(signal.SIGHUP)
    Signals(NUMBERS).close()
    assert signal.getsignal(signal.SIGHUP) == before
