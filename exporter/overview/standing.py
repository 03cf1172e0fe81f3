"""How far what is known of a host can be taken for the present."""

from dataclasses import dataclass

from exporter.configuration.durations import StaleAfter
from exporter.figures import CollectorFigures, HostFigures
from exporter.guest import Guest

_STATES = "domain_state"
_LISTENS = "event"
"""The collector that runs without asking the host anything."""


@dataclass(frozen=True)
class Standing:
    """Whether the host answers, why not, and when it last did; times are Unix seconds."""

    up: bool
    reason: str
    heard_at: float | None
    stale_after: StaleAfter
    state_interval: float | None

    @staticmethod
    def of(figures: HostFigures, stale_after: StaleAfter) -> "Standing":
        """How the host stands at this moment."""
        read = [
            each.last_success
            for name, each in figures.collectors.items()
            if name != _LISTENS and each.last_success is not None
        ]
        states = figures.collectors.get(_STATES)
        return Standing(
            figures.up,
            figures.pool.reason or "libvirt does not answer",
            max(read, default=None),
            stale_after,
            states.interval if states else None,
        )

    @property
    def known(self) -> bool:
        """Whether there was ever an answer."""
        return self.up or self.heard_at is not None

    def remembered(self, guest: Guest, wall: float) -> bool:
        """Whether a guest's state is what was known last and perhaps no longer true."""
        if not self.up:
            return True
        if self.state_interval is None or guest.state is None:
            return False
        return wall - guest.state_seen_at > self.stale_after.seconds(self.state_interval)

    def health(self, figures: CollectorFigures, wall: float) -> str:
        """The health of a collector in a word."""
        if figures.runs == 0:
            return "waiting"
        if not figures.supported:
            return "unsupported"
        if not figures.success:
            return "failed"
        age = wall - (figures.last_success or 0.0)
        return "late" if age > self.stale_after.seconds(figures.interval) else "fine"
