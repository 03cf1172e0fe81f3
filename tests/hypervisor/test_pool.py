"""The threads of a host, and the way back to one that was gone."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import libvirt
import pytest

from exporter.hypervisor.calls import CallLog
from exporter.hypervisor.connection import Connection, Target
from exporter.hypervisor.errors import ConnectionLost
from exporter.hypervisor.pool import WorkerPool
from tests.lab.hostfile import host_xml
from tests.lab.polling import eventually
from tests.replay.recorded import Recorded


@contextmanager
def _pool(uri: str) -> Iterator[tuple[WorkerPool, list[bool]]]:
    changes: list[bool] = []
    pool = WorkerPool("host", Target(uri), 2, CallLog(), changes.append)
    pool.start()
    try:
        yield pool, changes
    finally:
        pool.stop()


def _count(connection: Connection) -> int:
    return len(connection.call(connection.libvirt.listAllDomains, 0))


def test_a_host_is_reached_and_asked() -> None:
    """`on_change` is told once."""
    with _pool("test:///default") as (pool, changes):
        eventually(lambda: pool.up, within=10, what="the host")
        assert pool.submit(_count).result(10) >= 0
        assert pool.submit_short(_count).result(10) >= 0
        assert changes == [True]
        assert pool.figures["worker"].open == 1


def test_a_driver_inside_this_process_gets_one_connection(tmp_path: Path) -> None:
    """Two connections to a file would be two hosts."""
    (tmp_path / "host.xml").write_text(host_xml(3))
    with _pool(f"test://{tmp_path}/host.xml") as (pool, _):
        eventually(lambda: pool.up, within=10, what="the host")
        counted = [pool.submit(_count) for _ in range(8)]
        assert [each.result(10) for each in counted] == [3] * 8
        assert (pool.lanes, pool.figures["worker"].attempts) == (1, 1)


def test_an_error_belongs_to_who_asked() -> None:
    """The thread goes on."""
    with _pool("test:///default") as (pool, _):
        eventually(lambda: pool.up, within=10, what="the host")

        def wrong(_: Connection) -> int:
            raise ValueError("ours")

        with pytest.raises(ValueError, match="ours"):
            pool.submit(wrong).result(10)
        assert pool.submit(_count).result(10) >= 0


def test_a_host_that_is_down_at_start_is_tried_again_until_it_is_there(tmp_path: Path) -> None:
    """Without a restart of ours; what is asked meanwhile fails at once."""
    with _pool(f"test://{tmp_path}/host.xml") as (pool, changes):
        eventually(lambda: pool.failed_attempts >= 1, within=10, what="a failed attempt")
        with pytest.raises(ConnectionLost):
            pool.submit(_count).result(10)
        assert "host.xml" in pool.reason
        (tmp_path / "host.xml").write_text(host_xml(1))
        eventually(lambda: pool.up, within=30, what="the host")
        assert (changes, pool.failed_attempts, pool.reason) == ([True], 0, "")


def test_the_pauses_between_attempts_grow(tmp_path: Path) -> None:
    """A host that is down for long is not hammered."""
    with _pool(f"qemu+unix:///system?socket={tmp_path}/none") as (pool, _):
        eventually(lambda: pool.failed_attempts >= 1, within=20, what="a failed attempt")
        first = time.monotonic()
        eventually(lambda: pool.failed_attempts >= 3, within=20, what="three failed attempts")
        # At least half a second, then at least a whole one.
        assert time.monotonic() - first > 1.4


def test_a_host_that_takes_us_in_and_fails_at_once_is_not_hammered() -> None:
    """A daemon that ends at our first call, and is started again by the next connection."""

    def fail(connection: Connection) -> None:
        connection.call(connection.libvirt.listAllDomains, 0)

    lost = {"listAllDomains": {"error": [libvirt.VIR_ERR_INVALID_CONN, "gone"]}}
    target = Target("qemu+tcp://recording/system", open_read_only=lambda _: Recorded(lost))
    pool = WorkerPool("host", target, 1, CallLog(), lambda up: pool.submit_short(fail) if up else None)
    pool.start()
    first = time.monotonic()
    eventually(lambda: pool.figures["worker"].attempts >= 3, within=20, what="three connections")
    pool.stop()
    assert time.monotonic() - first > 1.4


def test_who_waits_for_a_host_that_is_no_longer_watched_is_answered() -> None:
    """Whatever was asked before it was let go, and whatever is asked after."""
    begun, ended = threading.Event(), threading.Event()

    def hold(_: Connection) -> bool:
        begun.set()
        return ended.wait(20)

    with _pool("test:///default") as (pool, _changes):
        eventually(lambda: pool.up, within=10, what="the host")
        holding = pool.submit(hold)
        assert begun.wait(10)
        waiting = pool.submit(_count)
        pool.stop()
        for asked in (waiting, pool.submit(_count)):
            with pytest.raises(ConnectionLost):
                asked.result(5)
        ended.set()
        assert holding.result(5)


def test_a_socket_that_appears_or_is_replaced_ends_the_pause(tmp_path: Path) -> None:
    """A daemon that was restarted is noticed at once, however long the pause had become."""
    path = tmp_path / "libvirt-sock-ro"
    with _pool(f"qemu+unix:///system?socket={path}") as (pool, _):
        # After three failures the pause is two seconds at least.
        eventually(lambda: pool.failed_attempts >= 3, within=30, what="three failed attempts")
        for _ in range(2):
            before = pool.failed_attempts
            path.unlink(missing_ok=True)
            with socket.socket(socket.AF_UNIX) as refusing:
                refusing.bind(str(path))  # nobody listens, so that the attempt fails at once and is counted
                eventually(lambda b=before: pool.failed_attempts > b, within=1.9, what="the attempt")  # type: ignore[misc]


def test_a_lost_host_is_told_and_found_again(tmp_path: Path) -> None:
    """The connection that ended is replaced by a new one."""
    (tmp_path / "host.xml").write_text(host_xml(1))
    with _pool(f"test://{tmp_path}/host.xml") as (pool, changes):
        eventually(lambda: pool.up, within=10, what="the host")
        pool.submit(lambda connection: connection.close()).result(10)
        eventually(lambda: changes == [True, False, True], within=10, what="down and up again")
        assert pool.submit(_count).result(10) == 1
