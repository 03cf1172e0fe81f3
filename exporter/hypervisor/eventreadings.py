"""What the arguments of libvirt's event callbacks say, by object and kind; in base units, with libvirt's names."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import libvirt

from exporter.events.event import Value
from exporter.hypervisor.enums import names

_KIB = 1024
_MILLISECOND = 0.001


@dataclass(frozen=True, slots=True)
class Reading:
    """What came with an event; `kind` is empty where the registration has but one."""

    kind: str = ""
    detail: str = ""
    fields: Mapping[str, Value] = field(default_factory=dict)
    personal: Mapping[str, Value] = field(default_factory=dict)


def named(prefix: str, number: object) -> str:
    """libvirt's name for a number, in lower case; `unknown` for what is newer than the module."""
    return names(prefix).get(number, "unknown") if isinstance(number, int) else "unknown"


def only(prefix: str, *words: str) -> dict[int, str]:
    """The same for a prefix that several enumerations share."""
    return {getattr(libvirt, prefix + word): word.lower() for word in words if hasattr(libvirt, prefix + word)}


_BLOCK_JOB_STATUS = only("VIR_DOMAIN_BLOCK_JOB_", "COMPLETED", "FAILED", "CANCELED", "READY")
_GRAPHICS_PHASES = only("VIR_DOMAIN_EVENT_GRAPHICS_", "CONNECT", "INITIALIZE", "DISCONNECT")
_JOB_RESULTS = only("VIR_DOMAIN_JOB_", "COMPLETED", "FAILED", "CANCELLED")


def anything(*values: object) -> Reading:
    """An event that is newer than this exporter: its arguments, numbered. Nobody knows whom they name."""
    said = {f"argument_{number}": _value(value) for number, value in enumerate(values, 1)}
    return Reading(personal=said)


def _value(value: object) -> Value:
    return value if isinstance(value, int | float) else "" if value is None else str(value)


def _nothing(*_values: object) -> Reading:
    return Reading()


def _device(alias: str) -> Reading:
    return Reading(fields={"alias": alias})


def _rtc_change(offset: int) -> Reading:
    return Reading(fields={"offset_seconds": offset})


def _watchdog(action: int) -> Reading:
    return Reading(detail=named("VIR_DOMAIN_EVENT_WATCHDOG_", action))


def _io_error(source: str | None, alias: str | None, action: int, reason: str | None) -> Reading:
    return Reading(
        detail="enospc" if reason == "enospc" else "other",
        fields={
            "action": named("VIR_DOMAIN_EVENT_IO_ERROR_", action),
            "alias": alias or "",
            "source": source or "",
        },
    )


def _graphics(
    phase: int,
    local: Mapping[str, Any] | None,
    remote: Mapping[str, Any] | None,
    authentication: str | None,
    subject: Sequence[Sequence[str]] | None,
) -> Reading:
    personal: dict[str, Value] = {}
    for side, address in (("local_address", local), ("remote_address", remote)):
        if address and address.get("node"):
            personal[side] = str(address["node"])
    if subject:
        personal["identities"] = ", ".join("=".join(identity) for identity in subject)
    fields: dict[str, Value] = {"authentication": authentication} if authentication else {}
    return Reading(detail=_GRAPHICS_PHASES.get(phase, "unknown"), fields=fields, personal=personal)


def _block_job(target: str, kind: int, status: int) -> Reading:
    return Reading(
        detail=_BLOCK_JOB_STATUS.get(status, "unknown"),
        fields={"target_device": target, "block_job": named("VIR_DOMAIN_BLOCK_JOB_TYPE_", kind)},
    )


def _disk_change(old: str | None, new: str | None, alias: str, reason: int) -> Reading:
    return Reading(
        detail=named("VIR_DOMAIN_EVENT_DISK_CHANGE_", reason),
        fields={"alias": alias, "old_source": old or "", "new_source": new or ""},
    )


def _tray_change(alias: str, reason: int) -> Reading:
    return Reading(detail=named("VIR_DOMAIN_EVENT_TRAY_CHANGE_", reason), fields={"alias": alias})


def _balloon_change(actual: int) -> Reading:
    return Reading(fields={"bytes": actual * _KIB})


def _tunable(parameters: Mapping[str, object]) -> Reading:
    return Reading(fields={key: _value(value) for key, value in parameters.items()})


def _agent_lifecycle(state: int, reason: int) -> Reading:
    return Reading(
        detail=named("VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_", state),
        fields={"reason": named("VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_", reason)},
    )


def _channel_lifecycle(*values: object) -> Reading:
    """The name of the channel comes first, or, from a binding that leaves it out, not at all."""
    *channel, state, reason = values
    fields: dict[str, Value] = {"reason": named("VIR_CONNECT_DOMAIN_EVENT_CHANNEL_LIFECYCLE_REASON_", reason)}
    if channel:
        fields["channel"] = _value(channel[0])
    return Reading(detail=named("VIR_CONNECT_DOMAIN_EVENT_CHANNEL_LIFECYCLE_STATE_", state), fields=fields)


def _migration_iteration(iteration: int) -> Reading:
    return Reading(fields={"iteration": iteration})


_JOB_TIMES = {"time_elapsed": "duration_seconds", "downtime": "downtime_seconds", "setup_time": "setup_seconds"}
_JOB_FIGURES = {
    "data_processed": "bytes",
    "memory_processed": "memory_bytes",
    "disk_processed": "file_bytes",
    "memory_bps": "memory_bytes_per_second",
    "memory_iteration": "memory_iterations",
}


def _job_completed(parameters: Mapping[str, Any]) -> Reading:
    # Only backups say whether they succeeded; what moves a guest's memory sends the event when it did.
    result = _JOB_RESULTS.get(parameters.get("type", -1), "completed")
    if result != "cancelled" and not parameters.get("success", True):
        result = "failed"
    fields: dict[str, Value] = {"operation": named("VIR_DOMAIN_JOB_OPERATION_", parameters.get("operation", 0))}
    for key, said in _JOB_TIMES.items():
        if key in parameters:
            fields[said] = parameters[key] * _MILLISECOND
    for key, said in _JOB_FIGURES.items():
        if key in parameters:
            fields[said] = parameters[key]
    if parameters.get("errmsg"):
        fields["error"] = str(parameters["errmsg"])
    return Reading(detail=result, fields=fields)


def _metadata_change(kind: int, namespace: str | None) -> Reading:
    return Reading(detail=named("VIR_DOMAIN_METADATA_", kind), fields={"namespace": namespace} if namespace else {})


def _block_threshold(target: str, source: str | None, threshold: int, excess: int) -> Reading:
    return Reading(
        fields={
            "target_device": target,
            "source": source or "",
            "threshold_bytes": threshold,
            "excess_bytes": excess,
        }
    )


def _memory_failure(recipient: int, action: int, flags: int) -> Reading:
    return Reading(
        detail=named("VIR_DOMAIN_EVENT_MEMORY_FAILURE_ACTION_", action),
        fields={
            "recipient": named("VIR_DOMAIN_EVENT_MEMORY_FAILURE_RECIPIENT_", recipient),
            "action_required": int(bool(flags & libvirt.VIR_DOMAIN_MEMORY_FAILURE_ACTION_REQUIRED)),
            "recursive": int(bool(flags & libvirt.VIR_DOMAIN_MEMORY_FAILURE_RECURSIVE)),
        },
    )


def _memory_device_size(alias: str, size: int) -> Reading:
    return Reading(fields={"alias": alias, "bytes": size * _KIB})


def _nic_mac_change(alias: str, old: str, new: str) -> Reading:
    return Reading(fields={"alias": alias, "old_mac": old, "new_mac": new})


def _vcpu_removed(vcpu: int) -> Reading:
    return Reading(fields={"vcpu": vcpu})


DOMAIN_READERS: dict[str, Callable[..., Reading]] = {
    "reboot": _nothing,
    "rtc_change": _rtc_change,
    "watchdog": _watchdog,
    "graphics": _graphics,
    "io_error": _io_error,
    "control_error": _nothing,
    "disk_change": _disk_change,
    "tray_change": _tray_change,
    "pmwakeup": _nothing,
    "pmsuspend": _nothing,
    "balloon_change": _balloon_change,
    "pmsuspend_disk": _nothing,
    "device_removed": _device,
    "block_job": _block_job,
    "tunable": _tunable,
    "agent_lifecycle": _agent_lifecycle,
    "device_added": _device,
    "migration_iteration": _migration_iteration,
    "job_completed": _job_completed,
    "device_removal_failed": _device,
    "metadata_change": _metadata_change,
    "block_threshold": _block_threshold,
    "memory_failure": _memory_failure,
    "memory_device_size_change": _memory_device_size,
    "nic_mac_change": _nic_mac_change,
    "vcpu_removed": _vcpu_removed,
    "channel_lifecycle": _channel_lifecycle,
}
"""Readers of the arguments between the object and the opaque one, by name of the event."""

OTHER_READERS: dict[str, Callable[..., Reading]] = {
    "metadata_change": _metadata_change,
    "refresh": _nothing,
    "update": _nothing,
    "value_changed": _nothing,
}
"""The same for what is not a domain."""
