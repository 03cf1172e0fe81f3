"""A request and a response, as handlers see them."""

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

from attrs import field, frozen

from exporter.errors import ExporterError

MAX_QUERY_FIELDS = 200

PLAIN = {"Content-Type": "text/plain; charset=utf-8"}


class BadRequestError(ExporterError):
    """The request cannot be understood."""


@frozen
class Request:
    """One request: path and query are decoded, header names are lower case."""

    method: str
    path: str
    query: Mapping[str, Sequence[str]] = field(factory=dict)
    headers: Mapping[str, str] = field(factory=dict)

    @classmethod
    def parse(cls, method: bytes, target: bytes, headers: Iterable[tuple[bytes, bytes]]) -> Self:
        """From what h11 read; raises BadRequestError."""
        try:
            url = urlsplit(target.decode("ascii"))
            query = parse_qs(url.query, keep_blank_values=True, max_num_fields=MAX_QUERY_FIELDS)
        except ValueError as error:
            raise BadRequestError(str(error)) from error
        joined: dict[str, str] = {}
        for raw_name, raw_value in headers:
            name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
            joined[name] = f"{joined[name]}, {value}" if name in joined else value
        return cls(method.decode("ascii"), unquote(url.path), query, joined)

    @property
    def authorization(self) -> str | None:
        """The header of this name."""
        return self.headers.get("authorization")

    def first(self, name: str) -> str | None:
        """The first value of a query parameter, None if it is missing."""
        values = self.query.get(name)
        return values[0] if values else None


@frozen
class Response:
    """What a handler answers; a body that is an async generator is a stream, written as it comes."""

    body: Sequence[bytes] | AsyncGenerator[bytes, None] = ()
    status: int = 200
    headers: Mapping[str, str] = field(factory=dict)

    @property
    def streams(self) -> bool:
        """Whether the body's end is not known beforehand."""
        return isinstance(self.body, AsyncGenerator)


def text(body: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A plain text response, ended by a newline."""
    return Response((f"{body}\n".encode(),), status, {**PLAIN, **(headers or {})})


def refusal(status: HTTPStatus, headers: Mapping[str, str] | None = None) -> Response:
    """A response that says its status and nothing more."""
    return text(f"{status.value} {status.phrase}", status.value, headers)
