"""Connection URIs, as they may be shown."""

from urllib.parse import urlsplit, urlunsplit


def without_secrets(uri: str) -> str:
    """The URI without user name, password and query, which can hold key files and commands."""
    parts = urlsplit(uri)
    shown = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    # urlunsplit leaves an empty authority away, which libvirt's URIs have: qemu:///system.
    return shown if parts.netloc else f"{parts.scheme}://{parts.path}"
