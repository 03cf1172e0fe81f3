"""The paths every agent answers: metrics, probe, health, landing."""

from collections.abc import Mapping
from html import escape
from http import HTTPStatus
from urllib.parse import quote

from attrs import frozen

import exporter
from exporter.errors import ExporterError
from exporter.web.message import Request, Response, refusal, text
from exporter.web.negotiate import accepts_gzip, choose_form
from exporter.web.options import WebOptions
from exporter.web.routes import Route
from exporter.web.site import Page, Site

VARY = "Accept, Accept-Encoding"

LANDING_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
}


class UnknownCollectorError(ExporterError):
    """A request names collectors that it cannot have; str() is what the client is told."""


def site_routes(site: Site, options: WebOptions) -> tuple[Route, ...]:
    """The routes of a site."""
    pages = _Pages(site, options)
    routes = (
        Route("/", pages.landing),
        Route(options.telemetry_path, pages.metrics),
        Route("/probe", pages.probe),
        Route("/-/healthy", pages.healthy, public=True, limited=False),
        Route("/-/ready", pages.ready, public=True, limited=False),
    )
    if not options.route_prefix:
        return routes
    return (*routes, Route("", pages.redirect))


def select(request: Request, known: Mapping[str, bool]) -> frozenset[str] | None:
    """The collectors that collect[] and exclude[] leave, None for all; raises UnknownCollectorError."""
    collect, exclude = request.query.get("collect[]", ()), request.query.get("exclude[]", ())
    if collect and exclude:
        raise UnknownCollectorError("Combined collect and exclude queries are not allowed.")
    for name in (*collect, *exclude):
        if name not in known:
            raise UnknownCollectorError(f"missing collector: {name}")
    for name in collect:
        if not known[name]:
            raise UnknownCollectorError(f"disabled collector: {name}")
    if collect:
        return frozenset(collect)
    if exclude:
        return frozenset(name for name, enabled in known.items() if enabled and name not in exclude)
    return None


@frozen
class _Pages:
    """The handlers."""

    site: Site
    options: WebOptions

    def metrics(self, request: Request) -> Response:
        page = self.site.page(None)
        return refusal(HTTPStatus.SERVICE_UNAVAILABLE) if page is None else _answer(page, request)

    def probe(self, request: Request) -> Response:
        target = request.first("target")
        if not target:
            return text("Target parameter is missing", 400)
        page = self.site.page(target)
        if page is None:
            known = ", ".join(self.site.targets()) or f"none, ask {self.options.telemetry_path}"
            return text(f"unknown target; known are: {known}", 404)
        return _answer(page, request)

    def healthy(self, _: Request) -> Response:
        return text("OK")

    def ready(self, _: Request) -> Response:
        return text("OK") if self.site.ready() else text("not ready", 503)

    def redirect(self, _: Request) -> Response:
        return refusal(HTTPStatus.FOUND, {"Location": f"{self.options.route_prefix}/"})

    def landing(self, _: Request) -> Response:
        links = [(self.options.telemetry_path, "Metrics")]
        for name in self.site.targets():
            links.append((f"/probe?target={quote(name, safe='')}", f"Metrics of {name}"))
        # Relative, so that they hold behind every proxy.
        items = "".join(f'<li><a href="{path[1:]}">{escape(label)}</a></li>\n' for path, label in links)
        body = _LANDING.format(version=escape(exporter.__version__), items=items)
        return Response((body.encode(),), 200, LANDING_HEADERS)


def _answer(page: Page, request: Request) -> Response:
    try:
        collectors = select(request, page.collectors())
    except UnknownCollectorError as error:
        return text(str(error), 400)
    choice = choose_form(request.headers.get("accept"))
    gzip = accepts_gzip(request.headers.get("accept-encoding"))
    headers = {"Content-Type": choice.content_type, "Vary": VARY}
    if gzip:
        headers["Content-Encoding"] = "gzip"
    return Response(page.render(choice.form, gzip, collectors), 200, headers)


_LANDING = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>libvirt-exporter</title></head>
<body>
<h1>libvirt-exporter {version}</h1>
<p>Monitoring agent for libvirt hosts that speaks Prometheus.</p>
<ul>
{items}</ul>
</body>
</html>
"""
