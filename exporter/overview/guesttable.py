"""The table of guests, as HTML that works without a script: links sort it, a form filters it."""

from urllib.parse import urlencode

from markupsafe import Markup

from exporter.overview.curve import curve
from exporter.overview.guests import ROWS, SORTS, Choice, GuestRow, Table
from exporter.overview.history import Kind
from exporter.overview.words import NONE, age, count, percent, rate, size

_TITLES = {
    "name": ("Guest", ""),
    "state": ("State", ""),
    "cpu": ("CPU", "Share of the guest's vCPUs in use"),
    "memory": ("Memory", "In use as the guest reports it, else held by its process on the host"),
    "disk": ("Disks", "Read and written"),
    "network": ("Network", "Received and sent"),
}
_LEAST_RATE = 100_000.0

_TABLE = Markup("""<table role="table">
<caption class="unseen">Guests with their present figures and the last 15 minutes</caption>
<thead role="rowgroup"><tr role="row">{heads}</tr></thead>
<tbody role="rowgroup">
{rows}
</tbody>
</table>""")
_HEAD = Markup(
    '<th role="columnheader" scope="col" class="{column}" aria-sort="{order}" title="{title}">'
    '<a id="sort-{column}" href="{link}" data-quick>{text}</a></th>'
)
_ROW = Markup(
    '<tr role="row" class="{state}">'
    '<th role="rowheader" scope="row" class="name"><span title="{uuid}">{name}</span>{trouble}</th>'
    '<td role="cell" class="state"><span class="pill {state}">{state}</span> <span class="reason">{reason}</span></td>'
    "{figures}</tr>"
)
_TROUBLE = Markup(' <span class="trouble">{}</span>')
_FIGURE = Markup('<td role="cell" class="{kind}" data-label="{label}"><span class="value">{value}</span>{more}</td>')
_OF = Markup(' <span class="of">of {}</span>')
_EMPTY = Markup('<tr role="row"><td role="cell" colspan="6" class="empty">{}</td></tr>')
_PAGER = Markup('<nav class="pager" aria-label="Pages of the table">{}</nav>')
_STEP = Markup('<a id="page-{name}" href="{link}" rel="{name}" data-quick>{text}</a>')
_OPTION = Markup('<option value="{value}"{selected}>{text}</option>')
_FORM = Markup("""<form id="choice" method="get" action="" role="search">
{host}<label>Find <input type="search" name="q" value="{search}" placeholder="name or uuid" autocomplete="off"
 maxlength="200"></label>
<label>State <select name="state">{states}</select></label>
<label>Sort by <select name="sort">{sorts}</select></label>
<button>Show</button>
</form>""")


def link(host: str | None, choice: Choice) -> str:
    """The address of a choice, relative to the page."""
    asked = {
        "host": host or "",
        "q": choice.search,
        "state": choice.state,
        "sort": "" if choice.sort == "name" else choice.sort,
        "page": "" if choice.page == 1 else str(choice.page),
    }
    return "?" + urlencode({name: value for name, value in asked.items() if value})


def choice_form(host: str | None, choice: Choice, table: Table) -> Markup:
    """What to show, and in which order."""
    states = sorted({*table.states, choice.state} - {""})
    hidden = Markup('<input type="hidden" name="host" value="{}">\n').format(host) if host else ""
    return _FORM.format(
        host=hidden,
        search=choice.search,
        states=_options([("", "any"), *((state, state) for state in states)], choice.state),
        sorts=_options([(_first_order(column), _TITLES[column][0].lower()) for column in SORTS], choice.sort),
    )


def guest_table(host: str | None, choice: Choice, table: Table, now: float, wall: float) -> Markup:
    """One page of guests with its heads and the way to the others; `now` is monotonic, `wall` Unix time."""
    heads = Markup("").join(_head(host, choice, column) for column in SORTS)
    rows = Markup("\n").join(_row(row, now, wall) for row in table.rows) or _nothing(table)
    return Markup("\n").join((_TABLE.format(heads=heads, rows=rows), _pager(host, choice, table)))


def _nothing(table: Table) -> Markup:
    return _EMPTY.format("No guest is like that." if sum(table.states.values()) else "This host has no guests.")


def _options(options: list[tuple[str, str]], chosen: str) -> Markup:
    return Markup("").join(
        _OPTION.format(value=value, text=text, selected=Markup(" selected") if value == chosen else "")
        for value, text in options
    )


def _first_order(column: str) -> str:
    """Names begin with a, figures with the largest."""
    return column if column in {"name", "state"} else f"-{column}"


def _head(host: str | None, choice: Choice, column: str) -> Markup:
    order, wanted = "none", _first_order(column)
    if choice.column == column:
        order = "descending" if choice.turned else "ascending"
        wanted = column if choice.turned else f"-{column}"
    text, title = _TITLES[column]
    target = link(host, Choice(choice.search, choice.state, wanted))
    return _HEAD.format(column=column, order=order, title=title, link=target, text=text)


def _row(row: GuestRow, now: float, wall: float) -> Markup:
    cpu_of = _OF.format(count(row.vcpus, "vCPU", "vCPUs")) if row.active and row.vcpus else ""
    memory_of = _OF.format(size(row.given)) if row.given is not None else ""
    figures = (
        _figure(row, "cpu", percent(row.cpu), cpu_of, now, 0.25 * (row.vcpus or 1)),
        _figure(row, "memory", size(row.memory), memory_of, now, row.given or 1.0),
        _figure(row, "disk", rate(row.disk), "", now, _LEAST_RATE),
        _figure(row, "network", rate(row.network), "", now, _LEAST_RATE),
    )
    since = f"{row.reason}, up {age(wall - row.started_at)}" if row.started_at is not None else row.reason
    return _ROW.format(
        state=row.state,
        reason=since,
        name=row.name,
        uuid=row.uuid,
        trouble=_TROUBLE.format(row.trouble) if row.trouble else "",
        figures=Markup("").join(figures),
    )


def _figure(row: GuestRow, kind: Kind, value: str, of: Markup | str, now: float, least: float) -> Markup:
    drawn = "" if row.trend is None or (value == NONE and not row.active) else curve(row.trend.values(kind, now), least)
    more = Markup("{}{}").format(of, drawn)
    return _FIGURE.format(kind=kind, label=_TITLES[kind][0], value=value, more=more)


def _pager(host: str | None, choice: Choice, table: Table) -> Markup:
    first = (table.page - 1) * ROWS + 1
    here = Markup("<span>{} to {} of {}</span>").format(f"{first:,}", f"{first + len(table.rows) - 1:,}", table.found)
    if table.found <= ROWS:
        return Markup('<p class="note">{}</p>').format(count(table.found, "guest", "guests"))
    steps = []
    for name, text, page in (("prev", "← Previous", table.page - 1), ("next", "Next →", table.page + 1)):
        if 1 <= page <= table.pages:
            target = link(host, Choice(choice.search, choice.state, choice.sort, page))
            steps.append(_STEP.format(name=name, link=target, text=text))
        if name == "prev":
            steps.append(here)
    return _PAGER.format(Markup(" ").join(steps))
