"""Every event the installed libvirt knows."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import libvirt

from exporter.hypervisor.enums import names
from exporter.hypervisor.eventreadings import DOMAIN_READERS, OTHER_READERS, Reading, anything

_PREFIXES = {
    "domain": "VIR_DOMAIN_EVENT_",
    "network": "VIR_NETWORK_EVENT_",
    "storage_pool": "VIR_STORAGE_POOL_EVENT_",
    "node_device": "VIR_NODE_DEVICE_EVENT_",
    "secret": "VIR_SECRET_EVENT_",
}

OBJECTS = tuple(_PREFIXES)
"""What there are events of, guests first."""

# What libvirt tells in two ways is taken in the richer one, under the plain name.
_POORER = frozenset({"io_error", "block_job"})
_RICHER = {"io_error_reason": "io_error", "block_job_2": "block_job"}


@dataclass(frozen=True)
class EventKind:
    """One registration: `number` is libvirt's, `kinds` are the names under which its events are counted."""

    object: str
    identifier: str
    number: int
    read: Callable[..., Reading]
    kinds: tuple[str, ...]


@cache
def event_kinds() -> tuple[EventKind, ...]:
    """All registrations there can be, objects in a fixed order, each in the order of libvirt's numbers."""
    return tuple(
        _kind(kind, prefix, constant, number)
        for kind, prefix in _PREFIXES.items()
        for number, constant in sorted(names(f"{prefix}ID_").items())
        if kind != "domain" or constant not in _POORER
    )


def _kind(kind: str, prefix: str, constant: str, number: int) -> EventKind:
    identifier = _RICHER.get(constant, constant)
    if identifier == "lifecycle":
        types = _types(prefix)
        details = {each: names(f"{prefix}{word.upper()}_") for each, word in types.items()} if kind == "domain" else {}
        return EventKind(kind, identifier, number, _lifecycle(types, details), tuple(types.values()))
    readers = DOMAIN_READERS if kind == "domain" else OTHER_READERS
    return EventKind(kind, identifier, number, readers.get(identifier, anything), (identifier,))


def _types(prefix: str) -> dict[int, str]:
    """Lifecycle types: VIR_DOMAIN_EVENT_STARTED is one, VIR_DOMAIN_EVENT_STARTED_BOOTED is a detail of it."""
    words = [name.removeprefix(prefix) for name in dir(libvirt) if name.startswith(prefix)]
    types = {getattr(libvirt, prefix + word): word.lower() for word in words if "_" not in word and word != "LAST"}
    return dict(sorted(types.items()))


def _lifecycle(types: dict[int, str], details: dict[int, dict[int, str]]) -> Callable[..., Reading]:
    def read(kind: int, detail: int) -> Reading:
        said = details[kind].get(detail, "unknown") if kind in details else ""
        return Reading(types.get(kind, "unknown"), said)

    return read
