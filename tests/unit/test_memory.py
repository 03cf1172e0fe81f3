"""What the process asks of the C library."""

import platform
import subprocess
import sys

import pytest

MANY_THREADS = """
import ctypes, threading
from exporter import memory

memory.set_up()
library = ctypes.CDLL(None)
library.malloc.restype = ctypes.c_void_p
all_here = threading.Barrier(9)

def hold():
    library.malloc(10_000)
    all_here.wait(30)

for _ in range(8):
    threading.Thread(target=hold).start()
all_here.wait(30)
library.malloc_stats()
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_threads_share_what_malloc_holds() -> None:
    """However many there are, so that memory does not grow with them."""
    done = subprocess.run([sys.executable, "-c", MANY_THREADS], capture_output=True, text=True, timeout=60, check=True)
    assert 1 <= done.stderr.count("Arena ") <= 2
