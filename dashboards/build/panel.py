"""What one panel shows, and the JSON that Grafana wants for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
Kind = Literal["timeseries", "stat", "table", "state-timeline", "bargauge"]

DATASOURCE = {"type": "prometheus", "uid": "$datasource"}
HOSTS = 'job=~"$job", instance=~"$instance"'
GUESTS = f'{HOSTS}, domain=~"$domain"'
FIRING = 'ALERTS{job=~"$job|", instance=~"$instance|", alertname=~"Libvirt.*", alertstate="firing"}'
"""What fires, the one alert that is about no host included: nobody is watched at all."""
GUEST_LINK = (
    "/d/libvirt-guest?${__url_time_range}&${datasource:queryparam}&var-job=${__field.labels.job}"
    "&var-instance=${__field.labels.instance}&var-domain=${__field.labels.domain}"
)
HOST_LINK = (
    "/d/libvirt-host?${__url_time_range}&${datasource:queryparam}&var-job=${__field.labels.job}"
    "&var-instance=${__field.labels.instance}"
)


@dataclass(frozen=True)
class Panel:
    """One panel; `queries` are (PromQL, legend), where `{%}` stands for the selection of the dashboard's variables.

    Thresholds are (from, colour) pairs, `names` maps values to (text, colour), `link` leads further down.
    """

    title: str
    description: str
    unit: str
    queries: Sequence[tuple[str, str]]
    kind: Kind = "timeseries"
    width: int = 8
    height: int = 8
    stacked: bool = False
    thresholds: Sequence[tuple[float | None, str]] = ()
    names: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    """For tables: label or `Value #A` to the heading of its column; other columns are hidden."""
    units: Mapping[str, str] = field(default_factory=dict)
    """For tables: heading to unit."""
    link: str = ""
    maximum: float | None = None
    read_every: str = ""
    """If that is longer than the scrape interval: `$__rate_interval` then spans several readings all the same."""

    def json(self, number: int, x: int, y: int, selection: str) -> Json:
        """The panel at a place of the grid of 24 columns, with its selection filled in."""
        panel: Json = {
            "id": number,
            "type": self.kind,
            "title": self.title,
            "description": self.description,
            "datasource": DATASOURCE,
            "gridPos": {"x": x, "y": y, "w": self.width, "h": self.height},
            "targets": [
                self._target(chr(ord("A") + index), query.replace("{%", "{" + selection), legend)
                for index, (query, legend) in enumerate(self.queries)
            ],
            "fieldConfig": {"defaults": self._defaults(), "overrides": self._overrides()},
            "options": self._options(),
        }
        if self.read_every:
            panel["interval"] = self.read_every
        if self.kind == "table":
            panel["transformations"] = self._transformations()
        return panel

    def _target(self, letter: str, expression: str, legend: str) -> Json:
        instant = self.kind in {"table", "bargauge"}
        target: Json = {
            "refId": letter,
            "datasource": DATASOURCE,
            "expr": expression,
            "legendFormat": legend,
            "instant": instant,
            "range": not instant,
        }
        if self.kind == "table":
            target["format"] = "table"
        return target

    def _defaults(self) -> Json:
        steps = self.thresholds or ((None, "green"),)
        defaults: Json = {
            "unit": self.unit,
            "color": {"mode": "thresholds" if self.kind in {"stat", "bargauge"} else "palette-classic"},
            "thresholds": {"mode": "absolute", "steps": [{"value": value, "color": color} for value, color in steps]},
            "mappings": [],
            "custom": {},
        }
        if self.kind == "timeseries":
            defaults["custom"] = {
                "drawStyle": "line",
                "lineWidth": 1,
                "fillOpacity": 30 if self.stacked else 5,
                "showPoints": "never",
                "spanNulls": False,
                "stacking": {"mode": "normal" if self.stacked else "none", "group": "A"},
            }
        if self.unit in {"percentunit", "short", "bytes", "s", "iops", "pps", "Bps"} and self.kind != "stat":
            defaults["min"] = 0
        if self.maximum is not None:
            defaults["max"] = self.maximum
        if self.names:
            options = {str(value): {"text": text, "color": color} for value, (text, color) in self.names.items()}
            defaults["mappings"] = [{"type": "value", "options": options}]
        if self.link and self.kind != "table":
            defaults["links"] = [{"title": "Look closer", "url": self.link}]
        return defaults

    def _overrides(self) -> list[Json]:
        overrides: list[Json] = []
        for heading, unit in self.units.items():
            overrides.append(
                {
                    "matcher": {"id": "byName", "options": heading},
                    "properties": [{"id": "unit", "value": unit}],
                }
            )
        if self.link and self.kind == "table":
            link = self.link.replace("__field.labels.", "__data.fields.")
            first = next(iter(self.columns.values()))
            properties = [{"id": "links", "value": [{"title": "Look closer", "url": link}]}]
            overrides.append({"matcher": {"id": "byName", "options": first}, "properties": properties})
        return overrides

    def _options(self) -> Json:
        calculated = {"calcs": ["lastNotNull"], "fields": "", "values": False}
        if self.kind == "timeseries":
            legend = {
                "displayMode": "table",
                "placement": "bottom",
                "showLegend": True,
                "calcs": ["lastNotNull", "max"],
            }
            return {"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}}
        if self.kind == "stat":
            return {"reduceOptions": calculated, "colorMode": "value", "graphMode": "area", "textMode": "auto"}
        if self.kind == "bargauge":
            return {"reduceOptions": calculated, "orientation": "horizontal", "displayMode": "basic"}
        if self.kind == "state-timeline":
            legend = {"displayMode": "list", "placement": "bottom", "showLegend": True}
            return {"mergeValues": True, "showValue": "auto", "rowHeight": 0.9, "legend": legend}
        return {"showHeader": True}

    def _transformations(self) -> list[Json]:
        organized = {
            "renameByName": dict(self.columns),
            "indexByName": {name: place for place, name in enumerate(self.columns)},
        }
        return [
            {"id": "merge", "options": {}},
            {"id": "filterFieldsByName", "options": {"include": {"names": list(self.columns)}}},
            {"id": "organize", "options": organized},
        ]
