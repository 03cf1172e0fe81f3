"""The page around its sections: one host, or a list of hosts."""

import hashlib
from collections.abc import Callable, Sequence
from importlib.resources import files
from itertools import islice
from typing import Protocol
from urllib.parse import quote, urlencode

from markupsafe import Markup

import exporter
from exporter.clock import CLOCK, Clock
from exporter.events.ring import Ring
from exporter.exposition.page import Page
from exporter.figures import HostFigures
from exporter.overview.glance import glance
from exporter.overview.guests import Choice, table
from exporter.overview.guesttable import choice_form, guest_table
from exporter.overview.lists import collector_table, event_list
from exporter.overview.tiles import bar, tiles
from exporter.overview.words import percent, size

_EVENTS = 25

STYLE = files("exporter.overview").joinpath("static", "page.css").read_bytes()
SCRIPT = files("exporter.overview").joinpath("static", "page.js").read_bytes()

_VERSION = hashlib.sha256(STYLE + SCRIPT).hexdigest()[:12]

_FRAME = Markup("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="static/page.css?{version}">
<script src="static/page.js?{version}" defer></script>
<noscript><meta http-equiv="refresh" content="60"></noscript>
</head>
<body data-seconds="10">
<a class="skip" href="#main">To the guests</a>
<header>
<h1>{heading}</h1>
<div id="status" data-live>{status}</div>
<p id="updates" role="status" class="note"></p>
</header>
<main>
{sections}
</main>
<footer>
<nav aria-label="Other pages">{links}</nav>
<p class="note">libvirt-exporter {release}</p>
</footer>
</body>
</html>
""")
_HOST = Markup("""<div class="tiles" id="tiles" data-live>
{tiles}
</div>
<section id="main" tabindex="-1" class="panel guests">
<h2>Guests</h2>
{form}
<div id="guests" class="scroll" data-live>
{guests}
</div>
</section>
<div class="columns">
<section class="panel"><h2>Newest events</h2><div id="events" data-live>
{events}
</div></section>
<section class="panel"><h2>Collectors</h2><div id="collectors" class="scroll" data-live>
{collectors}
</div></section>
</div>""")
_HOSTS = Markup("""<section id="main" tabindex="-1" class="panel hosts">
<h2>Hosts</h2>
<div id="hosts" class="scroll" data-live>
<table class="hosts">
<thead><tr><th scope="col">Host</th><th scope="col">State</th><th scope="col" class="number">Guests</th>
<th scope="col" class="number">Running</th><th scope="col">Processors</th><th scope="col">Memory</th></tr></thead>
<tbody>
{}
</tbody>
</table>
</div>
</section>""")
_HOST_ROW = Markup(
    '<tr><th scope="row"><a href="{link}">{name}</a></th><td>{status}</td><td class="number">{guests}</td>'
    '<td class="number">{running}</td><td class="share">{cpu}{cpu_bar}</td><td class="share">{memory}{memory_bar}</td>'
    "</tr>"
)
_UP = Markup('<span class="pill fine">up</span>')
_DOWN = Markup('<span class="pill failed">down</span> <span class="reason">{}</span>')
_LINK = Markup('<a href="{}">{}</a>')


class Watched(Protocol):
    """What the page shows of a host."""

    @property
    def name(self) -> str:
        """Its name in the configuration."""

    @property
    def figures(self) -> HostFigures:
        """The exporter's own work for it."""

    @property
    def page(self) -> Page:
        """What was collected."""


class Overview:
    """Writes the page; `hosts` gives those watched at the moment. Nothing here asks libvirt anything."""

    def __init__(
        self,
        hosts: Callable[[], Sequence[Watched]],
        ring: Ring,
        *,
        multi: bool,
        telemetry_path: str,
        clock: Clock = CLOCK,
    ) -> None:
        self._hosts = hosts
        self._ring = ring
        self._multi = multi
        self._telemetry_path = telemetry_path
        self._clock = clock

    def write(self, asked: Callable[[str], str | None]) -> str | None:
        """The page that query parameters ask for, None if they name a host there is not."""
        hosts = self._hosts()
        name = asked("host") if self._multi else None
        if self._multi and not name:
            return self._list(hosts)
        host = next((each for each in hosts if name is None or each.name == name), None)
        return None if host is None else self._host(host, name, Choice.read(asked))

    def _list(self, hosts: Sequence[Watched]) -> str:
        rows = Markup("\n").join(self._host_row(host) for host in hosts)
        up = sum(host.figures.up for host in hosts)
        status = Markup('<span class="pill {}">{} of {} up</span>').format(
            "fine" if up == len(hosts) else "failed", up, len(hosts)
        )
        links = [(self._telemetry_path[1:], "Metrics of the agent"), ("sd/hypervisors", "Targets"), *_EVENT_LINK]
        return self._frame("libvirt hosts", "Hosts", status, _HOSTS.format(rows), links)

    def _host_row(self, host: Watched) -> Markup:
        found = glance(host.page, host.figures.history.host, self._clock.steady())
        total, used = found.memory_total, found.memory_used
        inventory = host.figures.inventory
        return _HOST_ROW.format(
            link="?" + urlencode({"host": host.name}),
            name=host.name,
            status=_status(host),
            guests=f"{inventory.total:,}",
            running=f"{inventory.active:,}",
            cpu=percent(found.cpu),
            cpu_bar="" if found.cpu is None else bar(found.cpu, 1),
            memory=f"{size(used)} of {size(total)}",
            memory_bar=bar(used, total) if used is not None and total else "",
        )

    def _host(self, host: Watched, name: str | None, choice: Choice) -> str:
        now, wall = self._clock.steady(), self._clock.wall()
        figures = host.figures
        found = glance(host.page, figures.history.host, now)
        chosen = table(figures, choice, now)
        entries = islice((entry for entry in reversed(self._ring.after(0)) if entry.host == host.name), _EVENTS)
        sections = _HOST.format(
            tiles=tiles(found, chosen, figures.history.host, now),
            form=choice_form(name, choice, chosen),
            guests=guest_table(name, choice, chosen, now, wall),
            events=event_list(entries, "event" in figures.collectors, wall),
            collectors=collector_table(
                {key: each for key, each in figures.collectors.items() if key in figures.parts}, wall
            ),
        )
        called = found.hostname or host.name
        if name is None:
            links = [(self._telemetry_path[1:], "Metrics"), *_EVENT_LINK]
        else:
            links = [
                ("./", "All hosts"),
                (f"probe?target={quote(name, safe='')}", "Metrics"),
                (f"api/v1/events?host={quote(name, safe='')}", "Events as JSON"),
            ]
            called = name
        return self._frame(f"{called}, libvirt", called, _status(host), sections, links)

    def _frame(
        self, title: str, heading: str, status: Markup, sections: Markup, links: Sequence[tuple[str, str]]
    ) -> str:
        return _FRAME.format(
            title=title,
            version=_VERSION,
            heading=heading,
            status=status,
            sections=sections,
            links=Markup(" ").join(_LINK.format(target, text) for target, text in links),
            release=exporter.__version__,
        )


_EVENT_LINK = (("api/v1/events", "Events as JSON"),)


def _status(host: Watched) -> Markup:
    figures = host.figures
    if figures.up:
        return _UP
    return _DOWN.format("" if figures.pool.up else figures.pool.reason)
