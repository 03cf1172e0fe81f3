"""Events over HTTP."""

import json
import re
import socket

import pytest

from exporter.events.ring import Ring
from exporter.web.events import event_routes
from tests.web.served import Serve, Served


@pytest.fixture
def ring() -> Ring:
    """A ring with three events of two guests."""
    made = Ring()
    made.add("hv1", 100.0, {"object": "domain", "kind": "started", "guest": "web-1", "detail": "booted"})
    made.add("hv1", 200.5, {"object": "domain", "kind": "stopped", "guest": "web-2"})
    made.add("hv2", 300.0, {"object": "domain", "kind": "stopped", "guest": "web-1"})
    return made


@pytest.fixture
def served(start: Serve, ring: Ring) -> Served:
    """A server with the routes of events."""
    return start(routes=event_routes(ring, heartbeat=0.05))


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [1, 2, 3]),
        ("?guest=web-1", [1, 3]),
        ("?kind=stopped", [2, 3]),
        ("?kind=stopped&guest=web-1", [3]),
        ("?guest=web-1&guest=web-2", [1, 2, 3]),
        ("?host=hv2", [3]),
        ("?since=200.5", [2, 3]),
        ("?since=1970-01-01T00:05:00Z", [3]),
        ("?after=2", [3]),
        ("?guest=nobody", []),
    ],
)
def test_filters_choose(served: Served, query: str, numbers: list[int]) -> None:
    """Events are oldest first and chosen by what the query says."""
    answer = json.loads(served.get(f"/api/v1/events{query}").body)
    assert [event["id"] for event in answer["events"]] == numbers
    assert answer["newest"] == 3


def test_an_event_says_all_of_itself(served: Served) -> None:
    """Time, host and what is told stand side by side."""
    answer = json.loads(served.get("/api/v1/events?after=0&kind=started").body)
    assert answer["events"] == [
        {
            "id": 1,
            "time": "1970-01-01T00:01:40.000Z",
            "host": "hv1",
            "object": "domain",
            "kind": "started",
            "guest": "web-1",
            "detail": "booted",
        }
    ]


@pytest.mark.parametrize("query", ["since=yesterday", "after=-1", "after=x", "colour=red"])
@pytest.mark.parametrize("path", ["/api/v1/events", "/api/v1/events/stream"])
def test_a_wrong_query_is_refused(served: Served, path: str, query: str) -> None:
    """What cannot be understood is a 400 that names the parameter."""
    answer = served.get(f"{path}?{query}")
    assert answer.status == 400
    assert query.partition("=")[0] in answer.text


def read_until(connection: socket.socket, text: bytes) -> bytes:
    """What a stream says up to a text."""
    received = b""
    while text not in received:
        some = connection.recv(4096)
        assert some, f"the stream ended after {received!r}"
        received += some
    return received


def test_a_stream_begins_with_what_comes(served: Served, ring: Ring) -> None:
    """Without a number only new events come."""
    with served.connect() as connection:
        connection.sendall(b"GET /api/v1/events/stream?guest=web-9 HTTP/1.1\r\nHost: x\r\n\r\n")
        read_until(connection, b"still here")
        ring.add("hv1", 400.0, {"object": "domain", "kind": "started", "guest": "web-9"})
        received = read_until(connection, b'"guest": "web-9"')
    assert b"text/event-stream" not in received
    assert b"id: 4\n" in received


def test_a_stream_goes_on_where_it_was_lost(served: Served) -> None:
    """Last-Event-ID brings what came since."""
    with served.connect() as connection:
        connection.sendall(b"GET /api/v1/events/stream HTTP/1.1\r\nHost: x\r\nLast-Event-ID: 1\r\n\r\n")
        received = read_until(connection, b"id: 3\n")
    assert b"id: 2\n" in received
    assert b"id: 1\n" not in received


def test_numbers_from_before_a_restart_bring_everything(served: Served) -> None:
    """Whoever knows higher numbers than there are has seen none of these."""
    with served.connect() as connection:
        connection.sendall(b"GET /api/v1/events/stream HTTP/1.1\r\nHost: x\r\nLast-Event-ID: 99\r\n\r\n")
        assert b"id: 1\n" in read_until(connection, b"id: 3\n")


def test_a_stream_brings_a_burst_whole_and_in_order(served: Served, ring: Ring) -> None:
    """More events than are sent at once, some of which come while others are sent."""
    with served.connect() as connection:
        connection.sendall(b"GET /api/v1/events/stream?after=0 HTTP/1.1\r\nHost: x\r\n\r\n")
        for second in range(1200):
            ring.add("hv1", float(second), {"object": "domain", "kind": "suspended", "guest": "busy"})
        received = read_until(connection, b"id: 1203\n")
    assert [int(number) for number in re.findall(rb"id: (\d+)\n", received)] == list(range(1, 1204))


def test_streams_say_the_same_of_an_event(served: Served, ring: Ring) -> None:
    """Each to those whose filters let it through."""
    said = set()
    for query in (b"?after=0", b"?after=0&kind=stopped", b"?after=0&host=hv2"):
        with served.connect() as connection:
            connection.sendall(b"GET /api/v1/events/stream" + query + b" HTTP/1.1\r\nHost: x\r\n\r\n")
            received = read_until(connection, b"id: 3\n")
            said.add(received[received.index(b"id: 3\n") :] + read_until(connection, b"still here"))
    assert len({each.partition(b"\n\n")[0] for each in said}) == 1
    assert ring.after(2)[0].encoded
