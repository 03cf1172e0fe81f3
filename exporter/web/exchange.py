"""From a request to its response: limits, access, route, handler, in this order."""

from collections.abc import Awaitable
from http import HTTPStatus

import structlog

from exporter.web.access import Access
from exporter.web.basicauth import CHALLENGE, Users, Verdict
from exporter.web.message import Request, Response, refusal
from exporter.web.metrics import WebMetrics
from exporter.web.routes import OTHER, Outcome, Route, Routes
from exporter.web.slots import Slots
from exporter.web.turn import Turn

logger = structlog.get_logger()

METHODS = ("GET", "HEAD")

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

    def begin(self) -> Turn:
        """A request is there; its turn has to be ended."""
        return Turn(self._metrics, self._access.current().headers)

    def answer(self, request: Request | None, turn: Turn) -> Outcome:
        """The response, or what to await for it where a password, a place or the handler takes its time."""
        if request is None:
            return refusal(HTTPStatus.BAD_REQUEST)
        route = self._routes.find(request.path)
        if route is not None:
            turn.path = route.path
            if route.public:
                return self._permitted(route, request, turn)
        access = self._access.current()
        if not access.limiter.take():
            self._metrics.rejections.labels("limit").inc()
            return refusal(HTTPStatus.TOO_MANY_REQUESTS, RETRY)
        verdict = access.users.known(request.authorization)
        if verdict is None:
            return self._after_hashing(access.users, route, request, turn)
        return self._judged(verdict, route, request, turn)

    async def _after_hashing(self, users: Users, route: Route | None, request: Request, turn: Turn) -> Response:
        verdict = await users.check(request.authorization)
        return await _come(self._judged(verdict, route, request, turn))

    def _judged(self, verdict: Verdict, route: Route | None, request: Request, turn: Turn) -> Outcome:
        if verdict is Verdict.REFUSED:
            self._metrics.rejections.labels("auth").inc()
            return refusal(HTTPStatus.UNAUTHORIZED, {"WWW-Authenticate": CHALLENGE})
        if verdict is Verdict.BUSY:
            self._metrics.rejections.labels("limit").inc()
            return refusal(HTTPStatus.SERVICE_UNAVAILABLE, RETRY)
        return self._permitted(route, request, turn)

    def _permitted(self, route: Route | None, request: Request, turn: Turn) -> Outcome:
        if request.method not in METHODS:
            return refusal(HTTPStatus.METHOD_NOT_ALLOWED, {"Allow": ", ".join(METHODS)})
        if route is None:
            return refusal(HTTPStatus.NOT_FOUND)
        if not route.limited:
            return _handle(route, request)
        turn.place = self._slots.take()
        if turn.place is None:
            return self._after_waiting(route, request, turn)
        return _handle(route, request)

    async def _after_waiting(self, route: Route, request: Request, turn: Turn) -> Response:
        turn.place = await self._slots.wait()
        if turn.place is None:
            self._metrics.rejections.labels("limit").inc()
            return refusal(HTTPStatus.SERVICE_UNAVAILABLE, RETRY)
        return await _come(_handle(route, request))


async def _come(outcome: Outcome) -> Response:
    return outcome if isinstance(outcome, Response) else await outcome


def _handle(route: Route, request: Request) -> Outcome:
    try:
        outcome = route.handler(request)
    except Exception:
        logger.exception("could not answer a request", path=route.path)
        return refusal(HTTPStatus.INTERNAL_SERVER_ERROR)
    return outcome if isinstance(outcome, Response) else _handled(route, outcome)


async def _handled(route: Route, outcome: Awaitable[Response]) -> Response:
    try:
        return await outcome
    except Exception:
        logger.exception("could not answer a request", path=route.path)
        return refusal(HTTPStatus.INTERNAL_SERVER_ERROR)
