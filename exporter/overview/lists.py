"""The newest events and the health of each collector, as HTML."""

from collections.abc import Iterable, Mapping

from markupsafe import Markup

from exporter.events.ring import Entry
from exporter.figures import CollectorFigures
from exporter.overview.words import NONE, age, moment

_EVENT = Markup(
    '<li><time datetime="{at}" title="{at}">{age} ago</time> <span class="what"><strong>{name}</strong> {kind}'
    '{detail}</span> <span class="fields">{fields}</span></li>'
)
_NO_EVENTS = Markup('<p class="note">{}</p>')
_COLLECTOR = Markup(
    '<tr><th scope="row">{name}</th><td><span class="pill {health}">{health}</span>{reason}</td>'
    '<td class="number">{age}</td><td class="number">{duration}</td></tr>'
)
_REASON = Markup(' <span class="reason">{}</span>')
_COLLECTORS = Markup("""<table class="collectors">
<thead><tr><th scope="col">Collector</th><th scope="col">Health</th><th scope="col" class="number">Age</th>
<th scope="col" class="number">Took</th></tr></thead>
<tbody>
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


def collector_table(collectors: Mapping[str, CollectorFigures], wall: float) -> Markup:
    """Each collector that runs: those with trouble first."""
    rows = sorted(((name, each, _health(each)) for name, each in collectors.items()), key=_trouble_first)
    return _COLLECTORS.format(
        Markup("\n").join(
            _COLLECTOR.format(
                name=name,
                health=health,
                reason=_REASON.format(each.reason) if each.reason and health != "fine" else "",
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


def _health(figures: CollectorFigures) -> str:
    if figures.runs == 0:
        return "waiting"
    if not figures.supported:
        return "unsupported"
    return "fine" if figures.success else "failed"


def _trouble_first(row: tuple[str, CollectorFigures, str]) -> tuple[int, str]:
    return (("failed", "waiting", "fine", "unsupported").index(row[2]), row[0])


def _duration(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
