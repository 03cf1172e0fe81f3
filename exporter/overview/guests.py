"""The guests of a host as rows of a table: chosen, sorted, cut to pages."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from exporter.figures import HostFigures
from exporter.guest import Guest
from exporter.hypervisor.enums import STATES, state_reason
from exporter.overview.choice import Choice
from exporter.overview.history import Kind, Trend
from exporter.overview.standing import Standing

ROWS = 100
"""Rows of one page of the table."""


@dataclass(frozen=True)
class GuestRow:
    """One guest: `cpu` as a share of its vCPUs (of one where their number is unknown), `memory` and `given` in bytes,
    `disk` and `network` in bytes a second. What is not known is None. `trouble` says why figures are missing,
    `remembered_at` is the Unix time of a state that perhaps is no longer true."""

    name: str
    uuid: str
    state: str
    reason: str
    active: bool
    cpu: float | None
    vcpus: int | None
    memory: float | None
    given: float | None
    disk: float | None
    network: float | None
    started_at: float | None
    trouble: str
    remembered_at: float | None
    trend: Trend | None


@dataclass(frozen=True)
class Table:
    """One page of chosen guests; `found` is how many were chosen, `states` how many guests there are by state."""

    rows: Sequence[GuestRow]
    found: int
    page: int
    pages: int
    states: Mapping[str, int]


def table(figures: HostFigures, choice: Choice, standing: Standing, now: float, wall: float) -> Table:
    """The rows a reader asked for; `now` is monotonic, `wall` Unix time."""
    guests = list(figures.inventory.guests.values())
    states = Counter(state_name(guest) for guest in guests)
    chosen = [
        _row(guest, figures.history.of(guest.uuid), standing.remembered(guest, wall), now)
        for guest in guests
        if _matches(guest, choice)
    ]
    chosen = _sorted(chosen, choice)
    pages = max(1, -(-len(chosen) // ROWS))
    page = min(choice.page, pages)
    return Table(chosen[(page - 1) * ROWS : page * ROWS], len(chosen), page, pages, states)


def state_name(guest: Guest) -> str:
    """The state of a guest in a word."""
    if guest.state is None:
        return "unknown"
    return STATES.get(guest.state, "unknown")


def _matches(guest: Guest, choice: Choice) -> bool:
    search = choice.search.casefold()
    return (not search or search in guest.name.casefold() or search in guest.uuid) and (
        not choice.state or state_name(guest) == choice.state
    )


def _row(guest: Guest, trend: Trend | None, remembered: bool, now: float) -> GuestRow:
    def latest(kind: Kind) -> float | None:
        return trend.latest(kind, now) if trend is not None and guest.active else None

    vcpus = None if trend is None else trend.vcpus
    cpu = latest("cpu")
    return GuestRow(
        name=guest.name,
        uuid=guest.uuid,
        state=state_name(guest),
        reason=_reason(guest),
        active=guest.active,
        cpu=None if cpu is None else cpu / (vcpus or 1),
        vcpus=vcpus,
        memory=latest("memory"),
        given=trend.given if trend is not None and guest.active else None,
        disk=latest("disk"),
        network=latest("network"),
        started_at=guest.started_at if guest.active else None,
        trouble=_trouble(guest),
        remembered_at=guest.state_seen_at if remembered else None,
        trend=trend,
    )


def _reason(guest: Guest) -> str:
    """Why it is in its state, empty where libvirt does not know."""
    reason = "unknown" if guest.state is None else state_reason(guest.state, guest.reason)
    return "" if reason == "unknown" else reason


def _trouble(guest: Guest) -> str:
    if guest.health.set_aside_at is not None:
        return "its monitor does not answer"
    return "did not answer in time" if guest.health.timed_out else ""


def _sorted(rows: Iterable[GuestRow], choice: Choice) -> list[GuestRow]:
    rows = sorted(rows, key=lambda row: (row.name.casefold(), row.name))
    column = choice.column
    if column == "name":
        return rows[::-1] if choice.turned else rows
    known = [row for row in rows if getattr(row, column) is not None]
    # Whoever has no figure is last either way.
    unknown = [row for row in rows if getattr(row, column) is None]
    known.sort(key=lambda row: getattr(row, column), reverse=choice.turned)
    return known + unknown
