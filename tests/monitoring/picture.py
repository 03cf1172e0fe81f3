"""A plain drawing of a dashboard: the same panels, places, queries and data as in Grafana, in a hand of our own."""

import html
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

Curve = tuple[str, list[tuple[float, float]]]
"""Legend, and (time, value) pairs."""

NOTE = "Not Grafana: drawn by a test of libvirt-exporter, from the figures of its run, while its faults were in effect."
_COLORS = ["#7eb26d", "#eab839", "#6ed0e0", "#ef843c", "#e24d42", "#1f78c1", "#ba43a9", "#705da0", "#508642", "#cca300"]
_SHADES = {"green": "#73bf69", "orange": "#ff9830", "red": "#f2495c", "blue": "#5794f2", "purple": "#b877d9"}
_COLUMN, _LINE = 58, 34
_STYLE = """\
body{background:#111217;color:#ccccdc;font:12px sans-serif;margin:0;position:relative}
.panel{position:absolute;background:#181b1f;border:1px solid #2c3235;box-sizing:border-box;padding:6px;overflow:hidden}
h1{font-size:18px;margin:0;padding:10px 12px}h2{font-size:12px;margin:0 0 4px;font-weight:600}
.row{position:absolute;font-size:14px;font-weight:600;padding:8px 4px}
.stat{font-size:34px;font-weight:600;text-align:center;padding-top:14px}
.none{color:#8e8e96;text-align:center;padding-top:30px}
.legend{font-size:10px;line-height:13px;color:#9a9aa4}.legend b{font-weight:600;margin-right:8px}
.bar{height:10px;margin:2px 0 6px}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:2px 8px 2px 0;border-bottom:1px solid #2c3235}
.note{color:#8e8e96;padding:10px 12px}
"""


def page(dashboard: Mapping[str, Any], ask: Callable[[str], list[Curve]], rows: Callable[[str], list[Any]]) -> str:
    """The drawing as HTML; `ask` gives the curves of a query, `rows` its last (labels, value) pairs."""
    parts = []
    bottom = 0
    for panel in dashboard["panels"]:
        at = panel["gridPos"]
        place = (
            f"left:{at['x'] * _COLUMN + 8}px;top:{at['y'] * _LINE + 44}px;"
            f"width:{at['w'] * _COLUMN - 6}px;height:{at['h'] * _LINE - 6}px"
        )
        bottom = max(bottom, (at["y"] + at["h"]) * _LINE + 50)
        if panel["type"] == "row":
            parts.append(f"<div class='row' style='{place}'>{html.escape(panel['title'])}</div>")
            continue
        inner = _inside(panel, ask, rows, at["w"] * _COLUMN - 20, at["h"] * _LINE)
        parts.append(f"<div class='panel' style='{place}'><h2>{html.escape(panel['title'])}</h2>{inner}</div>")
    return (
        f"<!doctype html><meta charset='utf-8'><style>{_STYLE}</style><h1>{html.escape(dashboard['title'])}</h1>"
        f"<div style='height:{bottom - 40}px'>{''.join(parts)}</div><p class='note'>{html.escape(NOTE)}</p>"
    )


def size(dashboard: Mapping[str, Any]) -> tuple[int, int]:
    """Width and height of the drawing in pixels."""
    lines = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in dashboard["panels"])
    return 24 * _COLUMN + 16, lines * _LINE + 90


def _inside(
    panel: Mapping[str, Any],
    ask: Callable[[str], list[Curve]],
    rows: Callable[[str], list[Any]],
    width: int,
    height: int,
) -> str:
    unit = panel["fieldConfig"]["defaults"]["unit"]
    if panel["type"] == "table":
        return _table(panel, rows, height)
    curves: list[Curve] = []
    for target in panel["targets"]:
        curves += [(_legend(target["legendFormat"], name), points) for name, points in ask(target["expr"])]
    curves = [curve for curve in curves if curve[1]]
    if not curves:
        return "<div class='none'>no data</div>"
    if panel["type"] == "stat":
        value = curves[0][1][-1][1]
        color = _shade(value, panel["fieldConfig"]["defaults"])
        return f"<div class='stat' style='color:{color}'>{_number(value, unit)}</div>"
    if panel["type"] == "bargauge":
        return _bars(curves, panel["fieldConfig"]["defaults"], width)
    names = {
        value: text
        for mapping in panel["fieldConfig"]["defaults"]["mappings"]
        for value, text in mapping["options"].items()
    }
    if panel["type"] == "state-timeline":
        return _timeline(curves, names, width)
    legend = "".join(
        f"<span style='color:{_COLORS[number % len(_COLORS)]}'>▬</span> {html.escape(name)} "
        f"<b>{_number(points[-1][1], unit)}</b>"
        for number, (name, points) in enumerate(curves[:8])
    )
    return _lines(curves, unit, width, height - 90) + f"<div class='legend'>{legend}</div>"


def _legend(text: str, labels: str) -> str:
    for pair in labels.split("\0"):
        name, _, value = pair.partition("=")
        text = text.replace("{{" + name + "}}", value)
    return text


def _lines(curves: Sequence[Curve], unit: str, width: int, height: int) -> str:
    times = [time for _, points in curves for time, _ in points]
    highest = max(max(value for _, points in curves for _, value in points), 1e-9)
    first, last = min(times), max(*times, min(times) + 1)
    left = 56
    drawn = []
    for share in (0, 0.5, 1):
        y = height - share * (height - 8)
        drawn.append(f"<line x1='{left}' x2='{width}' y1='{y}' y2='{y}' stroke='#2c3235'/>")
        drawn.append(
            f"<text x='0' y='{max(y - 2, 9)}' fill='#8e8e96' font-size='10'>{_number(highest * share, unit)}</text>"
        )
    for number, (_, points) in enumerate(curves[:30]):
        across, up = (width - left) / (last - first), (height - 8) / highest
        color = _COLORS[number % len(_COLORS)]
        for piece in _pieces(points):
            path = " ".join(
                f"{left + (time - first) * across:.1f},{height - max(value, 0) * up:.1f}" for time, value in piece
            )
            drawn.append(f"<polyline points='{path}' fill='none' stroke='{color}' stroke-width='1.3'/>")
    return f"<svg width='{width}' height='{height + 4}'>{''.join(drawn)}</svg>"


def _pieces(points: list[tuple[float, float]], gap: float = 10) -> list[list[tuple[float, float]]]:
    """A curve in pieces, broken where there was nothing for more than `gap` seconds."""
    pieces = [[points[0]]]
    for point in points[1:]:
        if point[0] - pieces[-1][-1][0] > gap:
            pieces.append([])
        pieces[-1].append(point)
    return pieces


def _timeline(curves: Sequence[Curve], names: Mapping[str, Mapping[str, str]], width: int) -> str:
    drawn = []
    first = min(points[0][0] for _, points in curves)
    last = max(points[-1][0] for _, points in curves)
    left = min(210, width // 2)
    scale = (width - left) / max(last - first, 1)
    for line, (name, points) in enumerate(curves[:9]):
        y = line * 22
        drawn.append(f"<text x='0' y='{y + 14}' fill='#ccccdc' font-size='11'>{html.escape(name[: left // 6])}</text>")
        for (time, value), (following, _) in zip(points, [*points[1:], points[-1]], strict=True):
            chosen = names.get(str(int(value)), {"color": "blue", "text": ""})
            color = _SHADES.get(chosen["color"], "#3d71d9")
            x, length = left + (time - first) * scale, max((following - time) * scale, 0.6)
            drawn.append(f"<rect x='{x:.1f}' y='{y}' width='{length + 0.6:.1f}' height='18' fill='{color}'/>")
        text = names.get(str(int(points[-1][1])), {"text": ""})["text"]
        drawn.append(f"<text x='{width - 4}' y='{y + 13}' font-size='10' text-anchor='end' fill='#111'>{text}</text>")
    return f"<svg width='{width}' height='{len(curves[:9]) * 22}'>{''.join(drawn)}</svg>"


def _shade(value: float, defaults: Mapping[str, Any]) -> str:
    """The colour that the thresholds of a panel give a value."""
    steps = defaults["thresholds"]["steps"]
    return _SHADES[[step["color"] for step in steps if step["value"] is None or value >= step["value"]][-1]]


def _bars(curves: Sequence[Curve], defaults: Mapping[str, Any], width: int) -> str:
    last = sorted(((points[-1][1], name) for name, points in curves), reverse=True)
    highest = max(last[0][0], defaults.get("max", 0)) or 1
    return "".join(
        f"<div class='legend'>{html.escape(name)} <b>{_number(value, defaults['unit'])}</b></div>"
        f"<div class='bar' style='width:{value / highest * (width - 20):.0f}px;"
        f"background:{_shade(value, defaults)}'></div>"
        for value, name in last[:10]
    )


def _table(panel: Mapping[str, Any], rows: Callable[[str], list[Any]], height: int) -> str:
    """The lines of a table, merged as Grafana does: where they agree in every column that both have."""
    columns = panel["transformations"][-1]["options"]["renameByName"]
    units = {
        override["matcher"]["options"]: it["value"]
        for override in panel["fieldConfig"]["overrides"]
        for it in override["properties"]
        if it["id"] == "unit"
    }
    room = (height - 60) // 21
    merged: list[dict[str, str]] = []
    for target in panel["targets"]:
        column = f"Value #{target['refId']}"
        unit = units.get(columns.get(column, ""), panel["fieldConfig"]["defaults"]["unit"])
        for labels, value in rows(target["expr"]):
            shown = {**{name: labels[name] for name in columns if name in labels}, column: _number(value, unit)}
            line = next((line for line in merged if all(line.get(it, shown[it]) == shown[it] for it in shown)), {})
            if not line:
                merged.append(line)
            line |= shown
    if not merged:
        return "<div class='none'>no data</div>"
    head = "".join(f"<th>{html.escape(name)}</th>" for name in columns.values())
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(line.get(name, ''))}</td>" for name in columns) + "</tr>"
        for line in merged[:room]
    )
    more = f"<div class='legend'>and {len(merged) - room} more</div>" if len(merged) > room else ""
    return f"<table><tr>{head}</tr>{body}</table>{more}"


def _number(value: float, unit: str) -> str:
    if unit == "percentunit":
        return f"{value * 100:.3g} %"
    if unit == "dateTimeFromNow":
        return datetime.fromtimestamp(value / 1000, UTC).strftime("%H:%M:%S UTC")
    if unit == "s":
        return f"{value * 1000:.3g} ms" if abs(value) < 1 else f"{value:.3g} s"
    step, ending = (
        (1024.0, "iB") if unit == "bytes" else (1000.0, {"Bps": "B/s", "iops": "/s", "pps": "/s"}.get(unit, ""))
    )
    for prefix in ("", "k", "M", "G", "T"):
        if abs(value) < step or prefix == "T":
            break
        value /= step
    if unit == "bytes" and not prefix:
        ending = "B"
    return f"{value:.3g} {prefix}{ending}".strip()
