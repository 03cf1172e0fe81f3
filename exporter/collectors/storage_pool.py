"""Storage pools, as of their last refresh."""

from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element

from exporter.collectors.collector import SLOW, Collector, Feed
from exporter.collectors.source import Events, ThingCall
from exporter.events.counts import EventCounts
from exporter.exposition.labels import NO_LABELS, Labels
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Rows
from exporter.hypervisor.storage import Pool, find_pools, pool_filter, read_pool
from exporter.hypervisor.things import Thing

POOLS = Metric(
    "libvirt_storage_pools",
    "gauge",
    "Storage pools the host knows, active or not (libvirt listAllStoragePools).",
    source="len(listAllStoragePools(0))",
    set="default",
)
POOL_INFO = Metric(
    "libvirt_storage_pool_info",
    "info",
    "What the pool is made of (libvirt storage pool XML).",
    labels=("storage_pool", "uuid", "pool_type", "target_path", "source"),
    source="pool.XMLDesc(0): uuid, @type, target/path, source/{host,name,device,dir}",
    note="source joined from host, name, device or directory, without authentication.",
    set="default",
)
POOL_STATE = Metric(
    "libvirt_storage_pool_state",
    "gauge",
    "State of the pool as libvirt's number: 0 inactive, 1 building, 2 running, 3 degraded, 4 "
    "inaccessible (libvirt virStoragePoolInfo.state).",
    labels=("storage_pool",),
    source="pool.info()[0]",
    note="No state set besides: four of five states never happen.",
    set="default",
)
POOL_CAPACITY_BYTES = Metric(
    "libvirt_storage_pool_capacity_bytes",
    "gauge",
    "Size of the pool (libvirt virStoragePoolInfo.capacity).",
    labels=("storage_pool",),
    unit="bytes",
    source="pool.info()[1]",
    note=(
        "As fresh as the pool's last refresh, which a read-only connection cannot ask for: see "
        "refresh_timestamp_seconds. Active pools only."
    ),
    set="default",
)
POOL_ALLOCATION_BYTES = Metric(
    "libvirt_storage_pool_allocation_bytes",
    "gauge",
    "Space in use in the pool (libvirt virStoragePoolInfo.allocation).",
    labels=("storage_pool",),
    unit="bytes",
    source="pool.info()[2]",
    note=(
        "As fresh as the pool's last refresh, which a read-only connection cannot ask for: see "
        "refresh_timestamp_seconds."
    ),
    set="default",
)
POOL_AVAILABLE_BYTES = Metric(
    "libvirt_storage_pool_available_bytes",
    "gauge",
    "Free space in the pool (libvirt virStoragePoolInfo.available).",
    labels=("storage_pool",),
    unit="bytes",
    source="pool.info()[3]",
    note=(
        "As fresh as the pool's last refresh, which a read-only connection cannot ask for: see "
        "refresh_timestamp_seconds."
    ),
    set="default",
)
POOL_TIMED_OUT = Metric(
    "libvirt_storage_pool_timed_out",
    "gauge",
    "Whether the last request for the pool missed its deadline (1) (exporter).",
    labels=("storage_pool",),
    source="exporter: deadline of pool.info()",
    note="A pool on a dead server can hang its calls.",
    set="default",
)
POOL_ACTIVE = Metric(
    "libvirt_storage_pool_active",
    "gauge",
    "Whether the pool is started (libvirt virStoragePoolIsActive).",
    labels=("storage_pool",),
    source="in listAllStoragePools(ACTIVE)",
    set="default",
)
POOL_PERSISTENT = Metric(
    "libvirt_storage_pool_persistent",
    "gauge",
    "Whether the pool is defined on the host (libvirt virStoragePoolIsPersistent).",
    labels=("storage_pool",),
    source="in listAllStoragePools(PERSISTENT)",
    set="default",
)
POOL_AUTOSTART = Metric(
    "libvirt_storage_pool_autostart",
    "gauge",
    "Whether the pool starts with the host (libvirt virStoragePoolGetAutostart).",
    labels=("storage_pool",),
    source="in listAllStoragePools(AUTOSTART)",
    note="autostart 1 with active 0 is worth an alert.",
    set="default",
)
POOL_VOLUMES = Metric(
    "libvirt_storage_pool_volumes",
    "gauge",
    "Volumes in the pool (libvirt virStoragePoolNumOfVolumes).",
    labels=("storage_pool",),
    source="pool.numOfVolumes() for active pools",
    note=(
        "As fresh as the pool's last refresh, which a read-only connection cannot ask for: see "
        "refresh_timestamp_seconds."
    ),
    set="default",
)
POOL_REFRESH_TIMESTAMP_SECONDS = Metric(
    "libvirt_storage_pool_refresh_timestamp_seconds",
    "gauge",
    "When the pool was last refreshed, absent until one was seen (libvirt event storage pool REFRESH).",
    labels=("storage_pool",),
    unit="seconds",
    source="time of the REFRESH event",
    note="Somebody must refresh: starting the pool, pool-refresh, or libvirt after it made a volume.",
    set="default",
)
METRICS = (
    POOLS,
    POOL_INFO,
    POOL_STATE,
    POOL_CAPACITY_BYTES,
    POOL_ALLOCATION_BYTES,
    POOL_AVAILABLE_BYTES,
    POOL_TIMED_OUT,
    POOL_ACTIVE,
    POOL_PERSISTENT,
    POOL_AUTOSTART,
    POOL_VOLUMES,
    POOL_REFRESH_TIMESTAMP_SECONDS,
)


def collect(thing: Thing, pool: Pool | None, rows: Rows) -> None:
    """What its listings tell, and what the pool itself tells if it answers."""
    labels = Labels(POOL_STATE.labels, (thing.name,))
    rows.add(POOL_TIMED_OUT, labels, int(pool is None))
    rows.add(POOL_ACTIVE, labels, int(thing.active))
    rows.add(POOL_PERSISTENT, labels, int(thing.persistent))
    rows.add(POOL_AUTOSTART, labels, int(thing.autostart))
    if pool is None:
        return
    state, capacity, allocation, available = pool.info
    rows.add(POOL_INFO, Labels(POOL_INFO.labels, (thing.name, *_facts(pool.description))), 1)
    rows.add(POOL_STATE, labels, state)
    if thing.active:
        rows.add(POOL_CAPACITY_BYTES, labels, capacity)
        rows.add(POOL_ALLOCATION_BYTES, labels, allocation)
        rows.add(POOL_AVAILABLE_BYTES, labels, available)
    if pool.volumes is not None:
        rows.add(POOL_VOLUMES, labels, pool.volumes)


def _facts(pool: Element) -> tuple[str, str, str, str]:
    """uuid, type, target path and source; never what the source is asked with, its user and secret."""
    hosts = ",".join(host.get("name", "") for host in pool.findall("source/host"))
    places = (
        hosts,
        pool.findtext("source/name") or "",
        ",".join(device.get("path", "") for device in pool.findall("source/device")),
        *(element.get("path", "") for element in pool.findall("source/dir")),
    )
    return (
        pool.findtext("uuid") or "",
        pool.get("type", ""),
        pool.findtext("target/path") or "",
        ":".join(place for place in places if place),
    )


def summarise(_values: Mapping[str, None], listed: Sequence[Thing], rows: Rows) -> None:
    """How many there are, before any filter."""
    rows.add(POOLS, NO_LABELS, len(listed))


def collect_refreshes(counts: EventCounts, rows: Rows) -> None:
    """When each pool was refreshed, as far as we saw it."""
    for name, at in counts.pool_refreshed_at.items():
        rows.add(POOL_REFRESH_TIMESTAMP_SECONDS, Labels(POOL_REFRESH_TIMESTAMP_SECONDS.labels, (name,)), at)


COLLECTOR = Collector(
    name="storage_pool",
    help="Storage pools: state, size, use and number of volumes, as of their last refresh.",
    metrics=METRICS,
    feeds=(
        Feed(ThingCall(find_pools, pool_filter, read_pool), collect, summarise),
        Feed(Events(), collect_refreshes),
    ),
    interval=SLOW,
    cost="four listings, and four calls for each pool; a pool that hangs costs itself alone",
    queries=(
        ("Pools fuller than 90 %", "libvirt_storage_pool_allocation_bytes / libvirt_storage_pool_capacity_bytes > 0.9"),
        (
            "Pools that should run and do not",
            "libvirt_storage_pool_autostart == 1 and libvirt_storage_pool_active == 0",
        ),
    ),
)
