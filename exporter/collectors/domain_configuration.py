"""The rest of what the definition of guests says, for inventories."""

from xml.etree.ElementTree import Element

from exporter.collectors.attributes import attribute_of
from exporter.collectors.collector import RARE, Collector, Feed
from exporter.collectors.source import Description
from exporter.collectors.units import kibibytes, pci
from exporter.exposition.labels import Labels
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import Guest

_NOTE = "Off: about ten series a guest for what hardly changes and few ask for."

CPU_TOPOLOGY_INFO = Metric(
    "libvirt_domain_cpu_topology_info",
    "info",
    "How the guest sees its CPUs arranged, absent if nobody chose it (libvirt domain XML cpu topology).",
    labels=("domain", "sockets", "dies", "cores", "threads"),
    source="XMLDesc(0) cpu/topology @sockets, @dies, @cores, @threads",
    note=_NOTE,
    set="optional",
)
FEATURE_INFO = Metric(
    "libvirt_domain_feature_info",
    "info",
    "Feature of the hypervisor that the definition switches (libvirt domain XML features).",
    labels=("domain", "feature", "state"),
    source="XMLDesc(0) children of features: tag, @state or @mode; on if it is only named",
    note=_NOTE,
    set="optional",
)
LIFECYCLE_ACTION_INFO = Metric(
    "libvirt_domain_lifecycle_action_info",
    "info",
    "What happens when the guest powers off, reboots or crashes (libvirt domain XML on_poweroff, on_reboot, on_crash).",
    labels=("domain", "on_poweroff", "on_reboot", "on_crash"),
    source="XMLDesc(0) on_poweroff, on_reboot, on_crash",
    note=_NOTE,
    set="optional",
)
BOOT_INFO = Metric(
    "libvirt_domain_boot_info",
    "info",
    "What the firmware tries to boot from, in the order of the label, or what a container starts (libvirt domain XML "
    "boot, init).",
    labels=("domain", "boot_order", "device"),
    source=(
        "XMLDesc(0) os/boot @dev, else devices/{disk,interface,hostdev,redirdev}/boot @order with the device's name, "
        "else os/init"
    ),
    note=_NOTE,
    set="optional",
)
CLOCK_INFO = Metric(
    "libvirt_domain_clock_info",
    "info",
    "What the guest's clock starts from: utc, localtime, a time zone or another (libvirt domain XML clock).",
    labels=("domain", "offset", "timezone"),
    source="XMLDesc(0) clock @offset, @timezone",
    note=_NOTE + " A Windows guest with utc shows a wrong time.",
    set="optional",
)
SYSINFO_INFO = Metric(
    "libvirt_domain_sysinfo_info",
    "info",
    "Machine that the guest is told it runs on, absent if nobody chose it (libvirt domain XML sysinfo).",
    labels=("domain", "manufacturer", "product", "version", "serial", "family"),
    source="XMLDesc(0) sysinfo/system/entry by @name",
    note=_NOTE,
    set="optional",
)
CONSOLE_INFO = Metric(
    "libvirt_domain_console_info",
    "info",
    "Serial line or console of the guest, and the file of the host that keeps what it said (libvirt domain XML serial, "
    "console).",
    labels=("domain", "kind", "port", "backend", "log_file"),
    source="XMLDesc(0) devices/{serial,console}: tag, target/@port, @type, log/@file",
    note=_NOTE,
    set="optional",
)
INPUT_INFO = Metric(
    "libvirt_domain_input_info",
    "info",
    "Keyboard, mouse or tablet of the guest (libvirt domain XML input).",
    labels=("domain", "input", "bus"),
    source="XMLDesc(0) devices/input @type, @bus; those alike are one",
    note=_NOTE,
    set="optional",
)
VIDEO_MEMORY_BYTES = Metric(
    "libvirt_domain_video_memory_bytes",
    "gauge",
    "Memory of the guest's graphics adapter (libvirt domain XML video vram).",
    labels=("domain", "model"),
    unit="bytes",
    source="XMLDesc(0) devices/video/model @type, @vram KiB -> bytes; those alike are one",
    note=_NOTE,
    set="optional",
)
DEVICE_ADDRESS_INFO = Metric(
    "libvirt_domain_device_address_info",
    "info",
    "Where the guest finds a device on its PCI bus (libvirt domain XML address).",
    labels=("domain", "device", "alias", "address"),
    source="XMLDesc(0) children of devices with address[@type='pci']: tag, alias/@name, domain:bus:slot.function",
    note=_NOTE + " As lspci says it inside the guest.",
    set="optional",
)
METRICS = (
    CPU_TOPOLOGY_INFO,
    FEATURE_INFO,
    LIFECYCLE_ACTION_INFO,
    BOOT_INFO,
    CLOCK_INFO,
    SYSINFO_INFO,
    CONSOLE_INFO,
    INPUT_INFO,
    VIDEO_MEMORY_BYTES,
    DEVICE_ADDRESS_INFO,
)

_LONGEST = 128
_BOOTABLE = ("disk", "interface", "hostdev", "redirdev")


def describe(guest: Guest, root: Element, rows: Sink) -> None:
    """What is there; devices that are alike are one series."""
    told = set()

    def info(metric: Metric, *values: str) -> None:
        cut = tuple(value[:_LONGEST] for value in values)
        if (metric, cut) not in told:
            told.add((metric, cut))
            rows.add(metric, Labels(metric.labels, (guest.name, *cut)), 1)

    topology = root.find("cpu/topology")
    if topology is not None:
        info(CPU_TOPOLOGY_INFO, *(topology.get(name, "") for name in CPU_TOPOLOGY_INFO.labels[1:]))
    for feature in root.findall("features/*"):
        info(FEATURE_INFO, feature.tag, feature.get("state") or feature.get("mode") or "on")
    info(LIFECYCLE_ACTION_INFO, *(root.findtext(name, "") for name in LIFECYCLE_ACTION_INFO.labels[1:]))
    for order, device in _boots(root):
        info(BOOT_INFO, order, device)
    clock = root.find("clock")
    if clock is not None:
        info(CLOCK_INFO, clock.get("offset", ""), clock.get("timezone", ""))
    entries = {entry.get("name"): entry.text or "" for entry in root.findall("sysinfo/system/entry")}
    if entries:
        info(SYSINFO_INFO, *(entries.get(name, "") for name in SYSINFO_INFO.labels[1:]))
    for kind in ("serial", "console"):
        for line in root.findall(f"devices/{kind}"):
            port, log = attribute_of(line, "target", "port"), attribute_of(line, "log", "file")
            info(CONSOLE_INFO, kind, port, line.get("type", ""), log)
    for each in root.findall("devices/input"):
        info(INPUT_INFO, each.get("type", ""), each.get("bus", ""))
    for model, memory in {
        each.get("type", ""): each.get("vram") for each in root.findall("devices/video/model")
    }.items():
        if memory:
            rows.add(VIDEO_MEMORY_BYTES, guest.labels(VIDEO_MEMORY_BYTES.labels, model), kibibytes(int(memory)))
    for each in root.findall("devices/*"):
        place = each.find("address[@type='pci']")
        if place is not None:
            info(DEVICE_ADDRESS_INFO, each.tag, attribute_of(each, "alias", "name"), pci(place))


def _boots(root: Element) -> list[tuple[str, str]]:
    """Order and device: kinds of devices, devices that have an order of their own, or the program of a container."""
    kinds = [(str(order), boot.get("dev", "")) for order, boot in enumerate(root.findall("os/boot"), 1)]
    single = [
        (boot.get("order", ""), attribute_of(device, "target", "dev") or attribute_of(device, "alias", "name") or kind)
        for kind in _BOOTABLE
        for device in root.findall(f"devices/{kind}")
        for boot in device.findall("boot")
    ]
    init = root.findtext("os/init")
    return kinds + single + ([("1", init)] if init else [])


COLLECTOR = Collector(
    name="domain_configuration",
    help="The rest of what the definition of guests says: CPU topology, features, boot order, clock, consoles.",
    metrics=METRICS,
    feeds=(Feed(Description(), describe),),
    interval=RARE,
    cost="one XMLDesc for a guest that changed, shared by all that read descriptions",
    queries=(
        ("Guests that stay off after a crash", 'libvirt_domain_lifecycle_action_info{on_crash="destroy"}'),
        ("Guests that boot from the network first", 'libvirt_domain_boot_info{boot_order="1",device="network"}'),
    ),
)
