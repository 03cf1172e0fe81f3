"""The newest events and the health of each collector, as HTML."""

from collections.abc import Iterable, Mapping

from markupsafe import Markup

from exporter.events.ring import Entry
from exporter.figures import CollectorFigures
from exporter.overview.standing import Standing
from exporter.overview.words import NONE, age, count, moment

_EVENT = Markup(
    '<li><time datetime="{at}" title="{at}">{age} ago</time> <span class="what"><strong><bdi>{name}</bdi></strong> '
    '{kind}{detail}</span> <span class="fields">{fields}</span></li>'
)
_NO_EVENTS = Markup('<p class="note">{}</p>')
_COLLECTOR = Markup(
    '<tr role="row"><th role="rowheader" scope="row">{name}</th>'
    '<td role="cell" class="health"><span class="pill {health}{remembered}">{health}</span>{reason}</td>'
    '<td role="cell" class="number" data-label="Age">{age}</td>'
    '<td role="cell" class="number" data-label="Took">{duration}</td></tr>'
)
_REASON = Markup(' <span class="reason">{}</span>')
_COLLECTORS = Markup("""<table role="table" class="collectors">
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Collector</th>
<th role="columnheader" scope="col">Health</th><th role="columnheader" scope="col" class="number">Age</th>
<th role="columnheader" scope="col" class="number">Took</th></tr></thead>
<tbody role="rowgroup">
{}
</tbody>
</table>""")
_SAID = frozenset({"object", "kind", "guest", "name", "uuid", "detail"})


def event_list(entries: Iterable[Entry], listens: bool, wall: float) -> Markup:
    """Events, newest first; `wall` is Unix time."""
    items = [_event(entry, wall) for entry in entries]
    if not items:
        return _NO_EVENTS.format("None yet." if listens else "Events are switched off (--no-collector.event).")
    return Markup('<ol class="events">\n{}\n</ol>').format(Markup("\n").join(items))


def collector_table(collectors: Mapping[str, CollectorFigures], standing: Standing, wall: float) -> Markup:
    """Each collector that runs: those with trouble first."""
    rows = sorted(((name, each, standing.health(each, wall)) for name, each in collectors.items()), key=_trouble_first)
    return _COLLECTORS.format(
        Markup("\n").join(
            _COLLECTOR.format(
                name=name,
                health=health,
                remembered="" if standing.up else " remembered",
                reason=_REASON.format(_reason(each)) if health in {"failed", "unsupported"} else "",
                age=NONE if each.last_success is None else age(wall - each.last_success),
                duration=NONE if each.duration is None else _duration(each.duration),
            )
            for name, each, health in rows
        )
    )


def _event(entry: Entry, wall: float) -> Markup:
    told = entry.told
    detail = told.get("detail")
    kind = str(told.get("kind", "")).replace("_", " ")
    return _EVENT.format(
        at=moment(entry.at),
        age=age(wall - entry.at),
        name=told.get("guest", told.get("name", told.get("uuid", entry.host))),
        kind=kind if told.get("object") == "domain" else f"{str(told.get('object', '')).replace('_', ' ')} {kind}",
        detail=f", {detail}" if detail else "",
        fields=" ".join(f"{key}={value}" for key, value in told.items() if key not in _SAID),
    )


def _reason(figures: CollectorFigures) -> str:
    failures = sum(outcome.failures for outcome in figures.newest.values())
    return figures.reason or f"{count(failures, 'reading', 'readings')} failed, the log says which"


def _trouble_first(row: tuple[str, CollectorFigures, str]) -> tuple[int, str]:
    return (("failed", "late", "waiting", "fine", "unsupported").index(row[2]), row[0])


def _duration(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
