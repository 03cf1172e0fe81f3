"""Devices of guests beside disks and interfaces."""

from xml.etree.ElementTree import Element

from exporter.collectors.attributes import attribute_of
from exporter.collectors.collector import RARE, Collector, Feed, not_run
from exporter.collectors.source import Description
from exporter.collectors.units import pci, scaled, yes_no
from exporter.exposition.labels import Labels
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import Guest

HOSTDEV_INFO = Metric(
    "libvirt_domain_hostdev_info",
    "info",
    "Host device assigned to the guest: PCI, USB, SCSI or mediated (libvirt domain XML hostdev).",
    labels=("domain", "alias", "subsystem", "address", "model", "managed"),
    source="XMLDesc(0) devices/hostdev: alias/@name, @type, source/address, @model, @managed",
    note="Only guests with assigned devices. Such guests may stop slowly and cannot always migrate.",
    set="default",
)
GRAPHICS_INFO = Metric(
    "libvirt_domain_graphics_info",
    "info",
    "Graphical console of the guest (libvirt domain XML graphics).",
    labels=("domain", "protocol", "listen", "port"),
    source="XMLDesc(0) devices/graphics: @type, listen/@address, @port or @tlsPort",
    note='listen="0.0.0.0" deserves a look. Passwords are not in XML read without SECURE.',
    set="default",
)
VIDEO_INFO = Metric(
    "libvirt_domain_video_info",
    "info",
    "Graphics adapter of the guest (libvirt domain XML video).",
    labels=("domain", "model", "heads", "accelerated"),
    source="XMLDesc(0) devices/video/model @type, @heads, acceleration/@accel3d",
    set="default",
)
TPM_INFO = Metric(
    "libvirt_domain_tpm_info",
    "info",
    "TPM of the guest, absent without one (libvirt domain XML tpm).",
    labels=("domain", "model", "backend", "version"),
    source="XMLDesc(0) devices/tpm @model, backend/{@type,@version}",
    set="default",
)
RNG_INFO = Metric(
    "libvirt_domain_rng_info",
    "info",
    "Random number device of the guest, absent without one (libvirt domain XML rng).",
    labels=("domain", "model", "backend"),
    source="XMLDesc(0) devices/rng @model, backend/@model",
    set="default",
)
WATCHDOG_INFO = Metric(
    "libvirt_domain_watchdog_info",
    "info",
    "Watchdog of the guest and what it does when it fires, absent without one (libvirt domain XML watchdog).",
    labels=("domain", "model", "action"),
    source="XMLDesc(0) devices/watchdog @model, @action",
    set="default",
)
PANIC_DEVICE_INFO = Metric(
    "libvirt_domain_panic_device_info",
    "info",
    "Device by which the guest can report a crash, absent without one (libvirt domain XML panic).",
    labels=("domain", "model"),
    source="XMLDesc(0) devices/panic/@model",
    note="Without one a panic inside the guest cannot be seen: libvirt_domain_panics_total stays 0.",
    set="default",
)
FILESYSTEM_INFO = Metric(
    "libvirt_domain_filesystem_info",
    "info",
    "Host directory shared with the guest (libvirt domain XML filesystem).",
    labels=("domain", "target", "driver", "access_mode", "source"),
    source="XMLDesc(0) devices/filesystem: target/@dir, driver/@type, @accessmode, source",
    set="default",
)
MEMORY_DEVICE_BYTES = Metric(
    "libvirt_domain_memory_device_bytes",
    "gauge",
    "Size of a memory module of the guest (libvirt domain XML memory device).",
    labels=("domain", "alias", "model"),
    unit="bytes",
    source="XMLDesc(0) devices/memory/target/size with @unit -> bytes",
    note="dimm, nvdimm, virtio-mem, virtio-pmem, sgx-epc.",
    set="default",
)
MEMORY_DEVICE_REQUESTED_BYTES = Metric(
    "libvirt_domain_memory_device_requested_bytes",
    "gauge",
    "Size a virtio-mem module was asked to have (libvirt domain XML memory device).",
    labels=("domain", "alias", "model"),
    unit="bytes",
    source="XMLDesc(0) devices/memory/target/requested with @unit -> bytes",
    note="Far from current_bytes for long: the guest does not follow.",
    set="default",
)
MEMORY_DEVICE_CURRENT_BYTES = Metric(
    "libvirt_domain_memory_device_current_bytes",
    "gauge",
    "Size a virtio-mem module has (libvirt domain XML memory device, event MEMORY_DEVICE_SIZE_CHANGE).",
    labels=("domain", "alias", "model"),
    unit="bytes",
    source="XMLDesc(0) devices/memory/target/current with @unit -> bytes; MEMORY_DEVICE_SIZE_CHANGE refreshes it",
    set="default",
)
SECURITY_LABEL_INFO = Metric(
    "libvirt_domain_security_label_info",
    "info",
    "Security label of the guest (libvirt domain XML seclabel).",
    labels=("domain", "model", "kind", "label"),
    source="XMLDesc(0) seclabel: @model, @type, label",
    note="sVirt labels are new at each start: a new series then.",
    set="default",
)
LAUNCH_SECURITY_INFO = Metric(
    "libvirt_domain_launch_security_info",
    "info",
    "Confidential computing of the guest: sev, sev-snp, tdx or s390-pv, absent otherwise (libvirt domain XML "
    "launchSecurity).",
    labels=("domain", "kind"),
    source="XMLDesc(0) launchSecurity/@type",
    note="virDomainGetLaunchSecurityInfo is refused read-only.",
    set="default",
)
METRICS = (
    HOSTDEV_INFO,
    GRAPHICS_INFO,
    VIDEO_INFO,
    TPM_INFO,
    RNG_INFO,
    WATCHDOG_INFO,
    PANIC_DEVICE_INFO,
    FILESYSTEM_INFO,
    MEMORY_DEVICE_BYTES,
    MEMORY_DEVICE_REQUESTED_BYTES,
    MEMORY_DEVICE_CURRENT_BYTES,
    SECURITY_LABEL_INFO,
    LAUNCH_SECURITY_INFO,
)


def describe(guest: Guest, root: Element, rows: Sink) -> None:
    """An info metric for each device, devices alike in one, and the sizes of memory devices."""
    told = set()

    def info(metric: Metric, *values: str) -> None:
        if (metric, values) not in told:
            told.add((metric, values))
            rows.add(metric, Labels(metric.labels, (guest.name, *values)), 1)

    for number, device in enumerate(root.findall("devices/hostdev")):
        place = (_alias(device, "hostdev", number), device.get("type", ""), _address(device))
        info(HOSTDEV_INFO, *place, device.get("model", ""), device.get("managed", ""))
    for graphics in root.findall("devices/graphics"):
        listen = attribute_of(graphics, "listen", "address") or graphics.get("listen", "")
        info(GRAPHICS_INFO, graphics.get("type", ""), listen, graphics.get("port", graphics.get("tlsPort", "")))
    for model in root.findall("devices/video/model"):
        accelerated = yes_no(attribute_of(model, "acceleration", "accel3d") == "yes")
        info(VIDEO_INFO, model.get("type", ""), model.get("heads", ""), accelerated)
    for device in root.findall("devices/tpm"):
        backend = (attribute_of(device, "backend", name) for name in ("type", "version"))
        info(TPM_INFO, device.get("model", ""), *backend)
    for device in root.findall("devices/rng"):
        info(RNG_INFO, device.get("model", ""), attribute_of(device, "backend", "model"))
    for device in root.findall("devices/watchdog"):
        info(WATCHDOG_INFO, device.get("model", ""), device.get("action", ""))
    for device in root.findall("devices/panic"):
        info(PANIC_DEVICE_INFO, device.get("model", ""))
    for device in root.findall("devices/filesystem"):
        info(FILESYSTEM_INFO, *_filesystem(device))
    for label in root.findall("seclabel"):
        info(SECURITY_LABEL_INFO, label.get("model", ""), label.get("type", ""), label.findtext("label", ""))
    for security in root.findall("launchSecurity"):
        info(LAUNCH_SECURITY_INFO, security.get("type", ""))
    for number, device in enumerate(root.findall("devices/memory")):
        values = (_alias(device, "memory", number), device.get("model", ""))
        labels = Labels(MEMORY_DEVICE_BYTES.labels, (guest.name, *values))
        for name, metric in _SIZES.items():
            size = device.find(f"target/{name}")
            if size is not None:
                rows.add(metric, labels, scaled(size.text or "", size.get("unit", "KiB")))


_SIZES = {
    "size": MEMORY_DEVICE_BYTES,
    "requested": MEMORY_DEVICE_REQUESTED_BYTES,
    "current": MEMORY_DEVICE_CURRENT_BYTES,
}


def _alias(device: Element, kind: str, number: int) -> str:
    """The name libvirt gives a device when its guest starts; before that, one by its place in the description."""
    return attribute_of(device, "alias", "name") or f"{kind}{number}"


def _address(device: Element) -> str:
    """Where an assigned device is on the host, as the tools of its subsystem write it."""
    address = device.find("source/address")
    if address is None:
        vendor, product = attribute_of(device, "source/vendor", "id"), attribute_of(device, "source/product", "id")
        named = (
            attribute_of(device, "source", "wwpn")
            or device.findtext("source/char", "")
            or device.findtext("source/block", "")
        )
        return f"{vendor}:{product}" if vendor else named
    if "uuid" in address.attrib:
        return address.get("uuid", "")
    if device.get("type") == "pci":
        return pci(address)
    if device.get("type") == "usb":
        return f"{address.get('bus', '')}:{address.get('device', '')}"
    place = ":".join(address.get(name, "") for name in ("bus", "target", "unit"))
    return f"{attribute_of(device, 'source/adapter', 'name')}:{place}"


def _filesystem(device: Element) -> tuple[str, str, str, str]:
    source = device.find("source")
    names = ("dir", "file", "dev", "name", "socket", "pool")
    place = "" if source is None else next((source.get(name, "") for name in names if source.get(name)), "")
    return (
        attribute_of(device, "target", "dir"),
        attribute_of(device, "driver", "type"),
        device.get("accessmode", ""),
        place,
    )


COLLECTOR = Collector(
    name="domain_device",
    help="Devices of guests beside disks and interfaces, those alike in one series, and what secures the guest.",
    metrics=METRICS,
    feeds=(Feed(Description(), describe),),
    interval=RARE,
    cost="one XMLDesc for a guest that changed, shared by all that read descriptions",
    queries=(
        ("Consoles that anybody may reach", 'libvirt_domain_graphics_info{listen="0.0.0.0"}'),
        (
            "Guests whose panics cannot be seen",
            "libvirt_domain_active == 1 unless on(instance, domain) libvirt_domain_panic_device_info",
        ),
    ),
    notes=(not_run("assigned devices and confidential guests need their hardware"),),
)
