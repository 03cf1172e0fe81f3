"""Volumes of storage pools."""

from xml.etree.ElementTree import Element

from exporter.collectors.collector import RARE, Collector, Feed
from exporter.collectors.source import ThingCall
from exporter.collectors.units import scaled
from exporter.exposition.labels import Labels
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Rows
from exporter.hypervisor.storage import Volumes, find_pools, pool_filter, read_volumes, volume_filter
from exporter.hypervisor.things import Thing

VOLUME_CAPACITY_BYTES = Metric(
    "libvirt_storage_volume_capacity_bytes",
    "gauge",
    "Size of the volume as a guest would see it (libvirt virStorageVolInfo.capacity).",
    labels=("storage_pool", "volume"),
    unit="bytes",
    source="vol.XMLDesc(0) capacity",
    note=(
        "Off: a call and five series for each volume; pools can hold thousands. A limit on volumes a pool"
        " is configurable."
    ),
    set="optional",
)
VOLUME_ALLOCATION_BYTES = Metric(
    "libvirt_storage_volume_allocation_bytes",
    "gauge",
    "Space the volume takes in the pool (libvirt virStorageVolInfo.allocation).",
    labels=("storage_pool", "volume"),
    unit="bytes",
    source="vol.XMLDesc(0) allocation",
    note=(
        "Off: a call and five series for each volume; pools can hold thousands. A limit on volumes a pool"
        " is configurable."
    ),
    set="optional",
)
VOLUME_PHYSICAL_BYTES = Metric(
    "libvirt_storage_volume_physical_bytes",
    "gauge",
    "Size of the volume's file or device (libvirt virStorageVolGetInfoFlags GET_PHYSICAL).",
    labels=("storage_pool", "volume"),
    unit="bytes",
    source="vol.XMLDesc(0) physical",
    note=(
        "Off: a call and five series for each volume; pools can hold thousands. A limit on volumes a pool"
        " is configurable."
    ),
    set="optional",
)
VOLUME_INFO = Metric(
    "libvirt_storage_volume_info",
    "info",
    "What the volume is made of (libvirt storage volume XML).",
    labels=("storage_pool", "volume", "volume_type", "volume_format", "backing_path"),
    source="vol.XMLDesc(0): @type, target/format/@type, backingStore/path",
    note=(
        "Off: a call and five series for each volume; pools can hold thousands. A limit on volumes a pool"
        " is configurable."
    ),
    set="optional",
)
POOL_VOLUMES_OMITTED = Metric(
    "libvirt_storage_pool_volumes_omitted",
    "gauge",
    "Volumes of the pool left out because of the limit (exporter).",
    labels=("storage_pool",),
    source="exporter: volumes beyond the configured limit",
    note=(
        "Off: a call and five series for each volume; pools can hold thousands. A limit on volumes a pool"
        " is configurable."
    ),
    set="optional",
)
METRICS = (VOLUME_CAPACITY_BYTES, VOLUME_ALLOCATION_BYTES, VOLUME_PHYSICAL_BYTES, VOLUME_INFO, POOL_VOLUMES_OMITTED)


_SIZES = {
    "capacity": VOLUME_CAPACITY_BYTES,
    "allocation": VOLUME_ALLOCATION_BYTES,
    "physical": VOLUME_PHYSICAL_BYTES,
}


def collect(thing: Thing, volumes: Volumes | None, rows: Rows) -> None:
    """The volumes of one pool; nothing while it does not answer."""
    if volumes is None:
        return
    for volume in volumes.descriptions:
        name = volume.findtext("name") or ""
        labels = Labels(VOLUME_CAPACITY_BYTES.labels, (thing.name, name))
        for tag, metric in _SIZES.items():
            size = volume.find(tag)
            if size is not None:
                rows.add(metric, labels, scaled(size.text or "", size.get("unit", "bytes")))
        rows.add(VOLUME_INFO, Labels(VOLUME_INFO.labels, (thing.name, name, *_facts(volume))), 1)
    if thing.active:
        rows.add(POOL_VOLUMES_OMITTED, Labels(POOL_VOLUMES_OMITTED.labels, (thing.name,)), volumes.omitted)


def _facts(volume: Element) -> tuple[str, str, str]:
    form = volume.find("target/format")
    return (
        volume.get("type", ""),
        "" if form is None else form.get("type", ""),
        volume.findtext("backingStore/path") or "",
    )


COLLECTOR = Collector(
    name="storage_volume",
    help="Volumes of storage pools: size, space taken, format, backing image.",
    metrics=METRICS,
    feeds=(Feed(ThingCall(find_pools, pool_filter, read_volumes, inside=volume_filter), collect),),
    interval=RARE,
    cost="four listings, two calls for each pool and one for each volume, which opens its image",
    queries=(("Largest volumes", "topk(10, libvirt_storage_volume_allocation_bytes)"),),
)
