"""What the disks of guests are: bus, driver, source, chain, block job."""

from xml.etree.ElementTree import Element

from exporter.collectors.collector import RARE, Collector, Feed
from exporter.collectors.source import Description
from exporter.collectors.units import yes_no
from exporter.exposition.labels import Labels
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import DISK, Guest

BLOCK_STATS_INFO = Metric(
    "libvirt_domain_block_stats_info",
    "info",
    "What the disk is made of (libvirt domain XML disk).",
    labels=(
        "domain",
        "disk_type",
        "target_bus",
        "driver_name",
        "driver_type",
        "driver_cache",
        "driver_discard",
        "source_file",
        "source_protocol",
        "target_device",
        "serial",
    ),
    source=(
        "XMLDesc(0) devices/disk: @type, target/@bus, driver/{@name,@type,@cache,@discard}, "
        "source/{@file,@dev,@protocol}, target/@dev, serial"
    ),
    note=(
        "source_file also holds the device, pool/volume or network image name, which inovex leaves empty. A "
        "snapshot changes source_file: a new series then."
    ),
    set="default",
)
BLOCK_DEVICE_INFO = Metric(
    "libvirt_domain_block_device_info",
    "info",
    "More about the disk: kind of device, alias in events, pool and volume (libvirt domain XML disk).",
    labels=(
        "domain",
        "target_device",
        "device",
        "alias",
        "wwn",
        "driver_io",
        "read_only",
        "shareable",
        "encrypted",
        "storage_pool",
        "volume",
    ),
    source=(
        "XMLDesc(0) devices/disk: @device, alias/@name, wwn, driver/@io, readonly, shareable, encryption, "
        "source/{@pool,@volume}"
    ),
    note=(
        "Joins guests to libvirt_storage_pool_* and events to target_device. Yes or no as labels, to spare three "
        "series a disk."
    ),
    set="default",
)
BLOCK_MEDIA_PRESENT = Metric(
    "libvirt_domain_block_media_present",
    "gauge",
    "Whether the removable drive holds a medium (libvirt domain XML disk/source).",
    labels=DISK,
    source="XMLDesc(0) devices/disk[@device='cdrom' or 'floppy']/source present",
    note="Removable drives only; refreshed by TRAY_CHANGE and DISK_CHANGE events.",
    set="default",
)
BLOCK_BACKING_IMAGES = Metric(
    "libvirt_domain_block_backing_images",
    "gauge",
    "Images below the active one in the backing chain (libvirt domain XML disk/backingStore).",
    labels=DISK,
    source="XMLDesc(0) devices/disk: depth of backingStore with a source",
    note="Long chains are slow and mean forgotten snapshots.",
    set="default",
)
BLOCK_MIRROR_INFO = Metric(
    "libvirt_domain_block_mirror_info",
    "info",
    "Mirror or active commit that runs on the disk, absent otherwise (libvirt domain XML disk/mirror).",
    labels=("domain", "target_device", "block_job", "ready"),
    source="XMLDesc(0) devices/disk/mirror @job, @ready",
    note="Shows block jobs without a call for each disk; refreshed by BLOCK_JOB_2 events.",
    set="default",
)
METRICS = (BLOCK_STATS_INFO, BLOCK_DEVICE_INFO, BLOCK_MEDIA_PRESENT, BLOCK_BACKING_IMAGES, BLOCK_MIRROR_INFO)


_SOURCES = ("file", "dev", "dir", "volume", "name", "path")
"""Attributes of a disk's source that say which image it is; for network disks and volumes it is the name."""


def describe(guest: Guest, root: Element, rows: Sink) -> None:
    """The facts of each disk that is shown."""
    for disk in root.findall("devices/disk"):
        target = disk.find("target")
        name = None if target is None else target.get("dev")
        labels = None if name is None else guest.disk(name)
        if target is None or name is None or labels is None:
            continue
        rows.add(BLOCK_STATS_INFO, Labels(BLOCK_STATS_INFO.labels, (guest.name, *_identity(disk, target))), 1)
        rows.add(BLOCK_DEVICE_INFO, Labels(BLOCK_DEVICE_INFO.labels, (guest.name, name, *_device(disk))), 1)
        if disk.get("device") in ("cdrom", "floppy"):
            rows.add(BLOCK_MEDIA_PRESENT, labels, int(disk.find("source") is not None))
        if guest.active:
            rows.add(BLOCK_BACKING_IMAGES, labels, _depth(disk))
        mirror = disk.find("mirror")
        if mirror is not None:
            values = (guest.name, name, mirror.get("job", ""), mirror.get("ready", "no"))
            rows.add(BLOCK_MIRROR_INFO, Labels(BLOCK_MIRROR_INFO.labels, values), 1)


def _identity(disk: Element, target: Element) -> tuple[str, ...]:
    driver = _attributes(disk.find("driver"))
    source = _attributes(disk.find("source"))
    image = next((source[name] for name in _SOURCES if name in source), "")
    if disk.get("type") == "volume" and "pool" in source:
        image = f"{source['pool']}/{image}"
    return (
        disk.get("type", ""),
        target.get("bus", ""),
        *(driver.get(name, "") for name in ("name", "type", "cache", "discard")),
        image,
        source.get("protocol", ""),
        target.get("dev", ""),
        disk.findtext("serial", ""),
    )


def _device(disk: Element) -> tuple[str, ...]:
    source = disk.find("source")
    encrypted = disk.find("encryption") is not None or (source is not None and source.find("encryption") is not None)
    place = _attributes(source)
    return (
        disk.get("device", "disk"),
        _attributes(disk.find("alias")).get("name", ""),
        disk.findtext("wwn", ""),
        _attributes(disk.find("driver")).get("io", ""),
        *(yes_no(disk.find(flag) is not None) for flag in ("readonly", "shareable")),
        yes_no(encrypted),
        place.get("pool", ""),
        place.get("volume", ""),
    )


def _attributes(element: Element | None) -> dict[str, str]:
    return {} if element is None else element.attrib


def _depth(disk: Element) -> int:
    """Images behind the one that is written to; an empty element ends the chain."""
    depth = 0
    image = disk.find("backingStore")
    while image is not None and image.find("source") is not None:
        depth += 1
        image = image.find("backingStore")
    return depth


COLLECTOR = Collector(
    name="domain_block_info",
    help="What the disks of guests are: bus, driver, source, chain, block job.",
    metrics=METRICS,
    feeds=(Feed(Description(), describe),),
    interval=RARE,
    cost="one XMLDesc for a guest that changed, shared by all that read descriptions",
    queries=(
        (
            "Bytes written a second, by image",
            "rate(libvirt_domain_block_stats_write_bytes_total[5m])"
            " * on(instance, domain, target_device) group_left(source_file) libvirt_domain_block_stats_info",
        ),
        ("Guests with long chains of images", "libvirt_domain_block_backing_images > 3"),
    ),
)
