"""From the bytes that come in on a connection to requests."""

from http import HTTPStatus

import h11
from attrs import frozen

from exporter.errors import ExporterError
from exporter.web.message import BadRequestError, Request
from exporter.web.options import Limits

_REMEMBERED = 64  # requests; a Prometheus sends the same bytes for ever
_REMEMBERED_BYTES = 2048

# Only what carries nothing but these is remembered: a password or a cookie has no business staying in memory.
_HARMLESS = frozenset(
    {"host", "user-agent", "accept", "accept-encoding", "connection", "x-prometheus-scrape-timeout-seconds"}
)


class UnreadableError(ExporterError):
    """What came is no request and never becomes one; `status` is what to answer."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


@frozen
class Asked:
    """A request that came in whole; None if its target makes no sense."""

    request: Request | None
    wants_body: bool
    knows_chunks: bool
    last: bool  # nothing can be read behind it


class Remembered:
    """Requests that came lately by their bytes: to read the same ones again is to look them up."""

    def __init__(self) -> None:
        self._asked: dict[bytes, Asked] = {}

    def find(self, data: bytes) -> Asked | None:
        """What these bytes were, if that is known."""
        return self._asked.get(data)

    def keep(self, data: bytes, asked: Asked) -> None:
        """Remember what these bytes, all of them, are; the oldest goes when there are too many."""
        if asked.request is None or len(data) > _REMEMBERED_BYTES or not asked.request.headers.keys() <= _HARMLESS:
            return
        if len(self._asked) >= _REMEMBERED:
            del self._asked[next(iter(self._asked))]
        self._asked[data] = asked


class Reader:
    """Takes what one connection sends to pieces, request by request. h11 reads; each request is read by a new one."""

    def __init__(self, limits: Limits, remembered: Remembered) -> None:
        self._limits = limits
        self._remembered = remembered
        self._received = b""
        self._http: h11.Connection | None = None

    @property
    def begun(self) -> bool:
        """Whether something of the next request is there."""
        return self._http is not None or bool(self._received)

    def receive(self, data: bytes) -> None:
        """Take what came, for `next`."""
        self._received += data

    def next(self) -> Asked | None:
        """The next request, None while it is not complete; raises UnreadableError."""
        data, self._received = self._received, b""
        asked = self._remembered.find(data) if self._http is None else None
        if asked is not None or not data:
            return asked
        whole = self._http is None
        http = self._http = self._http or h11.Connection(h11.SERVER, max_incomplete_event_size=self._limits.head_bytes)
        http.receive_data(data)
        asked = self._read(http)
        if asked is not None:
            self._received, self._http = http.trailing_data[0], None
            if whole and not self._received:
                self._remembered.keep(data, asked)
        return asked

    def _read(self, http: h11.Connection) -> Asked | None:
        try:
            event = http.next_event()
            # Bodies have no meaning here: one that comes is not read, and ends the connection.
            body = isinstance(event, h11.Request) and not isinstance(http.next_event(), h11.EndOfMessage)
        except h11.RemoteProtocolError as error:
            raise UnreadableError(self._too_long(http) or HTTPStatus(error.error_status_hint)) from error
        if not isinstance(event, h11.Request):
            status = self._too_long(http)
            if status is not None:
                raise UnreadableError(status)
            return None
        # Once more in the small: h11 measures what is incomplete only, and a whole head may come at once.
        if len(event.target) > self._limits.line_bytes:
            raise UnreadableError(HTTPStatus.REQUEST_URI_TOO_LONG)
        if sum(len(name) + len(value) for name, value in event.headers) > self._limits.head_bytes:
            raise UnreadableError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        return Asked(
            _request(event),
            wants_body=event.method != b"HEAD",
            knows_chunks=event.http_version >= b"1.1",
            last=body or http.their_state is not h11.DONE,
        )

    def _too_long(self, http: h11.Connection) -> HTTPStatus | None:
        """The status for a head that is not complete and already too long."""
        head = http.trailing_data[0]
        if b"\n" not in head[: self._limits.line_bytes]:
            return HTTPStatus.REQUEST_URI_TOO_LONG if len(head) >= self._limits.line_bytes else None
        return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE if len(head) > self._limits.head_bytes else None


def _request(event: h11.Request) -> Request | None:
    try:
        return Request.parse(event.method, event.target, event.headers)
    except BadRequestError:
        return None
