"""Heads of responses, as a client reads them."""

from collections.abc import AsyncGenerator

import h11
import pytest

from exporter.web.head import write_head
from exporter.web.message import Response


def read(head: bytes) -> tuple[int, dict[str, str]]:
    """Status and headers, by h11."""
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
    client.send(h11.EndOfMessage())
    client.receive_data(head)
    event = client.next_event()
    assert isinstance(event, h11.Response)
    return event.status_code, {name.decode(): value.decode() for name, value in event.headers}


async def stream() -> AsyncGenerator[bytes, None]:
    """Nothing, without a length."""
    yield b""


def test_a_client_reads_what_was_meant() -> None:
    """Status, the response's own headers before those of every response, the length of the body, and the time."""
    response = Response((b"abc", b"de"), 404, {"Content-Type": "text/plain", "X-Own": "1"})
    status, headers = read(write_head(response, {"X-Own": "0", "X-Always": "2"}, knows_chunks=True, last=False))
    assert status == 404
    assert headers.pop("date").endswith("GMT")
    assert headers == {"content-type": "text/plain", "x-own": "1", "x-always": "2", "content-length": "5"}


def test_the_end_of_a_stream_is_told_in_a_way_the_client_knows() -> None:
    """In chunks, or by the end of the connection."""
    assert read(write_head(Response(stream()), {}, knows_chunks=True, last=False))[1]["transfer-encoding"] == "chunked"
    headers = read(write_head(Response(stream()), {}, knows_chunks=False, last=True))[1]
    assert (headers["connection"], headers.get("transfer-encoding")) == ("close", None)


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: b", "a\nb", "a\0b"])
def test_no_value_breaks_out_of_its_line(value: str) -> None:
    """A header that would be two is refused."""
    with pytest.raises(h11.LocalProtocolError):
        write_head(Response((), 302, {"Location": value}), {}, knows_chunks=True, last=False)
