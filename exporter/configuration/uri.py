"""libvirt connection URIs: what can be said of one before libvirt sees it."""

from __future__ import annotations

import difflib
import re
from urllib.parse import urlsplit

_SCHEME = re.compile(r"[a-z][a-z0-9]*(\+[a-z][a-z0-9]*)?", re.ASCII)
# For spelling only: a driver that is not here may be one that a newer libvirt adds, and goes through.
_DRIVERS = (
    "qemu",
    "xen",
    "lxc",
    "test",
    "bhyve",
    "openvz",
    "vbox",
    "vz",
    "hyperv",
    "esx",
    "vpx",
    "gsx",
    "vmwareplayer",
)
_TRANSPORTS = ("unix", "tls", "tcp", "ssh", "libssh", "libssh2", "ext")
_NOT_LIBVIRT = ("http", "https", "ssh", "tcp", "tls", "unix", "file", "libvirt", "tcp+tls")

URI = "a libvirt URI such as qemu:///system or qemu+ssh://user@host/system"
CREDENTIAL = (
    "no password may stand in a URI, processes and logs show it: "
    "put it in a file and name it with libvirt.password-file (password-file of a host)"
)


def redact(uri: str) -> str:
    """The URI with any password masked."""
    return re.sub(r"(//[^/?#:]*):.*@", r"\1:***@", uri)


def parse_uri(text: object) -> str:
    """The URI untouched; ValueError says what is allowed."""
    if not isinstance(text, str) or not text or not text.isprintable() or " " in text:
        raise ValueError(URI)
    scheme, colon, rest = text.partition(":")
    if not colon or not _SCHEME.fullmatch(scheme) or scheme in _NOT_LIBVIRT:
        raise ValueError(f"{URI}: the scheme is DRIVER or DRIVER+TRANSPORT")
    _check_spelling(scheme)
    if not rest.startswith("//"):
        raise ValueError(f"{URI}: the scheme is followed by //HOST/ or by ///")
    try:
        parts = urlsplit(text)
        password, _ = parts.password, parts.port
    except ValueError as error:
        # What urlsplit says quotes the URI, and a slash in a password makes it look like a port.
        raise ValueError(CREDENTIAL if redact(text) != text else URI) from error
    if password is not None:
        raise ValueError(CREDENTIAL)
    if scheme == "qemu" and parts.netloc in {"system", "session"} and not parts.path:
        raise ValueError(f"{URI}: three slashes stand before {parts.netloc}")
    return text


def _check_spelling(scheme: str) -> None:
    driver, _, transport = scheme.partition("+")
    for word, known, likeness in ((driver, _DRIVERS, 0.7), (transport, _TRANSPORTS, 0.6)):
        close = difflib.get_close_matches(word, known, 1, likeness)
        if word not in known and close:
            raise ValueError(f"{URI}: did you mean {close[0]}?")


def host_of(uri: str) -> str | None:
    """The machine a remote URI names, None for a local one."""
    return urlsplit(uri).hostname
