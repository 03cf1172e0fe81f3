"""Jobs of guests: migration, save, backup and the like, and those of single disks."""

from typing import Any

import libvirt

from exporter.guest import Guest
from exporter.hypervisor.connection import Connection
from exporter.hypervisor.descriptions import devices_of
from exporter.hypervisor.enums import names


def read_control(connection: Connection, domain: Any, guest: Guest) -> tuple[int, int, int]:
    """controlInfo: state, details of an error, milliseconds in that state. No job, no monitor, high priority."""
    state, details, milliseconds = connection.call(domain.controlInfo, 0, about=f"domain '{guest.name}'")
    return state, details, milliseconds


def _free(connection: Connection, domain: Any, guest: Guest) -> bool:
    """Whether a call that takes a job would get it at once: otherwise it waits half a minute."""
    state, _, _ = read_control(connection, domain, guest)
    return state in (libvirt.VIR_DOMAIN_CONTROL_OK, libvirt.VIR_DOMAIN_CONTROL_JOB)


def read_job(connection: Connection, domain: Any, guest: Guest) -> dict[str, Any] | None:
    """jobStats of a guest whose control channel is free, else None.

    Jobs that ended are not asked for here: libvirt tells the end of each by an event, which takes it from nobody.
    """
    if not _free(connection, domain, guest):
        return None
    stats: dict[str, Any] = connection.call(domain.jobStats, 0, about=f"domain '{guest.name}'")
    operation = stats.get("operation")
    if operation is None:
        return stats
    return {**stats, "operation": names("VIR_DOMAIN_JOB_OPERATION_").get(operation, "unknown")}


def read_block_jobs(connection: Connection, domain: Any, guest: Guest) -> dict[str, dict[str, Any]] | None:
    """blockJobInfo of each disk that has a job, by target: type (named), bandwidth (bytes a second), cur and end."""
    if not _free(connection, domain, guest):
        return None
    kinds = names("VIR_DOMAIN_BLOCK_JOB_TYPE_")
    found = {}
    for disk in devices_of(connection, domain, guest).disks:
        about = f"disk '{disk}' of domain '{guest.name}'"
        job = connection.optional(
            domain.blockJobInfo, disk, libvirt.VIR_DOMAIN_BLOCK_JOB_INFO_BANDWIDTH_BYTES, about=about
        )
        if job and job.get("type"):
            found[disk] = {**job, "type": kinds.get(job["type"], "unknown")}
    return found


def read_migration_settings(connection: Connection, domain: Any, guest: Guest) -> tuple[int | None, int | None] | None:
    """migrateGetMaxDowntime in milliseconds and migrateGetCompressionCache in bytes, each None if it is not told."""
    if not _free(connection, domain, guest):
        return None
    about = f"domain '{guest.name}'"
    # Both give None instead of an error.
    return (
        connection.optional(domain.migrateGetMaxDowntime, 0, about=about),
        connection.optional(domain.migrateGetCompressionCache, 0, about=about),
    )


def read_disk_errors(connection: Connection, domain: Any, guest: Guest) -> dict[str, str]:
    """diskErrors by target, named; only of a guest paused by an I/O error, others have none and are not asked."""
    if (guest.state, guest.reason) != (libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_IOERROR):
        return {}
    kinds = names("VIR_DOMAIN_DISK_ERROR_") | {libvirt.VIR_DOMAIN_DISK_ERROR_UNSPEC: "unspecified"}
    found = connection.call(domain.diskErrors, 0, about=f"domain '{guest.name}'")
    return {disk: kinds.get(error, "unknown") for disk, error in found.items() if error}
