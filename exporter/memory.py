"""How the process is given memory and gives it back; to be set before there are many threads."""

import contextlib
import ctypes
import gc

# What stays of every guest is looked through again by each older collection: rarer ones keep large hosts as cheap.
# A cycle over 15,000 guests makes more than 20,000 objects at a time, none of them garbage.
_GARBAGE = (50_000, 20, 20)

_M_ARENA_MAX = -8  # malloc.h of glibc
_ARENAS = 2


def set_up() -> None:
    """Collect garbage as rarely as large hosts need it, and let threads share what malloc holds.

    glibc gives each thread memory of its own to allocate from, up to eight times as often as there are processors. Ours
    take turns at the interpreter's lock anyway, and each would keep what its largest run once needed.
    """
    gc.set_threshold(*_GARBAGE)
    with contextlib.suppress(AttributeError):  # other C libraries have no such thing
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)
