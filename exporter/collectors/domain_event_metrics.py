"""Events of guests: declarations."""

from exporter.collectors.event_metrics import RESETS
from exporter.exposition.metric import Metric
from exporter.guest import DISK, DOMAIN

ZERO = "Starts at 0 for each guest listed, so the first event shows in increase()."


EVENTS = Metric(
    "libvirt_domain_events_total",
    "counter",
    "Events of the guest by kind: started, stopped, suspended, resumed, crashed, reboot, watchdog, io_error, "
    "block_job, balloon_change and so on (libvirt domain events 0 to 29).",
    labels=("domain", "event"),
    source=(
        "count of callbacks; LIFECYCLE by its type: defined, undefined, started, suspended, resumed, stopped, "
        "shutdown, pmsuspended, crashed; others by id: reboot, rtc_change, watchdog, graphics, io_error, "
        "control_error, disk_change, tray_change, pmwakeup, pmsuspend, balloon_change, pmsuspend_disk, "
        "device_removed, block_job, tunable, agent_lifecycle, device_added, migration_iteration, job_completed, "
        "device_removal_failed, metadata_change, block_threshold, memory_failure, memory_device_size_change, "
        "nic_mac_change, vcpu_removed, channel_lifecycle"
    ),
    note=" ".join(("Only kinds that happened; dropped ten minutes after the guest is gone.", RESETS)),
    set="default",
)
LAST_EVENT = Metric(
    "libvirt_domain_last_event_timestamp_seconds",
    "gauge",
    "When an event of this kind last came from the guest, absent if never (libvirt domain events).",
    labels=("domain", "event"),
    unit="seconds",
    source="time of the callback",
    note="For alerts on rare events: time() - this < 600 needs no earlier sample.",
    set="default",
)
LIFECYCLE_EVENTS = Metric(
    "libvirt_domain_lifecycle_events_total",
    "counter",
    "Lifecycle events of the guest with their detail, such as stopped by crash or by migration (libvirt event"
    " LIFECYCLE).",
    labels=("domain", "event", "detail"),
    source="count of LIFECYCLE callbacks by virDomainEventType and virDomainEvent<Type>DetailType",
    note=" ".join(("Only pairs that happened.", RESETS)),
    set="default",
)
STARTS = Metric(
    "libvirt_domain_starts_total",
    "counter",
    "Times the guest was started, also by restore and by migration to this host (libvirt event STARTED).",
    labels=DOMAIN,
    source="count of LIFECYCLE STARTED",
    note=" ".join((RESETS, ZERO)),
    set="default",
)
STOPS = Metric(
    "libvirt_domain_stops_total",
    "counter",
    "Times the guest stopped, for whatever reason (libvirt event STOPPED).",
    labels=DOMAIN,
    source="count of LIFECYCLE STOPPED",
    note=" ".join((RESETS, ZERO)),
    set="default",
)
CRASHES = Metric(
    "libvirt_domain_crashes_total",
    "counter",
    "Times the guest crashed or its hypervisor process died (libvirt event STOPPED with detail CRASHED or "
    "FAILED, or CRASHED).",
    labels=DOMAIN,
    source="count of LIFECYCLE STOPPED with detail CRASHED or FAILED, or CRASHED",
    note=" ".join(
        (
            RESETS,
            ZERO,
            "A killed QEMU gives STOPPED with detail FAILED.",
            "One crash can send two events within a second: counted once.",
        )
    ),
    set="default",
)
REBOOTS = Metric(
    "libvirt_domain_reboots_total",
    "counter",
    "Times the guest rebooted itself (libvirt event REBOOT).",
    labels=DOMAIN,
    source="count of REBOOT",
    note=" ".join(
        (
            RESETS,
            ZERO,
            "libvirt 9.0.0 sends the event twice for a reset: counted once a second.",
            "A reboot by destroy and start counts as stop and start.",
        )
    ),
    set="default",
)
PANICS = Metric(
    "libvirt_domain_panics_total",
    "counter",
    "Times the guest's system reported a panic (libvirt event CRASHED with detail PANICKED or CRASHLOADED).",
    labels=DOMAIN,
    source="count of LIFECYCLE CRASHED",
    note=" ".join((RESETS, ZERO, "Needs a panic device in the guest.")),
    set="default",
)
IO_ERRORS = Metric(
    "libvirt_domain_io_errors_total",
    "counter",
    "I/O errors of the guest's disk (libvirt event IO_ERROR_REASON).",
    labels=DISK,
    source="count of IO_ERROR_REASON; alias -> target_device by the XML",
    note=" ".join((RESETS, "Starts at 0 for each disk listed. QEMU limits how often it sends them: at least so many.")),
    set="default",
)
IO_ERROR_REASONS = Metric(
    "libvirt_domain_io_error_reasons_total",
    "counter",
    "I/O errors of the guest's disk by what libvirt did and why, such as pause and enospc (libvirt event "
    "IO_ERROR_REASON).",
    labels=("domain", "target_device", "action", "reason"),
    source="count of IO_ERROR_REASON by action (none, pause, report) and reason",
    note=" ".join(("Only combinations that happened; reasons other than enospc are mapped to other.", RESETS)),
    set="default",
)
WATCHDOG_EVENTS = Metric(
    "libvirt_domain_watchdog_events_total",
    "counter",
    "Times the guest's watchdog fired, by action: none, pause, reset, poweroff, shutdown, debug or injectnmi "
    "(libvirt event WATCHDOG).",
    labels=("domain", "action"),
    source="count of WATCHDOG by virDomainEventWatchdogAction",
    note=" ".join(
        (
            "Only actions that happened;",
            'libvirt_domain_last_event_timestamp_seconds{event="watchdog"} is the safer alert.',
            RESETS,
        )
    ),
    set="default",
)
MEMORY_FAILURES = Metric(
    "libvirt_domain_memory_failures_total",
    "counter",
    "Memory failures of the host that hit the guest, by recipient and action (libvirt event MEMORY_FAILURE).",
    labels=("domain", "recipient", "action"),
    source="count of MEMORY_FAILURE by recipient (hypervisor, guest) and action (ignore, inject, fatal, reset)",
    note=" ".join(("Broken host memory. Only combinations that happened.", RESETS)),
    set="default",
)
AGENT_DISCONNECTS = Metric(
    "libvirt_domain_agent_disconnects_total",
    "counter",
    "Times the guest agent went away (libvirt event AGENT_LIFECYCLE).",
    labels=DOMAIN,
    source="count of AGENT_LIFECYCLE with state disconnected",
    note=" ".join((RESETS, "Starts at 0 for each guest with an agent channel.")),
    set="default",
)
BLOCKJOBS = Metric(
    "libvirt_domain_blockjobs_total",
    "counter",
    "Block jobs that became ready or ended, by kind and status: completed, failed, canceled or ready (libvirt"
    " event BLOCK_JOB_2).",
    labels=("domain", "target_device", "block_job", "status"),
    source="count of BLOCK_JOB_2 by virDomainBlockJobType and virConnectDomainEventBlockJobStatus",
    note=" ".join(("Only combinations that happened. Jobs send no event when they start.", RESETS)),
    set="default",
)
JOBS = Metric(
    "libvirt_domain_jobs_total",
    "counter",
    "Jobs on the guest that ended, by operation and result: completed, failed or cancelled (libvirt event "
    "JOB_COMPLETED).",
    labels=("domain", "operation", "result"),
    source="count of JOB_COMPLETED by params operation and success or type",
    note=" ".join(
        (
            "Only combinations that happened.",
            "A guest that migrated away is gone: libvirt_events_total and libvirt_jobs_total stay.",
            RESETS,
        )
    ),
    set="default",
)
BLOCK_THRESHOLD_EVENTS = Metric(
    "libvirt_domain_block_threshold_events_total",
    "counter",
    "Times writes to the disk passed the threshold set for it (libvirt event BLOCK_THRESHOLD).",
    labels=DISK,
    source="count of BLOCK_THRESHOLD; dev is the target device, with [index] for a backing image",
    note=" ".join(("Only disks for which it happened: a threshold is set by few.", RESETS)),
    set="default",
)
BLOCK_THRESHOLD_EXCESS_BYTES = Metric(
    "libvirt_domain_block_threshold_excess_bytes",
    "gauge",
    "How far writes had passed the threshold when the last event came, absent if never (libvirt event "
    "BLOCK_THRESHOLD excess).",
    labels=DISK,
    unit="bytes",
    source="BLOCK_THRESHOLD excess bytes",
    set="default",
)
GRAPHICS_SESSIONS = Metric(
    "libvirt_domain_graphics_sessions_total",
    "counter",
    "Graphical sessions to the guest by phase: connect, initialize or disconnect (libvirt event GRAPHICS).",
    labels=("domain", "phase"),
    source="count of GRAPHICS by virDomainEventGraphicsPhase",
    note=" ".join(("Only phases that happened. Client addresses are left out: personal data.", RESETS)),
    set="default",
)
RTC_OFFSET_SECONDS = Metric(
    "libvirt_domain_rtc_offset_seconds",
    "gauge",
    "Offset of the guest's clock from UTC when it last set it, absent if never (libvirt event RTC_CHANGE).",
    labels=DOMAIN,
    unit="seconds",
    source="RTC_CHANGE utcoffset s",
    set="default",
)
METRICS = (
    EVENTS,
    LAST_EVENT,
    LIFECYCLE_EVENTS,
    STARTS,
    STOPS,
    CRASHES,
    REBOOTS,
    PANICS,
    IO_ERRORS,
    IO_ERROR_REASONS,
    WATCHDOG_EVENTS,
    MEMORY_FAILURES,
    AGENT_DISCONNECTS,
    BLOCKJOBS,
    JOBS,
    BLOCK_THRESHOLD_EVENTS,
    BLOCK_THRESHOLD_EXCESS_BYTES,
    GRAPHICS_SESSIONS,
    RTC_OFFSET_SECONDS,
)
