"""Where Prometheus reaches this agent."""

import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

from attrs import frozen

_PORTS = {"http": 80, "https": 443}
_EVERYWHERE = frozenset({"0.0.0.0", "[::]", ""})  # noqa: S104 - compared, not listened on


@frozen
class Place:
    """`address` is HOST:PORT, `prefix` is empty or starts with a slash and ends without."""

    scheme: str
    address: str
    prefix: str


def place(external_url: str | None, listening: Sequence[str], *, secure: bool, prefix: str) -> Place | None:
    """From --web.external-url, else the first address listened on; None if that is no address of a network.

    An address that stands for every one of this machine becomes the machine's name. What a request says about the
    address it was sent to is never used: whoever asks could send Prometheus anywhere.
    """
    if external_url:
        url = urlsplit(external_url)
        host = f"[{url.hostname}]" if url.hostname and ":" in url.hostname else url.hostname
        return Place(url.scheme, f"{host}:{url.port or _PORTS.get(url.scheme, 80)}", url.path.rstrip("/"))
    for each in listening:
        if not each.startswith("unix:"):
            host, _, port = each.rpartition(":")
            host = socket.gethostname() if host in _EVERYWHERE else host
            return Place("https" if secure else "http", f"{host}:{port}", prefix)
    return None
