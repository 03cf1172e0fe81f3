"""The host at a glance, as HTML."""

from collections.abc import Iterable

from markupsafe import Markup

from exporter.overview.curve import curve
from exporter.overview.glance import Glance, Pages, Pool
from exporter.overview.guests import Table
from exporter.overview.history import Trend
from exporter.overview.standing import Standing
from exporter.overview.words import NONE, count, percent, size

_MOST = 6
"""Pools and networks that are named; the rest is a number."""

_TILE = Markup('<section class="tile"><h2>{title}</h2><p class="figure">{figure}</p>{more}</section>')
_NOTE = Markup('<p class="note">{}</p>')
_LIST = Markup('<ul class="parts">{}</ul>')
_BAR = Markup('<meter min="0" max="1" high="0.9" value="{value:.3f}">{text}</meter>')
_PART = Markup('<li><bdi class="name">{name}</bdi> <span class="amount">{amount}</span>{bar}</li>')
_STATE = Markup('<li><span class="pill {state}{remembered}">{state}</span> <span class="amount">{number}</span></li>')


def tiles(glance: Glance, table: Table, standing: Standing, host: Trend, now: float) -> Markup:
    """One tile a subject; subjects nothing is known of are left out."""
    found = [_guests(table, standing), _cpu(glance, host, now), _memory(glance, host, now)]
    if glance.pages:
        found.append(_free_pages(glance.pages))
    if glance.pools:
        found.append(_pools(glance.pools))
    if glance.networks:
        found.append(_networks(glance.networks))
    return Markup("\n").join(found)


def bar(part: float, whole: float) -> Markup:
    """How much of the whole it is."""
    return _BAR.format(value=min(1.0, part / whole), text=percent(part / whole))


def _tile(title: str, figure: Markup | str, *more: Markup) -> Markup:
    return _TILE.format(title=title, figure=figure, more=Markup("").join(more))


def _guests(table: Table, standing: Standing) -> Markup:
    if not standing.known:
        return _tile("Guests", NONE)
    total = sum(table.states.values())
    states = sorted(table.states.items(), key=lambda each: (-each[1], each[0]))
    remembered = "" if standing.up else " remembered"
    parts = Markup("").join(
        _STATE.format(state=state, remembered=remembered, number=f"{number:,}") for state, number in states
    )
    return _tile("Guests", f"{total:,}", _LIST.format(parts))


def _cpu(glance: Glance, host: Trend, now: float) -> Markup:
    cpus = glance.cpus or 1
    note = count(cpus, "CPU", "CPUs") if glance.cpus else ""
    return _tile(
        "Processors", percent(glance.cpu), _NOTE.format(note), curve(host.values("cpu", now), least=cpus * 0.25)
    )


def _memory(glance: Glance, host: Trend, now: float) -> Markup:
    total, used = glance.memory_total, glance.memory_used
    if not total or used is None:
        return _tile("Memory", NONE)
    note = _NOTE.format(f"of {size(total)}, {percent(used / total)}")
    return _tile("Memory in use", size(used), note, curve(host.values("memory", now), least=total))


def _free_pages(pages: Iterable[Pages]) -> Markup:
    parts = [
        _PART.format(
            name=f"{size(each.size)} pages",
            amount=f"{each.free:,} of {each.total:,}" if each.total else f"{each.free:,}",
            bar=bar(each.free, each.total) if each.total else "",
        )
        for each in pages
    ]
    free = sum(each.size * each.free for each in pages)
    return _tile("Free pages", size(free), _LIST.format(Markup("").join(parts)))


def _pools(pools: Iterable[Pool]) -> Markup:
    pools = list(pools)
    # The fullest first: that is what a look at pools is for.
    pools.sort(key=lambda pool: (-((pool.allocation or 0) / pool.capacity) if pool.capacity else 1, pool.name))
    parts = [_PART.format(name=pool.name, amount=_room(pool), bar=_fill(pool)) for pool in pools[:_MOST]]
    return _tile("Storage pools", f"{len(pools):,}", _LIST.format(_with_rest(parts, len(pools))))


def _room(pool: Pool) -> str:
    if not pool.active:
        return "inactive"
    if pool.allocation is None or pool.capacity is None:
        return NONE
    return f"{size(pool.allocation)} of {size(pool.capacity)}"


def _fill(pool: Pool) -> Markup | str:
    return bar(pool.allocation, pool.capacity) if pool.allocation is not None and pool.capacity else ""


def _networks(networks: Iterable[tuple[str, bool]]) -> Markup:
    # What is down comes first.
    ordered = sorted(networks, key=lambda each: (each[1], each[0]))
    parts = [
        _PART.format(name=name, amount="active" if active else "inactive", bar="") for name, active in ordered[:_MOST]
    ]
    return _tile("Networks", f"{len(ordered):,}", _LIST.format(_with_rest(parts, len(ordered))))


def _with_rest(parts: list[Markup], total: int) -> Markup:
    rest = total - len(parts)
    more = [Markup('<li class="more">and {:,} more</li>').format(rest)] if rest else []
    return Markup("").join([*parts, *more])
