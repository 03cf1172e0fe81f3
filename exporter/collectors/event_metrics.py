"""Events of a host as a whole, and of its pools, networks and devices: declarations."""

from exporter.exposition.metric import Metric

RESETS = (
    "Resets when the exporter restarts; what happened while the connection was down is not counted, see "
    "libvirt_event_gaps_total."
)


EVENT_SUBSCRIBED = Metric(
    "libvirt_event_subscribed",
    "gauge",
    "Whether the exporter receives this kind of event (libvirt event registration).",
    labels=("object", "event"),
    source=(
        "domainEventRegisterAny and its network, storage pool, node device and secret twins succeeded; label "
        "event = name of the event id, so lifecycle is one kind here"
    ),
    note="0: the daemon is too old or refuses; metrics fed by that event are then absent.",
    set="default",
)
EVENTS = Metric(
    "libvirt_events_total",
    "counter",
    "Events received from the host, by object (domain, network, storage_pool, node_device, secret) and kind "
    "(libvirt events).",
    labels=("object", "event"),
    source=(
        "count of callbacks; domain: the kinds of libvirt_domain_events_total; network: defined, undefined, "
        "started, stopped, metadata_change; storage_pool: defined, undefined, started, stopped, created, deleted,"
        " refresh; node_device: created, deleted, defined, undefined, update; secret: defined, undefined, "
        "value_changed"
    ),
    note=" ".join(
        (
            "All kinds subscribed start at 0.",
            "IO_ERROR and BLOCK_JOB are not subscribed, their richer twins IO_ERROR_REASON and BLOCK_JOB_2 are.",
            RESETS,
        )
    ),
    set="default",
)
LAST_EVENT = Metric(
    "libvirt_last_event_timestamp_seconds",
    "gauge",
    "When an event of this kind last came, absent if never (libvirt events).",
    labels=("object", "event"),
    unit="seconds",
    source="time of the callback",
    set="default",
)
EVENT_GAPS = Metric(
    "libvirt_event_gaps_total",
    "counter",
    "Times events may have been missed because the connection was lost (exporter).",
    source="count of new subscriptions after a lost connection, or after the end of a daemon that is asked through it",
    note="After each the exporter lists everything again.",
    set="default",
)
JOBS = Metric(
    "libvirt_jobs_total",
    "counter",
    "Jobs on guests of the host that ended, by operation and result (libvirt event JOB_COMPLETED).",
    labels=("operation", "result"),
    source="count of JOB_COMPLETED",
    note=" ".join(("migration_in and migration_out start at 0 for all results. Outlives the guests.", RESETS)),
    set="default",
)
NETWORK_LIFECYCLE_EVENTS = Metric(
    "libvirt_network_lifecycle_events_total",
    "counter",
    "Lifecycle events of the network: defined, undefined, started or stopped (libvirt network event LIFECYCLE).",
    labels=("network", "event"),
    source="count of network LIFECYCLE",
    note=" ".join(("Only kinds that happened.", RESETS)),
    set="default",
)
STORAGE_POOL_LIFECYCLE_EVENTS = Metric(
    "libvirt_storage_pool_lifecycle_events_total",
    "counter",
    "Lifecycle events of the pool: defined, undefined, started, stopped, created or deleted (libvirt storage "
    "pool event LIFECYCLE).",
    labels=("storage_pool", "event"),
    source="count of storage pool LIFECYCLE",
    note=" ".join(("Only kinds that happened.", RESETS)),
    set="default",
)
STORAGE_POOL_REFRESHES = Metric(
    "libvirt_storage_pool_refreshes_total",
    "counter",
    "Times the pool was refreshed (libvirt storage pool event REFRESH).",
    labels=("storage_pool",),
    source="count of storage pool REFRESH",
    note=RESETS,
    set="default",
)
NODE_DEVICE_LIFECYCLE_EVENTS = Metric(
    "libvirt_node_device_lifecycle_events_total",
    "counter",
    "Lifecycle events of host devices: created, deleted, defined or undefined (libvirt node device event LIFECYCLE).",
    labels=("event",),
    source="count of node device LIFECYCLE",
    note=" ".join(("No device label: devices come and go.", RESETS)),
    set="default",
)
METRICS = (
    EVENT_SUBSCRIBED,
    EVENTS,
    LAST_EVENT,
    EVENT_GAPS,
    JOBS,
    NETWORK_LIFECYCLE_EVENTS,
    STORAGE_POOL_LIFECYCLE_EVENTS,
    STORAGE_POOL_REFRESHES,
    NODE_DEVICE_LIFECYCLE_EVENTS,
)
