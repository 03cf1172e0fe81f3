"""What asyncio reports on its own."""

import asyncio
import os
import subprocess
import sys

from structlog.testing import capture_logs

from exporter.web.trouble import REST_SECONDS, Trouble

NO_DESCRIPTORS = """
import os, resource, socket, time
from structlog.testing import capture_logs
from tests.web.served import serve

with capture_logs() as logs:
    served = serve()
    clients = [socket.socket() for _ in range(20)]
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(map(int, os.listdir("/proc/self/fd"))), before[1]))
    for client in clients:
        client.connect(("127.0.0.1", served.port))
    end = time.monotonic() + 15
    while not (found := [entry for entry in logs if entry["event"] == "web server trouble"]):
        assert time.monotonic() < end
    resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert served.get("/-/healthy").status == 200
    print(len([entry for entry in logs if entry["event"] == "web server trouble"]), found[0]["exc_info"])
    served.server.stop(1)
"""


def test_a_lack_of_descriptors_is_one_line_and_passes() -> None:
    """While no connection can be accepted the log has one entry, and afterwards clients are served."""
    done = subprocess.run(
        [sys.executable, "-c", NO_DESCRIPTORS], capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("1 [Errno 24] Too many open files")


def test_what_was_left_out_is_counted_later() -> None:
    """The next entry of a kind says how often it came, and another kind does not wait for it."""
    now = 0.0
    trouble = Trouble(lambda: now)
    loop = asyncio.new_event_loop()
    with capture_logs() as logs:
        for _ in range(5):
            trouble(loop, {"message": "accept", "exception": OSError(24, "no more")})
        trouble(loop, {"message": "other"})
        now += REST_SECONDS
        trouble(loop, {"message": "accept", "exception": OSError(24, "no more")})
    loop.close()
    assert [(entry["reason"], entry["times"]) for entry in logs] == [("accept", 1), ("other", 1), ("accept", 5)]
