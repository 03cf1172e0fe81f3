"""The page for people, and the two files it loads."""

import asyncio
import gzip
from http import HTTPStatus

from exporter.overview.document import SCRIPT, STYLE, Overview
from exporter.web.message import Request, Response, text
from exporter.web.negotiate import accepts_gzip
from exporter.web.routes import Route

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_SECURE = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_LEVEL = 1


def overview_routes(overview: Overview) -> tuple[Route, ...]:
    """The page at `/` and what it loads."""

    async def page(request: Request) -> Response:
        # A host of a thousand guests takes a while to write, and no scrape waits for that.
        written = await asyncio.to_thread(overview.write, request.first)
        if written is None:
            return text("unknown host", HTTPStatus.NOT_FOUND)
        return await asyncio.to_thread(_answer, request, written.encode(errors="replace"), "text/html", "no-store")

    def style(request: Request) -> Response:
        return _answer(request, STYLE, "text/css", "max-age=86400")

    def script(request: Request) -> Response:
        return _answer(request, SCRIPT, "text/javascript", "max-age=86400")

    return (Route("/", page), Route("/static/page.css", style), Route("/static/page.js", script))


def _answer(request: Request, body: bytes, kind: str, caching: str) -> Response:
    headers = {"Content-Type": f"{kind}; charset=utf-8", "Cache-Control": caching, "Vary": "Accept-Encoding", **_SECURE}
    if accepts_gzip(request.headers.get("accept-encoding")):
        headers["Content-Encoding"] = "gzip"
        body = gzip.compress(body, _LEVEL)
    return Response((body,), headers=headers)
