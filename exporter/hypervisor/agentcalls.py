"""Questions to the agent inside a guest. libvirt refuses them to a read-only connection."""

import time
from dataclasses import dataclass, field
from typing import Any

import structlog

from exporter.guest import Guest
from exporter.hypervisor.connection import Connection
from exporter.hypervisor.errors import CallFailed

_DEADLINE = 20.0
"""Seconds for one question: guestInfo puts up to nine to the agent, and libvirt waits 5 s for the first answer."""

logger = structlog.get_logger()


@dataclass(frozen=True)
class AgentReport:
    """What an agent said: the flat keys of guestInfo (`fs.0.mountpoint`), how far the guest's clock is ahead in
    seconds, and its vCPUs as lists of ranges. `asked_at` is in Unix seconds."""

    up: bool
    asked_at: float
    info: dict[str, Any] = field(default_factory=dict)
    clock_ahead: float | None = None
    vcpus: dict[str, str] | None = None


def read_agent(connection: Connection, domain: Any, guest: Guest) -> AgentReport:
    """guestInfo with everything the agent can tell, getTime, guestVcpus."""
    about = f"domain '{guest.name}'"
    asked_at = time.time()
    try:
        info = connection.call(domain.guestInfo, 0, 0, about=about, deadline=_DEADLINE)
    except CallFailed as error:
        logger.debug("guest agent does not answer", guest=guest.name, reason=error.reason)
        return AgentReport(up=False, asked_at=asked_at)
    before = time.time()
    clock = connection.optional(domain.getTime, 0, about=about, deadline=_DEADLINE)
    middle = (before + time.time()) / 2
    return AgentReport(
        up=True,
        asked_at=asked_at,
        info=info,
        clock_ahead=clock["seconds"] + clock["nseconds"] / 1e9 - middle if clock else None,
        # Gives None instead of an error.
        vcpus=connection.optional(domain.guestVcpus, 0, about=about, deadline=_DEADLINE),
    )
