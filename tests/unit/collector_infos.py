"""A registry as small as the tests of the configuration need."""

from __future__ import annotations

from typing import NamedTuple


class Info(NamedTuple):
    """What a collector says of itself."""

    name: str
    default: bool = True
    interval: float = 15.0
    help: str = "Something to see."


INFOS = (
    Info("connection"),
    Info("exporter"),
    Info("domain_block"),
    Info("domain_info", interval=300.0),
    Info("event", interval=60.0),
    Info("storage_volume", default=False, interval=300.0),
    Info("domain_agent", default=False, interval=60.0),
)
