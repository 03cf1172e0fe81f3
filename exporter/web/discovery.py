"""Service discovery: /sd/hypervisors and /sd/guests, in the format of Prometheus' HTTP service discovery."""

import asyncio
import json
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, Protocol

from exporter.discovery.guests import guests
from exporter.discovery.hypervisors import hypervisors
from exporter.discovery.known import ADDRESSES, unknown
from exporter.discovery.place import Place
from exporter.exposition.page import Page
from exporter.figures import HostFigures
from exporter.settings import HostSettings
from exporter.web.message import Request, Response, text
from exporter.web.routes import Route

_MOST = 65535


class Found(Protocol):
    """What discovery needs of a host."""

    @property
    def name(self) -> str:
        """Its name in the configuration."""

    @property
    def settings(self) -> HostSettings:
        """Its configuration."""

    @property
    def figures(self) -> HostFigures:
        """The exporter's own work for it."""

    @property
    def page(self) -> Page:
        """What was collected."""


def discovery_routes(
    hosts: Callable[[], Sequence[Found]], where: Callable[[], Place | None], *, multi: bool, telemetry_path: str
) -> tuple[Route, ...]:
    """Both routes; `where` says how Prometheus reaches this agent."""

    def list_hypervisors(_: Request) -> Response:
        place = where()
        if place is None:
            return text("this agent listens on no address of a network: --web.external-url says how to reach it", 404)
        found = [host.settings for host in hosts()]
        return _answer(hypervisors(found, place, multi=multi, telemetry_path=telemetry_path))

    async def list_guests(request: Request) -> Response:
        port = request.first("port") or ""
        if not (port.isascii() and port.isdecimal() and len(port) < 6 and 0 < int(port) <= _MOST):
            return text(f"port: 1 to {_MOST}, as in /sd/guests?port=9100", HTTPStatus.BAD_REQUEST)
        asked, chosen = request.first("host"), hosts()
        if asked is not None:
            chosen = [host for host in chosen if host.name == asked]
            if not chosen:
                return text(f"unknown host; known are: {', '.join(host.name for host in hosts())}", 404)
        found = [host for host in chosen if ADDRESSES in host.settings.collectors]
        if not found:
            return text(f"addresses of guests are not collected: switch on --collector.{ADDRESSES}", 404)
        groups = await asyncio.to_thread(_all_guests, found, int(port))
        # After the reading, which is what notices that something became too old.
        reasons = [reason for host in found if (reason := unknown(host.name, host.figures))]
        if reasons:
            # Prometheus then keeps the targets it has.
            return text(f"not all guests are known: {'; '.join(reasons)}", HTTPStatus.SERVICE_UNAVAILABLE)
        return _answer(groups)

    return (Route("/sd/hypervisors", list_hypervisors), Route("/sd/guests", list_guests))


def _all_guests(hosts: Sequence[Found], port: int) -> list[Any]:
    groups = []
    for host in hosts:
        groups += guests(host.name, host.page, list(host.figures.inventory.guests.values()), port)
    return groups


def _answer(groups: list[Any]) -> Response:
    body = json.dumps(groups, ensure_ascii=False, indent=1) + "\n"
    # Prometheus takes exactly this type.
    return Response((body.encode(errors="replace"),), headers={"Content-Type": "application/json"})
