"""The page around its sections: one host, or a list of hosts."""

import hashlib
from collections.abc import Callable, Sequence
from importlib.resources import files
from itertools import islice
from typing import Protocol
from urllib.parse import quote

from markupsafe import Markup

import exporter
from exporter.clock import CLOCK, Clock
from exporter.events.ring import Ring
from exporter.exposition.page import Page
from exporter.figures import HostFigures
from exporter.hypervisor.enums import version
from exporter.overview.choice import Choice
from exporter.overview.controls import choice_form
from exporter.overview.glance import glance
from exporter.overview.guests import table
from exporter.overview.guesttable import COLUMNS as GUESTS
from exporter.overview.guesttable import guest_table
from exporter.overview.hosts import COLUMNS as HOSTS
from exporter.overview.hosts import USUAL, HostRow, host_table, last_answer
from exporter.overview.lists import collector_table, event_list
from exporter.overview.standing import Standing
from exporter.overview.tiles import tiles
from exporter.settings import HostSettings

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
<a class="skip" href="#main">{skip}</a>
<header>
<h1><bdi>{heading}</bdi></h1>
<div id="status" data-live>{status}</div>
<p id="updates" class="note"></p>
<p id="failure" role="status" class="note"></p>
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
_HOST = Markup("""{demo}
<div id="banner" data-live>{banner}</div>
<div class="tiles" id="tiles" data-live>
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
_UP = Markup('<span class="pill up">up</span>')
_DOWN = Markup('<span class="pill down">down</span>')
_ABOUT = Markup(' <span class="note">{}</span>')
_BANNER = Markup("""<section class="banner"><p><strong>This host cannot be asked:</strong> {reason}.</p>
<p>{since} {rest}</p></section>""")
_DEMO = Markup(
    '<p class="banner demo"><strong>Demo:</strong> this host is not real, and its guests and figures are invented.</p>'
)
_LINK = Markup('<a href="{}">{}</a>')


class Watched(Protocol):
    """What the page shows of a host."""

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


class Overview:
    """Writes the page; `hosts` gives those watched at the moment. Nothing here asks libvirt anything."""

    def __init__(
        self,
        hosts: Callable[[], Sequence[Watched]],
        ring: Ring,
        *,
        multi: bool,
        telemetry_path: str,
        demo: bool = False,
        clock: Clock = CLOCK,
    ) -> None:
        self._hosts = hosts
        self._ring = ring
        self._multi = multi
        self._telemetry_path = telemetry_path
        self._demo = demo
        self._clock = clock

    def write(self, asked: Callable[[str], str | None]) -> str | None:
        """The page that query parameters ask for, None if they name a host there is not."""
        hosts = self._hosts()
        name = asked("host") if self._multi else None
        if self._multi and not name:
            return self._list(hosts, Choice.read(asked, HOSTS, USUAL))
        host = next((each for each in hosts if name is None or each.name == name), None)
        return None if host is None else self._host(host, name, Choice.read(asked, GUESTS))

    def _list(self, hosts: Sequence[Watched], choice: Choice) -> str:
        up = sum(host.figures.up for host in hosts)
        status = Markup('<span class="pill {}">{} of {} up</span>').format(
            "up" if up == len(hosts) else "down", up, len(hosts)
        )
        links = [(self._telemetry_path[1:], "Metrics of the agent"), ("sd/hypervisors", "Targets"), *_EVENT_LINK]
        sections = host_table([self._row(host) for host in hosts], choice, self._clock.wall())
        return self._frame("libvirt hosts", "Hosts", status, sections, links, "To the hosts")

    def _row(self, host: Watched) -> HostRow:
        found = glance(host.page, host.figures.history.host, self._clock.steady())
        standing = Standing.of(host.figures, host.settings.stale_after)
        inventory = host.figures.inventory
        return HostRow(
            host.name,
            standing,
            inventory.total if standing.known else None,
            inventory.active if standing.known else None,
            found.cpu,
            found.memory_used,
            found.memory_total,
        )

    def _host(self, host: Watched, name: str | None, choice: Choice) -> str:
        now, wall = self._clock.steady(), self._clock.wall()
        figures = host.figures
        found = glance(host.page, figures.history.host, now)
        standing = Standing.of(figures, host.settings.stale_after)
        chosen = table(figures, choice, standing, now, wall)
        entries = islice((entry for entry in reversed(self._ring.after(0)) if entry.host == host.name), _EVENTS)
        sections = _HOST.format(
            demo=_DEMO if self._demo else "",
            banner=_banner(standing, wall),
            tiles=tiles(found, chosen, standing, figures.history.host, now),
            form=choice_form(GUESTS, name, choice, chosen.states, "name or uuid"),
            guests=guest_table(name, choice, chosen, standing, now, wall),
            events=event_list(entries, "event" in figures.collectors, wall),
            collectors=collector_table(
                {key: each for key, each in figures.collectors.items() if key in figures.parts}, standing, wall
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
        status = (_UP if standing.up else _DOWN) + _about(figures)
        return self._frame(f"{called}, libvirt", called, status, sections, links, "To the guests")

    def _frame(
        self, title: str, heading: str, status: Markup, sections: Markup, links: Sequence[tuple[str, str]], skip: str
    ) -> str:
        return _FRAME.format(
            title=title,
            version=_VERSION,
            heading=heading,
            skip=skip,
            status=status,
            sections=sections,
            links=Markup(" ").join(_LINK.format(target, text) for target, text in links),
            release=exporter.__version__,
        )


_EVENT_LINK = (("api/v1/events", "Events as JSON"),)


def _about(figures: HostFigures) -> Markup | str:
    """What runs there, as far as it has said so."""
    versions = figures.versions
    if versions is None or versions.daemon is None:
        return ""
    driver = f"{versions.driver} {version(versions.hypervisor)}, " if versions.driver and versions.hypervisor else ""
    return _ABOUT.format(f"{driver}libvirt {version(versions.daemon)}")


def _banner(standing: Standing, wall: float) -> Markup | str:
    """Why there is nothing new of a host that is down, and since when."""
    if standing.up:
        return ""
    rest = "What is shown here is what was known then." if standing.known else ""
    return _BANNER.format(reason=standing.reason, since=last_answer(standing, wall), rest=rest)
