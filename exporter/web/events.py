"""The newest events: as JSON at /api/v1/events, and as they come at /api/v1/events/stream."""

import asyncio
import json
import math
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime
from http import HTTPStatus

from exporter.events.ring import Entry, Ring
from exporter.web.message import Request, Response, refusal, text
from exporter.web.routes import Route

_MOST_STREAMS = 50
_HEARTBEAT_SECONDS = 15.0
_GATHER_SECONDS = 0.1
_MOST_AT_ONCE = 500
_NO_STORE = {"Cache-Control": "no-store"}
_PARAMETERS = ("guest", "kind", "object", "host")

Chooses = Callable[[Entry], bool]


class _BadParameter(Exception):
    """A query parameter that cannot be understood; str() says which."""


def event_routes(ring: Ring, heartbeat: float = _HEARTBEAT_SECONDS) -> tuple[Route, ...]:
    """Both routes; a silent stream says every `heartbeat` seconds that it lives."""
    api = _EventApi(ring, heartbeat)
    return (
        Route("/api/v1/events", api.newest),
        Route("/api/v1/events/stream", api.stream, limited=False),
    )


class _EventApi:
    def __init__(self, ring: Ring, heartbeat: float) -> None:
        self._ring = ring
        self._heartbeat = heartbeat
        self._streams = 0

    def newest(self, request: Request) -> Response:
        """What is in the ring, oldest first: `?guest=`, `kind=`, `object=`, `host=` (each may be repeated), `since=`
        (Unix seconds or RFC 3339), `after=` (an id)."""
        try:
            chooses = _chooser(request)
            after = _number(request, "after")
        except _BadParameter as error:
            return text(str(error), HTTPStatus.BAD_REQUEST)
        entries = self._ring.after(after)
        newest = entries[-1].number if entries else self._ring.newest
        events = [_told(entry) for entry in entries if chooses(entry)]
        body = json.dumps({"events": events, "newest": newest}, ensure_ascii=False, default=str) + "\n"
        headers = {"Content-Type": "application/json; charset=utf-8", **_NO_STORE}
        return Response((body.encode(errors="replace"),), headers=headers)

    def stream(self, request: Request) -> Response:
        """Server-sent events with the same filters; from now on, or from the id in `after` or Last-Event-ID."""
        if self._streams >= _MOST_STREAMS:
            return refusal(HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": "10"})
        try:
            chooses = _chooser(request)
            after = _number(request, "after") if request.first("after") else _last_seen(request, self._ring.newest)
        except _BadParameter as error:
            return text(str(error), HTTPStatus.BAD_REQUEST)
        if request.first("since"):
            after = 0
        # Numbers begin anew with the agent: whoever knows higher ones has seen none of these.
        after = 0 if after > self._ring.newest else after
        headers = {"Content-Type": "text/event-stream; charset=utf-8", **_NO_STORE}
        return Response(self._follow(chooses, after), headers=headers)

    async def _follow(self, chooses: Chooses, after: int) -> AsyncGenerator[bytes, None]:
        loop = asyncio.get_running_loop()
        added = asyncio.Event()

        def wake() -> None:
            if not added.is_set() and not loop.is_closed():
                loop.call_soon_threadsafe(added.set)

        self._streams += 1
        end = self._ring.listen(wake)
        try:
            yield b"retry: 2000\n\n"
            while True:
                added.clear()
                entries = self._ring.after(after)[:_MOST_AT_ONCE]
                if entries:
                    after = entries[-1].number
                    lines = b"".join([_lines(entry) for entry in entries if chooses(entry)])
                    if lines:
                        yield lines
                    # While events keep coming they are sent in bundles, so that many streams leave time for scrapes.
                    await asyncio.sleep(_GATHER_SECONDS)
                    continue
                try:
                    await asyncio.wait_for(added.wait(), self._heartbeat)
                except TimeoutError:
                    yield b": still here\n\n"
        finally:
            end()
            self._streams -= 1


def _told(entry: Entry) -> dict[str, object]:
    time = datetime.fromtimestamp(entry.at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"id": entry.number, "time": time, "host": entry.host, **entry.told}


def _lines(entry: Entry) -> bytes:
    if not entry.encoded:
        data = json.dumps(_told(entry), ensure_ascii=False, default=str)
        entry.encoded = f"id: {entry.number}\ndata: {data}\n\n".encode(errors="replace")
    return entry.encoded


def _chooser(request: Request) -> Chooses:
    unknown = sorted(request.query.keys() - {*_PARAMETERS, "since", "after"})
    if unknown:
        raise _BadParameter(f"unknown parameter {unknown[0]}: allowed are {', '.join(_PARAMETERS)}, since and after")
    wanted = {name: frozenset(request.query[name]) for name in _PARAMETERS if name in request.query}
    since = _since(request.first("since"))

    def chooses(entry: Entry) -> bool:
        if entry.at < since:
            return False
        return all(
            (entry.host if name == "host" else entry.told.get(name)) in values for name, values in wanted.items()
        )

    return chooses


def _since(written: str | None) -> float:
    if not written:
        return -math.inf
    try:
        return float(written)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(written)
    except ValueError as error:
        raise _BadParameter("since: Unix seconds, or a time as in RFC 3339") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _number(request: Request, name: str) -> int:
    written = request.first(name) or "0"
    if not (written.isascii() and written.isdecimal() and len(written) < 20):
        raise _BadParameter(f"{name}: the id of an event")
    return int(written)


def _last_seen(request: Request, newest: int) -> int:
    """What the browser saw last before it lost the stream; who has no such number starts with what comes next."""
    written = request.headers.get("last-event-id", "")
    return int(written) if written.isascii() and written.isdecimal() and len(written) < 20 else newest
