"""The address that Prometheus is told."""

import socket

import pytest

from exporter.discovery.place import Place, place


@pytest.mark.parametrize(
    ("external", "listening", "expected"),
    [
        (None, ["127.0.0.1:9177"], Place("http", "127.0.0.1:9177", "/x")),
        (None, ["[::1]:9177"], Place("http", "[::1]:9177", "/x")),
        (None, ["unix:/run/x.sock", "10.0.0.1:80"], Place("http", "10.0.0.1:80", "/x")),
        (None, ["[::]:9177"], Place("http", f"{socket.gethostname()}:9177", "/x")),
        (None, ["unix:/run/x.sock"], None),
        ("https://mon.example.org/libvirt/", ["[::]:9177"], Place("https", "mon.example.org:443", "/libvirt")),
        ("http://[2001:db8::1]:81", [], Place("http", "[2001:db8::1]:81", "")),
    ],
)
def test_place_is_the_external_url_or_what_is_listened_on(
    external: str | None, listening: list[str], expected: Place | None
) -> None:
    """The URL that a proxy answers wins; an address that stands for all becomes the machine's name."""
    assert place(external, listening, secure=False, prefix="/x") == expected


def test_place_behind_tls_is_https() -> None:
    """Whoever serves TLS is asked over TLS."""
    found = place(None, ["127.0.0.1:1"], secure=True, prefix="")
    assert found is not None
    assert found.scheme == "https"
