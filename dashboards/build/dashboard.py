"""A dashboard: rows of panels from general to specific, the variables they are drawn for, links to the others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dashboards.build.panel import DATASOURCE, FIRING, GUESTS, HOSTS, Json, Panel

TAG = "libvirt"
_WIDTH = 24


@dataclass(frozen=True)
class Row:
    """A heading, and the panels under it in reading order; closed rows are for who looks for something."""

    title: str
    panels: Sequence[Panel]
    closed: bool = False


@dataclass(frozen=True)
class Dashboard:
    """`uid` is what links lead to and never changes; with `one_host` or `one_guest` it opens with one, the first."""

    uid: str
    title: str
    description: str
    rows: Sequence[Row]
    one_host: bool = False
    one_guest: bool = False

    def json(self) -> Json:
        """The file Grafana reads."""
        return {
            "uid": self.uid,
            "title": self.title,
            "description": self.description,
            "tags": [TAG],
            "editable": False,
            "graphTooltip": 1,
            "refresh": "30s",
            "schemaVersion": 39,
            "time": {"from": "now-1h", "to": "now"},
            "timezone": "default",
            "templating": {"list": list(self._variables())},
            "annotations": {"list": list(self._annotations())},
            "links": [
                {
                    "type": "dashboards",
                    "title": "libvirt",
                    "tags": [TAG],
                    "asDropdown": True,
                    "includeVars": True,
                    "keepTime": True,
                    "targetBlank": False,
                }
            ],
            "panels": list(self._panels()),
        }

    @property
    def selection(self) -> str:
        """What each selector starts with."""
        return GUESTS if self.one_guest else HOSTS

    def _panels(self) -> Iterator[Json]:
        number, y = 1, 0
        for row in self.rows:
            placed: list[Json] = []
            heading: Json = {
                "id": number,
                "type": "row",
                "title": row.title,
                "collapsed": row.closed,
                "gridPos": {"x": 0, "y": y, "w": _WIDTH, "h": 1},
                "panels": placed if row.closed else [],
            }
            yield heading
            number, y, x, tallest = number + 1, y + 1, 0, 0
            for panel in row.panels:
                if x + panel.width > _WIDTH:
                    x, y, tallest = 0, y + tallest, 0
                placed.append(panel.json(number, x, y, self.selection))
                number, x, tallest = number + 1, x + panel.width, max(tallest, panel.height)
            y += tallest
            if not row.closed:
                yield from placed

    def _variables(self) -> Iterator[Json]:
        yield {
            "name": "datasource",
            "label": "Data source",
            "type": "datasource",
            "query": "prometheus",
            "refresh": 1,
            "hide": 0,
        }
        first = self.one_host or self.one_guest
        yield _variable("job", "Job", "label_values(libvirt_up, job)")
        yield _variable("instance", "Instance", 'label_values(libvirt_up{job=~"$job"}, instance)', first)
        if self.one_guest:
            yield _variable("domain", "Guest", f"label_values(libvirt_domain_info_state{{{HOSTS}}}, domain)", first)

    def _annotations(self) -> Iterator[Json]:
        if self.one_guest:
            yield {
                "name": "Events",
                "datasource": DATASOURCE,
                "enable": True,
                "iconColor": "purple",
                "expr": f"libvirt_domain_last_event_timestamp_seconds{{{GUESTS}}} * 1000",
                "useValueForTime": True,
                "titleFormat": "{{event}}",
                "textFormat": "{{domain}} on {{instance}}",
                "step": "60s",
            }
        yield {
            "name": "Alerts",
            "datasource": DATASOURCE,
            "enable": False,
            "iconColor": "red",
            "expr": f'ALERTS{{{GUESTS}, alertname=~"Libvirt.*", alertstate="firing"}}' if self.one_guest else FIRING,
            "titleFormat": "{{alertname}}",
            "textFormat": "{{severity}} on {{instance}}",
            "step": "60s",
        }


def _variable(name: str, label: str, query: str, first: bool = False) -> Json:
    """A choice of several values: all at first, or the `first` one, for which Grafana must not offer all at all."""
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": DATASOURCE,
        "definition": query,
        "query": {"query": query, "refId": f"variable-{name}"},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": not first,
        "allValue": ".+",
        "current": {} if first else {"text": ["All"], "value": ["$__all"]},
    }
