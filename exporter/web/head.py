"""Heads of responses."""

import time
from collections.abc import Mapping, Sequence
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

import h11

from exporter.web.message import Response

_REMEMBERED = 64  # heads; those of metrics are the same for ever


def write_head(response: Response, always: Mapping[str, str], *, knows_chunks: bool, last: bool) -> bytes:
    """Everything before the body; headers in `always` stand there unless the response has its own, and `last` closes
    the connection behind it."""
    headers = {**always, **response.headers}
    head = _steady(response.status, tuple(headers.items())) + _date(int(time.time()))
    if isinstance(response.body, Sequence):
        head += b"Content-Length: %d\r\n" % sum(map(len, response.body))
    elif knows_chunks:
        head += b"Transfer-Encoding: chunked\r\n"
    return head + (b"Connection: close\r\n\r\n" if last else b"\r\n")


@lru_cache(_REMEMBERED)
def _steady(status: int, headers: tuple[tuple[str, str], ...]) -> bytes:
    """What is alike each time. h11 refuses names and values that would break out of their line."""
    event = h11.Response(status_code=status, headers=list(headers))
    lines = [b"%b: %b\r\n" % header for header in event.headers.raw_items()]
    return b"".join([f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode(), *lines])


@lru_cache(1)
def _date(second: int) -> bytes:
    return f"Date: {formatdate(second, usegmt=True)}\r\n".encode()
