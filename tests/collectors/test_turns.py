"""Batches take turns in the monitors of guests."""

import threading
import time

from exporter.collection.turns import Turns


def test_one_batch_at_a_time_is_in_the_monitors() -> None:
    """The second goes in when the first is out."""
    turns = Turns()
    order = []
    waiting = threading.Event()

    def second() -> None:
        waiting.set()
        with turns.turn():
            order.append("second")

    thread = threading.Thread(target=second)
    with turns.turn():
        thread.start()
        assert waiting.wait(5)
        order.append("first")
    thread.join(5)
    assert order == ["first", "second"]


def test_a_batch_that_hangs_keeps_no_other_out_for_ever() -> None:
    """After its patience a batch goes in all the same, and the turn is still the first one's."""
    turns = Turns(patience=0.05)
    with turns.turn():
        began = time.monotonic()
        with turns.turn():
            assert time.monotonic() - began >= 0.05
