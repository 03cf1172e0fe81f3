"""From a request to its response: limits, access, route, handler, figures, in this order."""

import inspect
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from http import HTTPStatus

import structlog
from attrs import evolve

from exporter.web.access import Access, AccessState
from exporter.web.basicauth import CHALLENGE, Verdict
from exporter.web.message import BadRequestError, Request, Response, refusal
from exporter.web.metrics import WebMetrics
from exporter.web.routes import OTHER, Route, Routes
from exporter.web.slots import Slots

logger = structlog.get_logger()

METHODS = ("GET", "HEAD")

READER_SECONDS = 1.0

RETRY = {"Retry-After": "1"}

_REASONS = {HTTPStatus.REQUEST_TIMEOUT: "timeout"}


class Exchange:
    """Answers requests of all connections."""

    def __init__(self, routes: Routes, access: Access, slots: Slots, metrics: WebMetrics) -> None:
        self._routes = routes
        self._access = access
        self._slots = slots
        self._metrics = metrics

    def refused(self, status: HTTPStatus) -> None:
        """Count a connection that was answered before it became a request."""
        self._metrics.requests.labels(OTHER, str(status.value)).inc()
        if status is not HTTPStatus.BAD_REQUEST:
            self._metrics.rejections.labels(_REASONS.get(status, "limit")).inc()

    def stalled(self) -> None:
        """Count a client that did not take its answer in time."""
        self._metrics.rejections.labels("timeout").inc()

    @asynccontextmanager
    async def answer(
        self, method: bytes, target: bytes, headers: Iterable[tuple[bytes, bytes]]
    ) -> AsyncIterator[Response]:
        """The response, to be written inside the context: that belongs to its time and to its place."""
        start = time.perf_counter()
        path, status = OTHER, HTTPStatus.BAD_REQUEST.value
        access = self._access.current()
        try:
            async with AsyncExitStack() as stack:
                try:
                    request = Request.parse(method, target, headers)
                except BadRequestError:
                    response = refusal(HTTPStatus.BAD_REQUEST)
                else:
                    route = self._routes.find(request.path)
                    path = OTHER if route is None else route.path
                    response = await self._respond(access, route, request, stack)
                status = response.status
                yield evolve(response, headers={**access.headers, **response.headers})
        finally:
            self._metrics.requests.labels(path, str(status)).inc()
            self._metrics.duration.labels(path).observe(time.perf_counter() - start)

    async def _respond(
        self, access: AccessState, route: Route | None, request: Request, stack: AsyncExitStack
    ) -> Response:
        if route is None or not route.public:
            refused = await self._refuse(access, request)
            if refused is not None:
                return refused
        if request.method not in METHODS:
            return refusal(HTTPStatus.METHOD_NOT_ALLOWED, {"Allow": ", ".join(METHODS)})
        if route is None:
            return refusal(HTTPStatus.NOT_FOUND)
        if not route.limited:
            return await self._handle(route, request)
        place = await stack.enter_async_context(self._slots.take())
        if place is None:
            self._metrics.rejections.labels("limit").inc()
            return refusal(HTTPStatus.SERVICE_UNAVAILABLE, RETRY)
        response = await self._handle(route, request)
        # A slow reader costs memory and no work: it must not keep the others waiting.
        place.give_back_after(READER_SECONDS)
        return response

    async def _refuse(self, access: AccessState, request: Request) -> Response | None:
        if not access.limiter.take():
            self._metrics.rejections.labels("limit").inc()
            return refusal(HTTPStatus.TOO_MANY_REQUESTS, RETRY)
        verdict = await access.users.check(request.headers.get("authorization"))
        if verdict is Verdict.REFUSED:
            self._metrics.rejections.labels("auth").inc()
            return refusal(HTTPStatus.UNAUTHORIZED, {"WWW-Authenticate": CHALLENGE})
        if verdict is Verdict.BUSY:
            self._metrics.rejections.labels("limit").inc()
            return refusal(HTTPStatus.SERVICE_UNAVAILABLE, RETRY)
        return None

    async def _handle(self, route: Route, request: Request) -> Response:
        try:
            response = route.handler(request)
            return await response if inspect.isawaitable(response) else response
        except Exception:
            logger.exception("could not answer a request", path=route.path)
            return refusal(HTTPStatus.INTERNAL_SERVER_ERROR)
