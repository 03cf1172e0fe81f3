"""What events changed and is not refreshed yet."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from exporter.events.event import Event
from exporter.hypervisor.events import STATE_AFTER, Standing

_LISTED = frozenset({"defined", "undefined", "started", "stopped", "crashed"})

_DESCRIBED = frozenset(
    {
        "agent_lifecycle",
        "balloon_change",
        "block_job",
        "channel_lifecycle",
        "device_added",
        "device_removed",
        "disk_change",
        "memory_device_size_change",
        "metadata_change",
        "nic_mac_change",
        "tray_change",
        "tunable",
        "vcpu_removed",
    }
)

ABOUT = {
    "network": ("network", "network_lease"),
    "storage_pool": ("storage_pool", "storage_volume"),
    "node_device": ("node_device",),
    "secret": ("secret",),
}
"""Collectors that are about an object of events; guests are refreshed one by one."""


@dataclass
class Stale:
    """Guests by uuid whose state, start or description is not what we have, and objects of which some changed."""

    states: dict[str, Event] = field(default_factory=dict)
    """With the newest event of its lifecycle."""
    started: dict[str, float | None] = field(default_factory=dict)
    """When it started, in Unix seconds; None for one that stopped."""
    redefined: set[str] = field(default_factory=set)
    """Defined anew since they started or stopped."""
    described: set[str] = field(default_factory=set)
    objects: set[str] = field(default_factory=set)
    listing: bool = False
    everything: bool = False
    """Events were lost, so anything may have changed."""

    def __bool__(self) -> bool:
        return bool(self.states or self.described or self.objects or self.everything)

    def add(self, event: Event) -> None:
        """Note what an event changed."""
        if event.object != "domain":
            self.objects.add(event.object)
        elif event.identifier == "lifecycle":
            self.states[event.uuid] = event
            if event.kind in _LISTED:
                self.listing = True
                self.described.add(event.uuid)
            if (event.kind, event.detail) == ("defined", "updated"):
                self.redefined.add(event.uuid)
            # A guest that wakes up was not off: its process, and so its start, are the same.
            if event.kind == "stopped" or (event.kind == "started" and event.detail != "wakeup"):
                self.forget_process(event.uuid)
                self.started[event.uuid] = event.at.wall if event.kind == "started" else None
        elif event.identifier in _DESCRIBED:
            self.described.add(event.uuid)

    def forget_process(self, uuid: str) -> None:
        """A guest is another process than the one that events told of."""
        self.started.pop(uuid, None)
        self.redefined.discard(uuid)

    def take_back(self, earlier: "Stale") -> None:
        """What was taken out of here before and could not be refreshed; of each guest the newest counts."""
        self.states = earlier.states | self.states
        self.redefined |= earlier.redefined - self.started.keys()
        self.started = earlier.started | self.started
        self.described |= earlier.described
        self.objects |= earlier.objects
        self.listing |= earlier.listing
        self.everything |= earlier.everything


@dataclass(frozen=True)
class Missed:
    """A guest that is not what it was before events were missed; None is a guest that was or is not there."""

    uuid: str
    was: Standing | None
    now: Standing | None

    @property
    def restarted(self) -> bool:
        """Whether it has another process than before, or none."""
        if self.was is None or self.now is None:
            return True
        if self.was.identifier is None:
            return self.now.identifier == -1
        return self.was.identifier != self.now.identifier


def compare(
    before: Mapping[str, Standing], heard: Mapping[str, Event], after: Mapping[str, Standing]
) -> Iterator[Missed]:
    """The guests that changed unheard: `heard` is the newest event of those that were not asked since `before`."""
    for uuid in dict.fromkeys((*before, *heard, *after)):
        was, now = before.get(uuid), after.get(uuid)
        event = heard.get(uuid)
        if event is not None and _accords(event, now):
            continue
        if event is not None:
            was = _after(event, was)
        if was != now:
            yield Missed(uuid, was, now)


def _accords(event: Event, now: Standing | None) -> bool:
    """Whether a guest is what its event led to expect."""
    if event.kind not in STATE_AFTER:
        return True
    if now is None:
        return event.kind == "stopped"  # one without a definition
    return now.state == STATE_AFTER[event.kind]


def _after(event: Event, before: Standing | None) -> Standing:
    """What a guest was like after its event, which says neither why nor the id."""
    identifier = None if before is None or before.identifier == -1 or event.kind == "started" else before.identifier
    return Standing(event.name, -1 if event.kind == "stopped" else identifier, STATE_AFTER[event.kind], 0)
