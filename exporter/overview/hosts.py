"""The table of hosts: chosen, sorted, as HTML."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from markupsafe import Markup

from exporter.overview.choice import Choice
from exporter.overview.controls import Column, choice_form, heads
from exporter.overview.standing import Standing
from exporter.overview.tiles import bar
from exporter.overview.words import NONE, age, percent, size

STATES = ("down", "up")

COLUMNS = {
    "state": Column("State", "Whether libvirt answers", largest_first=False),
    "name": Column("Host", largest_first=False),
    "guests": Column("Guests", "Guests the host knows, running or not"),
    "running": Column("Running", "Guests that are not shut off"),
    "cpu": Column("Processors", "Share of the host's processors in use"),
    "memory": Column("Memory", "In use on the host"),
}
USUAL = "state"
"""What is down comes first."""

_HOSTS = Markup("""<section id="main" tabindex="-1" class="panel hosts">
<h2 class="unseen">All hosts</h2>
{form}
<div id="hosts" class="scroll" data-live>
<table role="table">
<thead role="rowgroup"><tr role="row">{heads}</tr></thead>
<tbody role="rowgroup">
{rows}
</tbody>
</table>
</div>
</section>""")
_ROW = Markup(
    '<tr role="row" class="{state}"><td role="cell" class="state"><span class="pill {state}">{state}</span></td>'
    '<th role="rowheader" scope="row" class="name"><a id="host-{id}" href="{link}"><bdi>{name}</bdi></a>{why}</th>'
    '<td role="cell" class="number" data-label="Guests">{guests}</td>'
    '<td role="cell" class="number" data-label="Running">{running}</td>'
    '<td role="cell" class="share" data-label="Processors">{cpu}{cpu_bar}</td>'
    '<td role="cell" class="share" data-label="Memory">{memory}{memory_bar}</td></tr>'
)
_WHY = Markup('<span class="reason">{reason}. {since}</span>')
_EMPTY = Markup('<tr role="row"><td role="cell" colspan="6" class="empty">No host is like that.</td></tr>')


@dataclass(frozen=True)
class HostRow:
    """One host: `cpu` as a share of all its processors, memory in bytes. What is not known is None."""

    name: str
    standing: Standing
    guests: int | None
    running: int | None
    cpu: float | None
    memory_used: float | None
    memory_total: float | None

    @property
    def state(self) -> str:
        """Whether it answers, in a word."""
        return "up" if self.standing.up else "down"

    @property
    def memory(self) -> float | None:
        """The share of its memory that is in use."""
        return self.memory_used / self.memory_total if self.memory_used is not None and self.memory_total else None


def host_table(rows: Sequence[HostRow], choice: Choice, wall: float) -> Markup:
    """The form and the table; `wall` is Unix time."""
    search = choice.search.casefold()
    chosen = [row for row in rows if search in row.name.casefold() and choice.state in {"", row.state}]
    return _HOSTS.format(
        form=choice_form(COLUMNS, None, choice, STATES, "name"),
        heads=heads(COLUMNS, None, choice),
        rows=Markup("\n").join(_row(row, wall) for row in _sorted(chosen, choice)) or _EMPTY,
    )


def last_answer(standing: Standing, wall: float) -> str:
    """Since when a host that is down has said nothing."""
    if standing.heard_at is None:
        return "It has not answered since the agent started."
    return f"Its last answer came {age(wall - standing.heard_at)} ago."


def _sorted(rows: Iterable[HostRow], choice: Choice) -> list[HostRow]:
    rows = sorted(rows, key=lambda row: (row.name.casefold(), row.name), reverse=choice.sort == "-name")
    known = [row for row in rows if getattr(row, choice.column) is not None]
    # Whoever has no figure is last either way.
    unknown = [row for row in rows if getattr(row, choice.column) is None]
    if choice.column != "name":
        known.sort(key=lambda row: getattr(row, choice.column), reverse=choice.turned)
    return known + unknown


def _row(row: HostRow, wall: float) -> Markup:
    used = row.memory
    return _ROW.format(
        id=quote(row.name, safe=""),
        state=row.state,
        link="?" + urlencode({"host": row.name}),
        name=row.name,
        why="" if row.standing.up else _WHY.format(reason=row.standing.reason, since=last_answer(row.standing, wall)),
        guests=NONE if row.guests is None else f"{row.guests:,}",
        running=NONE if row.running is None else f"{row.running:,}",
        cpu=percent(row.cpu),
        cpu_bar="" if row.cpu is None else bar(row.cpu, 1),
        memory=NONE if used is None else f"{size(row.memory_used)} of {size(row.memory_total)}",
        memory_bar="" if used is None else bar(used, 1),
    )
