"""What libvirt said last in each thread.

libvirt keeps its last error until the next call of the thread, and libvirt-python reads it after the call that failed.
A collection of garbage in between may free an object of libvirt's, which is a call: the exception then holds nothing.
"""

import threading
from typing import Any

_kept = threading.local()


def keep(error: tuple[Any, ...]) -> None:
    """Keep an error, as libvirt's error handler is given it, in the thread in which it happened."""
    _kept.error = error


def forget() -> None:
    """A call begins: what was said before is not about it."""
    _kept.error = None


def kept() -> tuple[Any, ...] | None:
    """What was said since the call began; None if nothing was."""
    error: tuple[Any, ...] | None = getattr(_kept, "error", None)
    return error
