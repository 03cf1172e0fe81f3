"""Names for libvirt's numbers, read from the installed module, so that a new libvirt needs no release of ours."""

from functools import cache

import libvirt


@cache
def names(prefix: str, suffix: str = "") -> dict[int, str]:
    """Lower-case names by number of the constants that start with `prefix` (and end on `suffix`).

    `names("VIR_DOMAIN_EVENT_STARTED_")` gives `{0: "booted", 1: "migrated", ...}`. Of two names for a number, the one
    listed last in the module's alphabet counts; `_LAST` marks and flag masks are left out by callers that name a full
    prefix.
    """
    found = {}
    for constant in dir(libvirt):
        if constant.startswith(prefix) and constant.endswith(suffix):
            value = getattr(libvirt, constant)
            name = constant[len(prefix) : len(constant) - len(suffix)]
            if isinstance(value, int) and name and name != "LAST":
                found[value] = name.lower()
    return found


_STATE_REASONS = {
    libvirt.VIR_DOMAIN_NOSTATE: "NOSTATE",
    libvirt.VIR_DOMAIN_RUNNING: "RUNNING",
    libvirt.VIR_DOMAIN_BLOCKED: "BLOCKED",
    libvirt.VIR_DOMAIN_PAUSED: "PAUSED",
    libvirt.VIR_DOMAIN_SHUTDOWN: "SHUTDOWN",
    libvirt.VIR_DOMAIN_SHUTOFF: "SHUTOFF",
    libvirt.VIR_DOMAIN_CRASHED: "CRASHED",
    libvirt.VIR_DOMAIN_PMSUSPENDED: "PMSUSPENDED",
}

STATES: dict[int, str] = {number: name.lower() for number, name in _STATE_REASONS.items()}
"""virDomainState by number."""

DIRTY_RATE_STATES: dict[int, str] = {
    libvirt.VIR_DOMAIN_DIRTYRATE_UNSTARTED: "unstarted",
    libvirt.VIR_DOMAIN_DIRTYRATE_MEASURING: "measuring",
    libvirt.VIR_DOMAIN_DIRTYRATE_MEASURED: "measured",
}
"""virDomainDirtyRateStatus by number."""


CONTROL_ERRORS: dict[int, str] = names("VIR_DOMAIN_CONTROL_ERROR_REASON_")
"""virDomainControlErrorReason by number."""

CONTROL_STATES: dict[int, str] = {
    libvirt.VIR_DOMAIN_CONTROL_OK: "ok",
    libvirt.VIR_DOMAIN_CONTROL_JOB: "job",
    libvirt.VIR_DOMAIN_CONTROL_OCCUPIED: "occupied",
    libvirt.VIR_DOMAIN_CONTROL_ERROR: "error",
}
"""virDomainControlState by number."""


@cache
def state_reason(state: int, reason: int) -> str:
    """Name of why a guest is in a state (virDomain<State>Reason), `unknown` for numbers without a name."""
    name = _STATE_REASONS.get(state)
    if name is None:
        return "unknown"
    if (name, reason) == ("SHUTDOWN", 1) or reason == 0:  # these share their prefix with the flags of a call
        return "user" if reason else "unknown"
    return "unknown" if name == "SHUTDOWN" else names(f"VIR_DOMAIN_{name}_").get(reason, "unknown")


def version(number: int) -> str:
    """`9.0.0` for 9000000, as libvirt counts versions."""
    return f"{number // 1_000_000}.{number // 1000 % 1000}.{number % 1000}"
