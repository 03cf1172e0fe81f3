"""A guest as the inventory knows it, and the label sets of its series."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from math import inf
from xml.etree.ElementTree import Element

from exporter.clock import Moment
from exporter.exposition.labels import Labels

DOMAIN = ("domain",)
DISK = ("domain", "target_device")
INTERFACE = ("domain", "target_device")
VCPU = ("domain", "vcpu")

_AGENT = "org.qemu.guest_agent.0"


@dataclass(frozen=True)
class DeviceFilters:
    """Which disks and interfaces are shown, by the name in `target_device`."""

    disk: Callable[[str], bool]
    interface: Callable[[str], bool]


@dataclass(frozen=True)
class Devices:
    """Names of a guest's disks (target) and of its interfaces (host side), in the order of the description; `aliases`
    gives the target of a disk by the name events have for it, `agent` is whether there is a channel for the agent,
    `agent_connected` whether one holds it open."""

    disks: tuple[str, ...]
    interfaces: tuple[str, ...]
    aliases: Mapping[str, str]
    agent: bool
    agent_connected: bool

    @staticmethod
    def read(description: Element) -> "Devices":
        """From the domain XML."""
        channels = [target for target in description.findall("devices/channel/target") if target.get("name") == _AGENT]
        return Devices(
            tuple(name for target in description.findall("devices/disk/target") if (name := target.get("dev"))),
            tuple(name for target in description.findall("devices/interface/target") if (name := target.get("dev"))),
            dict(_aliases(description)),
            bool(channels),
            any(target.get("state") == "connected" for target in channels),
        )


def _aliases(description: Element) -> Iterator[tuple[str, str]]:
    for disk in description.findall("devices/disk"):
        alias, target = disk.find("alias"), disk.find("target")
        if alias is not None and target is not None:
            yield alias.get("name", ""), target.get("dev", "")


@dataclass
class Health:
    """How asking a guest for its statistics went; times are Unix seconds."""

    asked_at: float | None = None
    timed_out: bool = False
    partial: bool = False
    set_aside_at: float | None = None
    timeouts: int = 0


class Guest:
    """One guest. `name` is what the label `domain` says; `flags` are the listings it stands in ("persistent",
    "autostart", "managed_save") among those that were read, `listings`; `devices` is None
    until the description was read; `updated` is whether libvirt then said that the definition of a running guest is
    another by now, None where that means nothing, and `redefined` whether an event told so since it started. Label sets
    are remembered until the devices change."""

    __slots__ = (
        "_filters",
        "_labels",
        "_state_changed",
        "_state_seen",
        "active",
        "devices",
        "disks_show",
        "domain",
        "flags",
        "health",
        "identifier",
        "listings",
        "name",
        "reason",
        "redefined",
        "started_at",
        "state",
        "updated",
        "uuid",
    )

    def __init__(self, uuid: str, name: str, filters: DeviceFilters) -> None:
        self.uuid = uuid
        self.name = name
        self.identifier = -1
        self.active = False
        self.flags: frozenset[str] = frozenset()
        self.listings: frozenset[str] = frozenset()
        self.devices: Devices | None = None
        self.state: int | None = None
        self.reason = 0
        self.started_at: float | None = None
        """In Unix seconds, if it was seen to start."""
        self.updated: bool | None = None
        self.redefined = False
        self.health = Health()
        self.disks_show = False
        """Whether counters of its disks came when its monitor was entered: when they are missing, it was not."""
        self.domain = Labels(DOMAIN, (name,))
        self._filters = filters
        self._labels: dict[tuple[object, ...], Labels | None] = {}
        self._state_seen = Moment(0.0, -inf)
        self._state_changed: Moment | None = None

    @property
    def state_seen_at(self) -> float:
        """When the state was last seen to be so, in Unix seconds; 0 before it was seen."""
        return self._state_seen.wall

    @property
    def state_changed_at(self) -> float | None:
        """When the state or its reason last changed, in Unix seconds, if that was seen."""
        return None if self._state_changed is None else self._state_changed.wall

    def observe(self, state: int, reason: int, at: Moment) -> bool:
        """Take a state (virDomainState and its reason) that was true at `at`; whether it was new.

        What is older than the state already seen is no news: an event that came during a poll wins over the poll.
        """
        if at.steady < self._state_seen.steady:
            return False
        first = self.state is None
        changed = (state, reason) != (self.state, self.reason)
        self.state, self.reason, self._state_seen = state, reason, at
        if changed and not first:
            self._state_changed = at
        return changed

    def changed_with(self, event: Moment, *, observed: bool) -> None:
        """An event told of a change, which was then observed or not: a poll may have been faster than the event, and
        would stand for the moment of the change."""
        seen = self._state_changed
        if observed or (seen is not None and seen.steady >= event.steady):
            self._state_changed = event

    def list(self, found: Mapping[str, Collection[str]]) -> None:
        """Take what listings found: the uuids in each; listings that are not among these stay as they were."""
        self.listings |= found.keys()
        self.flags = self.flags - found.keys() | {name for name, uuids in found.items() if self.uuid in uuids}

    def labels(self, names: tuple[str, ...], *values: str) -> Labels:
        """The label set `domain` plus these values, which change seldom: it is remembered."""
        key = (names, values)
        found = self._labels.get(key)
        if found is None:
            found = self._labels[key] = Labels(names, (self.name, *values))
        return found

    def disk(self, target: str) -> Labels | None:
        """Labels of a disk, None if it is filtered out."""
        return self.labels(DISK, target) if self._filters.disk(target) else None

    def interface(self, target: str) -> Labels | None:
        """Labels of an interface, None if it is filtered out."""
        return self.labels(INTERFACE, target) if self._filters.interface(target) else None

    def vcpu(self, number: int) -> Labels:
        """Labels of a vCPU."""
        return self.labels(VCPU, str(number))

    def restarted(self) -> None:
        """It is another process than before, or none: forget what was remembered of that and of its devices."""
        self.redefined = False
        self.devices = None
        self._labels.clear()

    def __repr__(self) -> str:
        return f"Guest({self.name!r})"
