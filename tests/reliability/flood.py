"""A flood of events."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any


@contextmanager
def flood(domains: Sequence[Any]) -> Iterator[list[str]]:
    """Resume and suspend guests in turn, as fast as libvirtd goes, until the end of the block; what happened so far."""
    happened: list[str] = []
    over = threading.Event()

    def run() -> None:
        while not over.is_set():
            for domain in domains:
                domain.resume()
                domain.suspend()
                happened.extend(("resumed", "suspended"))

    thread = threading.Thread(target=run, name="flood")
    thread.start()
    try:
        yield happened
    finally:
        over.set()
        thread.join()
