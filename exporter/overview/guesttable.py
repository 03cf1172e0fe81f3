"""The table of guests, as HTML."""

from markupsafe import Markup

from exporter.overview.choice import Choice
from exporter.overview.controls import Column, heads
from exporter.overview.curve import curve
from exporter.overview.guests import ROWS, GuestRow, Table
from exporter.overview.history import Kind
from exporter.overview.standing import Standing
from exporter.overview.words import NONE, age, count, percent, rate, size

COLUMNS = {
    "name": Column("Guest", largest_first=False),
    "state": Column("State", largest_first=False),
    "cpu": Column("CPU", "Share of the guest's vCPUs in use"),
    "memory": Column("Memory", "In use as the guest reports it, else held by its process on the host"),
    "disk": Column("Disks", "Read and written"),
    "network": Column("Network", "Received and sent"),
}
_LEAST_RATE = 100_000.0

_TABLE = Markup("""<table role="table">
<caption class="unseen">Guests with their present figures and the last 15 minutes</caption>
<thead role="rowgroup"><tr role="row">{heads}</tr></thead>
<tbody role="rowgroup">
{rows}
</tbody>
</table>""")
_ROW = Markup(
    '<tr role="row" class="{state}">'
    '<th role="rowheader" scope="row" class="name"><bdi title="{uuid}">{name}</bdi>{trouble}</th>'
    '<td role="cell" class="state"><span class="pill {state}{remembered}">{state}</span> '
    '<span class="reason">{reason}</span></td>'
    "{figures}</tr>"
)
_TROUBLE = Markup(' <span class="trouble">{}</span>')
_FIGURE = Markup('<td role="cell" class="{kind}" data-label="{label}"><span class="value">{value}</span>{more}</td>')
_OF = Markup(' <span class="of">of {}</span>')
_EMPTY = Markup('<tr role="row"><td role="cell" colspan="6" class="empty">{}</td></tr>')
_PAGER = Markup('<nav class="pager" aria-label="Pages of the table">{}</nav>')
_STEP = Markup('<a id="page-{name}" href="{link}" rel="{name}" data-quick>{text}</a>')


def guest_table(host: str | None, choice: Choice, table: Table, standing: Standing, now: float, wall: float) -> Markup:
    """One page of guests with its heads and the way to the others; `now` is monotonic, `wall` Unix time."""
    rows = Markup("\n").join(_row(row, now, wall) for row in table.rows) or _nothing(table, standing)
    written = _TABLE.format(heads=heads(COLUMNS, host, choice), rows=rows)
    return Markup("\n").join((written, _pager(host, choice, table) if standing.known else ""))


def _nothing(table: Table, standing: Standing) -> Markup:
    if not standing.known:
        return _EMPTY.format("It is not known yet which guests this host has.")
    return _EMPTY.format("No guest is like that." if sum(table.states.values()) else "This host has no guests.")


def _row(row: GuestRow, now: float, wall: float) -> Markup:
    cpu_of = _OF.format(count(row.vcpus, "vCPU", "vCPUs")) if row.active and row.vcpus else ""
    memory_of = _OF.format(size(row.given)) if row.given is not None else ""
    figures = (
        _figure(row, "cpu", percent(row.cpu), cpu_of, now, 0.25 * (row.vcpus or 1)),
        _figure(row, "memory", size(row.memory), memory_of, now, row.given or 1.0),
        _figure(row, "disk", rate(row.disk), "", now, _LEAST_RATE),
        _figure(row, "network", rate(row.network), "", now, _LEAST_RATE),
    )
    about = [row.reason]
    if row.remembered_at is not None:
        about = [f"last known {age(wall - row.remembered_at)} ago"]
    elif row.started_at is not None:
        about.append(f"up {age(wall - row.started_at)}")
    return _ROW.format(
        state=row.state,
        remembered="" if row.remembered_at is None else " remembered",
        reason=", ".join(filter(None, about)),
        name=row.name,
        uuid=row.uuid,
        trouble=_TROUBLE.format(row.trouble) if row.trouble else "",
        figures=Markup("").join(figures),
    )


def _figure(row: GuestRow, kind: Kind, value: str, of: Markup | str, now: float, least: float) -> Markup:
    drawn = "" if row.trend is None or (value == NONE and not row.active) else curve(row.trend.values(kind, now), least)
    more = Markup("{}{}").format(of, drawn)
    return _FIGURE.format(kind=kind, label=COLUMNS[kind].title, value=value, more=more)


def _pager(host: str | None, choice: Choice, table: Table) -> Markup:
    first = (table.page - 1) * ROWS + 1
    here = Markup("<span>{} to {} of {}</span>").format(f"{first:,}", f"{first + len(table.rows) - 1:,}", table.found)
    if table.found <= ROWS:
        return Markup('<p class="note">{}</p>').format(count(table.found, "guest", "guests"))
    steps = []
    for name, text, page in (("prev", "← Previous", table.page - 1), ("next", "Next →", table.page + 1)):
        if 1 <= page <= table.pages:
            steps.append(_STEP.format(name=name, link=choice.on_page(page).link(host), text=text))
        if name == "prev":
            steps.append(here)
    return _PAGER.format(Markup(" ").join(steps))
