"""The socket under a connection, found and shut down, with real sockets."""

import resource
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from exporter.hypervisor.sockets import Inode


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """A socket somebody listens on, and the URI that leads there."""
    path = tmp_path / "libvirt-sock-ro"
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))
        made.listen()
        yield made, f"qemu+unix:///system?socket={path}"


def _connect(listener: socket.socket) -> socket.socket:
    client = socket.socket(listener.family)
    client.settimeout(10)
    client.connect(listener.getsockname())
    return client


def test_a_call_that_waits_ends_when_its_socket_is_shut_down(listener: tuple[socket.socket, str]) -> None:
    """Whoever reads from it sees the end."""
    inode = Inode(listener[1])
    with inode.opening():
        client = _connect(listener[0])
    with client:
        assert inode.shut_down()
        assert client.recv(1) == b""
    inode.forget()


def test_sockets_of_others_are_left_alone(listener: tuple[socket.socket, str]) -> None:
    """One that was there before, and one that leads elsewhere."""
    before = _connect(listener[0])
    inode = Inode(listener[1])
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        with inode.opening():
            other = _connect(elsewhere)
            client = _connect(listener[0])
        inode.shut_down()
        with before, other, client:
            assert client.recv(1) == b""
            for each in (before, other):
                each.settimeout(0)
                with pytest.raises(BlockingIOError):
                    each.recv(1)
    inode.forget()


def test_two_connections_have_two_sockets(listener: tuple[socket.socket, str]) -> None:
    """Ending one does not end the other."""
    first, second = Inode(listener[1]), Inode(listener[1])
    with first.opening():
        one = _connect(listener[0])
    with second.opening():
        two = _connect(listener[0])
    with one, two:
        assert second.shut_down()
        assert two.recv(1) == b""
        one.settimeout(0)
        with pytest.raises(BlockingIOError):
            one.recv(1)
    first.forget()
    second.forget()


def test_a_remote_socket_is_known_by_its_port() -> None:
    """As the URI names it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        inode = Inode(f"qemu+tcp://127.0.0.1:{server.getsockname()[1]}/system")
        with inode.opening():
            client = _connect(server)
        with client:
            assert inode.shut_down()
        inode.forget()


def test_what_is_closed_cannot_be_shut_down(listener: tuple[socket.socket, str]) -> None:
    """And whoever got its number next is safe, as a socket is known by its inode."""
    inode = Inode(listener[1])
    with inode.opening():
        client = _connect(listener[0])
    client.close()
    with _connect(listener[0]) as other:
        assert not inode.shut_down()
        other.settimeout(0)
        with pytest.raises(BlockingIOError):
            other.recv(1)
    inode.forget()


def test_a_connection_without_a_socket_has_none() -> None:
    """Drivers inside this process."""
    inode = Inode("test:///default")
    with inode.opening():
        pass
    assert not inode.shut_down()


def test_an_opening_that_makes_no_socket_keeps_others_waiting_for_a_moment_only(
    listener: tuple[socket.socket, str],
) -> None:
    """A host whose name takes long to be looked up; its own socket is found when it comes."""
    slow, other = Inode(listener[1]), Inode(listener[1])
    with slow.opening():
        with other.opening():  # waits until the search of the first gives up
            one = _connect(listener[0])
        two = _connect(listener[0])
    with one, two:
        assert slow.shut_down()
        assert two.recv(1) == b""
        one.settimeout(0)
        with pytest.raises(BlockingIOError):
            one.recv(1)
    slow.forget()
    other.forget()


def test_a_connection_that_is_not_taken_can_be_ended() -> None:
    """A host that drops packets, or a daemon that takes nobody in: connecting waits for minutes else."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server, ThreadPoolExecutor() as threads:
        address = server.getsockname()
        waiting = [_begin(address) for _ in range(3)]  # more than it takes
        inode = Inode(f"qemu+tcp://127.0.0.1:{address[1]}/system")
        with inode.opening(), socket.socket() as client:
            client.settimeout(None)
            connecting = threads.submit(client.connect_ex, address)
            while not inode.shut_down():
                assert not connecting.done()
            assert connecting.result(10) != 0
        for each in waiting:
            each.close()
    inode.forget()


def _begin(address: tuple[str, int]) -> socket.socket:
    """A connection that nobody waits for."""
    client = socket.socket()
    client.setblocking(False)
    client.connect_ex(address)
    return client


def test_a_process_without_descriptors_goes_on_when_it_has_some_again(listener: tuple[socket.socket, str]) -> None:
    """The opening fails, and the next one works."""
    inode = Inode(listener[1])
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        with pytest.raises(OSError, match="Too many open files"), inode.opening():
            pass
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    with inode.opening():
        client = _connect(listener[0])
    with client:
        assert inode.shut_down()
    inode.forget()
