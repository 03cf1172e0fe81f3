"""Which handler answers which path."""

from collections.abc import Awaitable, Callable, Iterable

from attrs import frozen

from exporter.web.message import Request, Response

Outcome = Response | Awaitable[Response]
Handler = Callable[[Request], Outcome]

OTHER = "other"


@frozen
class Route:
    """A path, without the route prefix, and what answers it.

    `public` paths answer without password and rate limit. `limited` ones take one of the places that
    --web.max-requests gives, as all should that do not stream.
    """

    path: str
    handler: Handler
    public: bool = False
    limited: bool = True


class Routes:
    """All routes under one prefix; a later route replaces an earlier one of the same path."""

    def __init__(self, prefix: str, routes: Iterable[Route]) -> None:
        self._routes = {prefix + route.path: route for route in routes}

    def find(self, path: str) -> Route | None:
        """The route of a decoded request path, prefix included."""
        return self._routes.get(path)
