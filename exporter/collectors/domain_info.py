"""Identity and size of guests."""

from xml.etree.ElementTree import Element

from exporter.collectors.collector import RARE, SLOW, Collector, Feed
from exporter.collectors.source import Description, listing, statistics
from exporter.collectors.units import kibibytes, nanoseconds
from exporter.exposition.labels import Labels
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import DOMAIN, Guest
from exporter.hypervisor.record import Record

INFO = Metric(
    "libvirt_domain_info",
    "info",
    "Identity of the guest, to join on domain (libvirt domain XML).",
    labels=("domain", "os_type", "os_type_arch", "os_type_machine", "uuid"),
    source="XMLDesc(0): name, uuid, os/type, os/type/@arch, os/type/@machine",
    note="The only place of the uuid; see catalogue.md for the reason.",
)
INFO_MAXIMUM_MEMORY_BYTES = Metric(
    "libvirt_domain_info_maximum_memory_bytes",
    "gauge",
    "Memory the guest may have at most, not what it uses (libvirt balloon.maximum).",
    labels=DOMAIN,
    unit="bytes",
    source="domstats balloon.maximum KiB -> bytes, else dom.info()[1]",
    note="Also for inactive guests.",
)
INFO_MEMORY_USAGE_BYTES = Metric(
    "libvirt_domain_info_memory_usage_bytes",
    "gauge",
    "Memory given to the guest at present, not what the guest uses of it (libvirt balloon.current).",
    labels=DOMAIN,
    unit="bytes",
    source="domstats balloon.current KiB -> bytes, else dom.info()[2]",
    note=(
        "The name misleads and is kept for compatibility; use inside the guest is usable_bytes and "
        "unused_bytes. Active guests only: a guest that is off uses nothing."
    ),
)
INFO_VIRTUAL_CPUS = Metric(
    "libvirt_domain_info_virtual_cpus",
    "gauge",
    "vCPUs of the guest at present (libvirt vcpu.current).",
    labels=DOMAIN,
    source="domstats vcpu.current, else dom.info()[3]",
    note="Also for inactive guests.",
)
INFO_CPU_TIME_SECONDS = Metric(
    "libvirt_domain_info_cpu_time_seconds_total",
    "counter",
    "CPU time the guest used, emulator threads included (libvirt cpu.time).",
    labels=DOMAIN,
    unit="seconds",
    source="domstats cpu.time ns -> s, else dom.info()[4]",
    note=(
        "Resets with a new hypervisor process: start, restore, migration; not on reboot. Active guests "
        "only: for a guest that is off libvirt 9.0.0 gives the CPU time of its own daemon."
    ),
)
ACTIVE = Metric(
    "libvirt_domain_active",
    "gauge",
    "Whether the guest runs or is paused (libvirt virDomainIsActive).",
    labels=DOMAIN,
    source="in listAllDomains(ACTIVE)",
)
PERSISTENT = Metric(
    "libvirt_domain_persistent",
    "gauge",
    "Whether the guest is defined on the host and survives its own end (libvirt virDomainIsPersistent).",
    labels=DOMAIN,
    source="in listAllDomains(PERSISTENT)",
    note="One call for all guests; likewise the three below.",
    set="default",
)
AUTOSTART = Metric(
    "libvirt_domain_autostart",
    "gauge",
    "Whether the guest starts with the host (libvirt virDomainGetAutostart).",
    labels=DOMAIN,
    source="in listAllDomains(AUTOSTART)",
    note="autostart 1 with active 0 is worth an alert.",
    set="default",
)
MANAGED_SAVE = Metric(
    "libvirt_domain_managed_save",
    "gauge",
    "Whether a saved memory image waits for the next start (libvirt virDomainHasManagedSaveImage).",
    labels=DOMAIN,
    source="in listAllDomains(MANAGEDSAVE)",
    set="default",
)
UPDATED = Metric(
    "libvirt_domain_updated",
    "gauge",
    "Whether the definition changed since the guest started, so that a restart changes it (libvirt "
    "virDomainIsUpdated).",
    labels=DOMAIN,
    source="dom.isUpdated() for active persistent guests, or a LIFECYCLE event DEFINED_UPDATED since it started",
    note=(
        "Asked for without the monitor, with the description. The QEMU driver of libvirt 9.0 says 0 of a running guest "
        "that was defined anew, so the event counts as well: a change that was not heard, before the exporter ran for "
        "example, may not be seen."
    ),
    set="default",
)
HARDWARE_INFO = Metric(
    "libvirt_domain_hardware_info",
    "info",
    "How the guest is virtualized: kind, emulator, firmware and CPU model (libvirt domain XML).",
    labels=("domain", "virtualization", "emulator", "firmware", "secure_boot", "cpu_mode", "cpu_model"),
    source=("XMLDesc(0): @type, devices/emulator, os/@firmware or os/loader, os/loader/@secure, cpu/@mode, cpu/model"),
    note='virtualization="qemu" on a KVM host is a slow guest.',
    set="default",
)
METRICS = (
    INFO,
    INFO_MAXIMUM_MEMORY_BYTES,
    INFO_MEMORY_USAGE_BYTES,
    INFO_VIRTUAL_CPUS,
    INFO_CPU_TIME_SECONDS,
    ACTIVE,
    PERSISTENT,
    AUTOSTART,
    MANAGED_SAVE,
    UPDATED,
    HARDWARE_INFO,
)


def collect(guest: Guest, record: Record, rows: Sink) -> None:
    """vCPUs and CPU time; what a guest uses is absent while it is off."""
    vcpus = record.fields("vcpu").get("current")
    if vcpus is not None:
        rows.add(INFO_VIRTUAL_CPUS, guest.domain, int(vcpus))
    time = record.fields("cpu").get("time")
    if guest.active and time is not None:
        rows.add(INFO_CPU_TIME_SECONDS, guest.domain, nanoseconds(int(time)))


def memory(guest: Guest, record: Record, rows: Sink) -> None:
    """What it was given and may have; the former is absent while it is off."""
    balloon = record.fields("balloon")
    if "maximum" in balloon:
        rows.add(INFO_MAXIMUM_MEMORY_BYTES, guest.domain, kibibytes(int(balloon["maximum"])))
    if guest.active and "current" in balloon:
        rows.add(INFO_MEMORY_USAGE_BYTES, guest.domain, kibibytes(int(balloon["current"])))


def active(guest: Guest, _record: Record | None, rows: Sink) -> None:
    """Whether the guest runs or is paused."""
    rows.add(ACTIVE, guest.domain, int(guest.active))


_FLAGS = {"persistent": PERSISTENT, "autostart": AUTOSTART, "managed_save": MANAGED_SAVE}


def listed(guest: Guest, _record: None, rows: Sink) -> None:
    """Whether the guest stands in each listing the host gave."""
    for name, metric in _FLAGS.items():
        if name in guest.listings:
            rows.add(metric, guest.domain, int(name in guest.flags))


def describe(guest: Guest, root: Element, rows: Sink) -> None:
    """Type, architecture and machine, and the uuid to join on; whether it is what the guest was started with."""
    kind = root.find("os/type")
    os_type, arch, machine = (
        ("", "", "") if kind is None else (kind.text or "", kind.get("arch", ""), kind.get("machine", ""))
    )
    rows.add(INFO, Labels(INFO.labels, (guest.name, os_type, arch, machine, guest.uuid)), 1)
    rows.add(HARDWARE_INFO, Labels(HARDWARE_INFO.labels, (guest.name, *_hardware(root))), 1)
    if guest.updated is not None:
        rows.add(UPDATED, guest.domain, int(guest.updated or guest.redefined))


def _hardware(root: Element) -> tuple[str, ...]:
    def get(path: str, name: str) -> str:
        element = root.find(path)
        return "" if element is None else element.get(name, "")

    loader = root.findtext("os/loader", "")
    return (
        root.get("type", ""),
        root.findtext("devices/emulator", ""),
        get("os", "firmware") or {"pflash": "efi", "rom": "bios"}.get(get("os/loader", "type"), loader),
        get("os/loader", "secure") or "no",
        get("cpu", "mode"),
        root.findtext("cpu/model", ""),
    )


COLLECTOR = Collector(
    name="domain_info",
    help="Identity of guests, and their size: memory, vCPUs, CPU time.",
    metrics=METRICS,
    feeds=(
        Feed(statistics("cpu", "vcpu"), collect),
        Feed(
            statistics("balloon"),
            memory,
            interval=SLOW,
            writes=(INFO_MAXIMUM_MEMORY_BYTES, INFO_MEMORY_USAGE_BYTES),
        ),
        Feed(statistics(every=True), active, made_of=lambda guest, _record: guest.active),
        Feed(
            listing("persistent", "autostart", "managed_save"),
            listed,
            interval=SLOW,
            writes=(PERSISTENT, AUTOSTART, MANAGED_SAVE),
            made_of=lambda guest, _record: (guest.listings, guest.flags),
        ),
        Feed(Description(), describe, interval=RARE, writes=(INFO, HARDWARE_INFO, UPDATED)),
    ),
    cost="what domain_cpu and domain_vcpu ask for, and every minute what domain_memory does; one XMLDesc, isPersistent "
    "and isUpdated for a guest that changed; every minute three listAllDomains",
    queries=(
        ("CPUs that each guest keeps busy", "rate(libvirt_domain_info_cpu_time_seconds_total[5m])"),
        ("Guests that should run and do not", "libvirt_domain_autostart == 1 and libvirt_domain_active == 0"),
    ),
)
