"""Where the server can listen, and how it refuses."""

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from exporter.errors import ConfigError, ListenError
from exporter.web.listen import open_sockets
from tests.web.served import Serve, read_all

PASSED = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
from tests.web.served import serve
served = serve(systemd_socket=True)
print(served.server.addresses()[0], served.get("/-/healthy").text, flush=True)
served.server.stop(1)
"""


def test_a_bare_port_is_both_families(start: Serve) -> None:
    """`:PORT` answers on IPv4 and IPv6."""
    served = start(listen_addresses=(":0",))
    assert [served.get("/-/healthy", host=host).status for host in ("127.0.0.1", "::1")] == [200, 200]


def test_an_ipv6_address_is_that_alone(start: Serve) -> None:
    """`[::1]:PORT` answers there and not on IPv4."""
    served = start(listen_addresses=("[::1]:0",))
    assert served.server.addresses()[0].startswith("[::1]:")
    assert served.get("/-/healthy", host="::1").status == 200
    with pytest.raises(ConnectionRefusedError):
        served.get("/-/healthy")


def test_a_unix_socket_serves_and_goes_with_the_server(start: Serve, tmp_path: Path) -> None:
    """`unix:/PATH` makes a socket file, answers on it, and removes it at the end."""
    path = tmp_path / "web.sock"
    served = start(listen_addresses=(f"unix:{path}",))
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(path))
        connection.sendall(b"GET /-/healthy HTTP/1.0\r\n\r\n")
        assert b"200 OK" in read_all(connection)
    served.server.stop(1)
    assert not path.exists()


def test_everybody_may_connect_to_a_unix_socket(start: Serve, tmp_path: Path) -> None:
    """The umask of a service keeps no proxy out: the directory says who may reach the socket."""
    path = tmp_path / "web.sock"
    before = os.umask(0o077)
    try:
        start(listen_addresses=(f"unix:{path}",))
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666


def test_a_stale_unix_socket_is_replaced(start: Serve, tmp_path: Path) -> None:
    """A socket file that nobody listens on does not stop a new start."""
    path = tmp_path / "web.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    start(listen_addresses=(f"unix:{path}",))


def test_a_unix_socket_in_use_is_refused(start: Serve, tmp_path: Path) -> None:
    """A socket file somebody listens on is left alone."""
    path = tmp_path / "web.sock"
    start(listen_addresses=(f"unix:{path}",))
    with pytest.raises(ListenError, match="address already in use"):
        open_sockets([f"unix:{path}"])


def test_a_file_in_place_of_a_socket_is_refused(tmp_path: Path) -> None:
    """An ordinary file is never removed."""
    path = tmp_path / "notes"
    path.write_text("mine")
    with pytest.raises(ListenError, match="a file that is no socket is there"):
        open_sockets([f"unix:{path}"])
    assert path.read_text() == "mine"


def test_several_addresses_all_answer(start: Serve) -> None:
    """Each address given is listened on."""
    served = start(listen_addresses=("127.0.0.1:0", "127.0.0.2:0"))
    assert len(served.server.addresses()) == 2


def test_a_port_in_use_is_named(start: Serve) -> None:
    """The error of a port in use names the address, and leaves no other socket open."""
    port = start().port
    with pytest.raises(ListenError, match=f"--web.listen-address: 127.0.0.1:{port}: address already in use"):
        open_sockets(["127.0.0.1:0", f"127.0.0.1:{port}"])


def test_an_unknown_host_is_refused() -> None:
    """A name that does not resolve is an error of the world, not of spelling."""
    with pytest.raises(ListenError, match=r"--web.listen-address: no-such-host\.invalid:1: "):
        open_sockets(["no-such-host.invalid:1"])


@pytest.mark.parametrize("address", ["", "9177", "localhost", ":port", ":70000", "unix:a", "http://x:1", "::1:9"])
def test_a_misspelt_address_is_refused(address: str) -> None:
    """What is no address is an error of configuration that says what one looks like."""
    with pytest.raises(ConfigError, match=r":PORT, HOST:PORT, \[IPV6\]:PORT or unix:/PATH"):
        open_sockets([address])


def test_a_systemd_socket_is_served() -> None:
    """With --web.systemd-socket the passed socket is served."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-c", PASSED, str(listener.fileno())], pass_fds=[listener.fileno()],
            capture_output=True, text=True, timeout=30, check=True,
            env={**os.environ, "PYTHONPATH": os.getcwd()},
        )  # fmt: skip
    assert f"127.0.0.1:{port} OK" in done.stdout


def test_no_systemd_socket_is_an_error(start: Serve) -> None:
    """Without a passed socket --web.systemd-socket cannot start, and says so."""
    with pytest.raises(ListenError, match="systemd passed none"):
        start(systemd_socket=True)
