"""A small curve of the last 15 minutes, as SVG."""

from itertools import pairwise

from markupsafe import Markup

from exporter.overview.history import SLOTS, runs

_HEIGHT = 18
_GAP = 5
"""So many slots apart, a collector that runs each minute still draws one line."""

_CURVE = Markup('<svg class="curve" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true">{}</svg>')
_LINE = Markup('<path class="area" d="{}V{}H{}z"/><path class="line" d="{}"/>')


def curve(values: list[float], least: float) -> Markup:
    """`values` are SLOTS figures, NaN where there was none; `least` is the smallest top, so that next to nothing looks
    like next to nothing. Without any figure there is no curve."""
    if all(value != value for value in values):
        return Markup("")
    top = max([least, *(value for value in values if value == value)])
    lines = []
    for run in runs(values, _GAP):
        places = [(slot, _HEIGHT - round(max(0.0, value) / top * (_HEIGHT - 1))) for slot, value in run]
        if len(places) == 1:  # one figure is a short line
            places.append((places[0][0] + 1, places[0][1]))
        path = "M" + "L".join(f"{x} {y}" for x, y in _without_level(places))
        lines.append(_LINE.format(path, _HEIGHT, places[0][0], path))
    return _CURVE.format(SLOTS - 1, _HEIGHT + 1, Markup("").join(lines))


def _without_level(places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Leave out what lies between two places of the same height."""
    kept = places[:1]
    for before, after in pairwise(places[1:]):
        if not kept[-1][1] == before[1] == after[1]:
            kept.append(before)
    return [*kept, places[-1]]
