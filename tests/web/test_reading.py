"""Requests out of bytes, read or remembered: which of the two it was changes nothing."""

from http import HTTPStatus

from hypothesis import given
from hypothesis import strategies as st

from exporter.web.options import Limits
from exporter.web.reading import Asked, Reader, Remembered, UnreadableError

SCRAPE = (
    b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:9177\r\nUser-Agent: Prometheus/3.5.0\r\n"
    b"Accept: application/openmetrics-text;version=1.0.0\r\nAccept-Encoding: gzip\r\n"
    b"X-Prometheus-Scrape-Timeout-Seconds: 10\r\n\r\n"
)

lines = st.sampled_from(
    [
        b"GET /metrics HTTP/1.1\r\n", b"HEAD / HTTP/1.0\r\n", b"POST /probe?target=a HTTP/1.1\r\n",
        b"GET  / HTTP/1.1\r\n", b" folded\r\n",
        b"GET http://[ HTTP/1.1\r\n", b"Host: x\r\n", b"Host: y\r\n", b"Accept: */*\r\n", b"Connection: close\r\n",
        b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n", b"Upgrade: h2c\r\n", b"\r\n", b"\n",
        b"abc", b"\x16\x03",
    ]
)  # fmt: skip


def read(reader: Reader, *pieces: bytes) -> list[Asked | HTTPStatus]:
    """Every request in the pieces, ended by the status of what cannot be read."""
    found: list[Asked | HTTPStatus] = []
    for piece in pieces:
        reader.receive(piece)
        try:
            while (asked := reader.next()) is not None:
                found.append(asked)
                if asked.last:
                    return found
        except UnreadableError as error:
            return [*found, error.status]
    return found


@given(st.lists(lines, max_size=12).map(b"".join), st.integers(0, 400))
def test_remembering_changes_no_answer(data: bytes, cut: int) -> None:
    """Whatever comes is read alike the first time, again, by a reader that remembers nothing, and in two pieces."""
    remembered = Remembered()
    first, again = (read(Reader(Limits(), remembered), data) for _ in range(2))
    assert first == again == read(Reader(Limits(), Remembered()), data)
    pieces = [piece for piece in (data[:cut], data[cut:]) if piece]
    assert [each for each in read(Reader(Limits(), remembered), *pieces) if isinstance(each, Asked)] == [
        each for each in first if isinstance(each, Asked)
    ]


def test_the_same_scrape_is_read_once() -> None:
    """What Prometheus sends again, on whatever connection, is the very request it was before."""
    remembered = Remembered()
    first, again = (read(Reader(Limits(), remembered), SCRAPE)[0] for _ in range(2))
    assert first is again


def test_secrets_are_not_remembered() -> None:
    """Of a request with a password, a cookie or any header that is not known to be harmless nothing stays."""
    for header in (b"Authorization: Basic dTpw", b"Cookie: a=b", b"X-Token: c"):
        remembered = Remembered()
        data = SCRAPE.replace(b"\r\n\r\n", b"\r\n" + header + b"\r\n\r\n")
        assert isinstance(read(Reader(Limits(), remembered), data)[0], Asked)
        assert remembered.find(data) is None


def test_little_is_remembered() -> None:
    """However many different requests come, the oldest go; long ones are never kept."""
    remembered = Remembered()
    requests = [SCRAPE.replace(b"/metrics", b"/metrics?%d" % number) for number in range(200)]
    for data in requests:
        read(Reader(Limits(), remembered), data)
    kept = [remembered.find(data) is not None for data in requests]
    assert (kept[0], kept[-1]) == (False, True)
    assert sum(kept) < 100
    long = SCRAPE.replace(b"/metrics", b"/metrics?" + b"a" * 4000)
    assert isinstance(read(Reader(Limits(), remembered), long)[0], Asked)
    assert remembered.find(long) is None
