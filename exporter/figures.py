"""What the exporter knows about its own work for one host."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from exporter.events.counts import EventCounts
from exporter.exposition.part import Part
from exporter.hypervisor.calls import CallLog
from exporter.hypervisor.inventory import Inventory
from exporter.hypervisor.node import Versions
from exporter.hypervisor.pool import Role, RoleFigures, WorkerPool
from exporter.hypervisor.pulse import Pulse
from exporter.hypervisor.setaside import SetAside
from exporter.outcome import Outcome
from exporter.overview.history import History

SkipReason = Literal["running", "late", "disconnected"]


@dataclass
class CollectorFigures:
    """The runs of one collector; times are Unix seconds."""

    interval: float
    newest: dict[str, Outcome] = field(default_factory=dict)
    """What the newest run of each of its batches came to, by the batch's name."""
    duration: float | None = None
    last_run: float | None = None
    last_success: float | None = None
    running: int = 0
    runs: int = 0
    failures: int = 0
    skips: Counter[SkipReason] = field(default_factory=Counter)
    cutting: bool = False
    """Whether the limit of series left something out of the newest page."""

    @property
    def success(self) -> bool | None:
        """Whether the newest run gave everything, in each of its batches; None before the first."""
        return all(outcome.failures == 0 for outcome in self.newest.values()) if self.newest else None

    @property
    def supported(self) -> bool:
        """Whether host and connection can give something of what is asked for."""
        return not self.newest or any(outcome.supported for outcome in self.newest.values())

    @property
    def reason(self) -> str:
        """Why some batch gave nothing, if one did."""
        return next((outcome.reason for outcome in self.newest.values() if outcome.reason), "")


@dataclass
class HostFigures:
    """All there is to say about the work for one host; read by the collectors about the exporter itself."""

    pool: WorkerPool
    pulse: Pulse
    calls: CallLog
    inventory: Inventory
    set_aside: SetAside
    collectors: dict[str, CollectorFigures]
    parts: Mapping[str, Part]
    versions: Versions | None = None
    events: EventCounts = field(default_factory=EventCounts)
    history: History = field(default_factory=History)
    unknown_fields: dict[str, set[str]] = field(default_factory=dict)
    agents: WorkerPool | None = None
    """The connection to guest agents, if one is configured and used."""

    @property
    def up(self) -> bool:
        """Whether the connection works: open, and the daemon answers."""
        return self.pulse.felt

    def roles(self) -> dict[Role, RoleFigures]:
        """What happened to the connections, by role."""
        return self.pool.figures | (self.agents.figures if self.agents else {})
