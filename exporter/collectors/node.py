"""The host: identity, processors and what it can run."""

from xml.etree.ElementTree import Element

from exporter.collectors.collector import SLOW, Collector, Feed, not_run
from exporter.collectors.source import HostCall
from exporter.collectors.units import megahertz, scaled
from exporter.exposition.labels import Labels
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Rows
from exporter.hypervisor.node import Node, read_node

INFO = Metric(
    "libvirt_node_info",
    "info",
    "Identity of the host (libvirt getHostname and capabilities).",
    labels=("hostname", "uuid", "arch", "cpu_vendor", "cpu_model", "cpu_microcode"),
    source=(
        "conn.getHostname(); getCapabilities() host/uuid, host/cpu/{arch,vendor,model}, host/cpu/microcode/@version"
    ),
    note=("Capabilities can take 35 s on a host where /dev/kvm may not be opened: slow schedule, own deadline."),
)
CPUS = Metric(
    "libvirt_node_cpus",
    "gauge",
    "Logical CPUs of the host, offline ones included (libvirt getCPUMap).",
    source="getCPUMap()[0]",
    note="Not nodes*sockets*cores*threads: that product is wrong on uneven hosts.",
)
CPUS_ONLINE = Metric(
    "libvirt_node_cpus_online",
    "gauge",
    "Logical CPUs of the host that are online (libvirt getCPUMap).",
    source="getCPUMap()[2]",
    note="The denominator of vCPU overcommit.",
)
CPU_SOCKETS = Metric(
    "libvirt_node_cpu_sockets",
    "gauge",
    "CPU sockets in each NUMA cell (libvirt virNodeInfo.sockets).",
    source="getInfo()[5]",
)
CPU_CORES_PER_SOCKET = Metric(
    "libvirt_node_cpu_cores_per_socket",
    "gauge",
    "CPU cores in each socket (libvirt virNodeInfo.cores).",
    source="getInfo()[6]",
)
CPU_THREADS_PER_CORE = Metric(
    "libvirt_node_cpu_threads_per_core",
    "gauge",
    "Hardware threads in each CPU core (libvirt virNodeInfo.threads).",
    source="getInfo()[7]",
)
CPU_FREQUENCY_HERTZ = Metric(
    "libvirt_node_cpu_frequency_hertz",
    "gauge",
    "CPU frequency the host reports (libvirt virNodeInfo.mhz).",
    unit="hertz",
    source="getInfo()[3] MHz*1e6 -> Hz",
    note="0 means unknown to libvirt: absent then.",
)
NUMA_CELLS = Metric(
    "libvirt_node_numa_cells",
    "gauge",
    "NUMA cells of the host (libvirt capabilities host/topology).",
    source="getCapabilities() host/topology/cells/@num",
    note="getInfo()[4] is 1 on uneven topologies, so capabilities are asked.",
)
MAXIMUM_VCPUS = Metric(
    "libvirt_node_maximum_vcpus",
    "gauge",
    "vCPUs a single guest may have with the default hypervisor (libvirt getMaxVcpus).",
    source="getMaxVcpus(None)",
)
CACHE_BANK_BYTES = Metric(
    "libvirt_node_cache_bank_bytes",
    "gauge",
    "Size of a CPU cache bank that can be allocated or monitored (libvirt capabilities host/cache).",
    labels=("level", "bank", "cache_type"),
    unit="bytes",
    source="getCapabilities() host/cache/bank/@size with @unit -> bytes",
)
SECURITY_MODEL_INFO = Metric(
    "libvirt_node_security_model_info",
    "info",
    "Security models active on the host (libvirt capabilities host/secmodel).",
    labels=("model", "doi"),
    source="getCapabilities() host/secmodel/{model,doi}",
    note="getSecurityModel() names only the first model, so capabilities are asked.",
)
VIRTUALIZATION_INFO = Metric(
    "libvirt_node_virtualization_info",
    "info",
    "What the host can run: virtualization kinds such as kvm or qemu, by guest architecture (libvirt "
    "capabilities guest).",
    labels=("arch", "os_type", "virtualization"),
    source="getCapabilities() guest/{os_type,arch/@name,arch/domain/@type}",
    note='A host that loses virtualization="kvm" fell back to emulation: worth an alert.',
)
IOMMU_SUPPORTED = Metric(
    "libvirt_node_iommu_supported",
    "gauge",
    "Whether the host has an IOMMU that libvirt can use for device assignment (libvirt capabilities host/iommu).",
    source="getCapabilities() host/iommu/@support yes -> 1",
)
LIVE_MIGRATION_SUPPORTED = Metric(
    "libvirt_node_live_migration_supported",
    "gauge",
    "Whether the host can migrate running guests (libvirt capabilities host/migration_features).",
    source="getCapabilities() host/migration_features/live present -> 1",
)
SYSINFO_INFO = Metric(
    "libvirt_node_sysinfo_info",
    "info",
    "Hardware maker and firmware of the host (libvirt getSysinfo).",
    labels=("manufacturer", "product", "version", "bios_vendor", "bios_version"),
    source="getSysinfo() system/entry and bios/entry",
    note="Absent where SMBIOS data cannot be read. Serial numbers are left out on purpose.",
)
METRICS = (
    INFO,
    CPUS,
    CPUS_ONLINE,
    CPU_SOCKETS,
    CPU_CORES_PER_SOCKET,
    CPU_THREADS_PER_CORE,
    CPU_FREQUENCY_HERTZ,
    NUMA_CELLS,
    MAXIMUM_VCPUS,
    CACHE_BANK_BYTES,
    SECURITY_MODEL_INFO,
    VIRTUALIZATION_INFO,
    IOMMU_SUPPORTED,
    LIVE_MIGRATION_SUPPORTED,
    SYSINFO_INFO,
)


def collect(node: Node, rows: Rows) -> None:
    """Processors first, then what the capabilities and SMBIOS say."""
    rows.one(CPUS, node.cpus)
    rows.one(CPUS_ONLINE, node.cpus_online)
    rows.one(MAXIMUM_VCPUS, node.maximum_vcpus)
    if node.info:
        rows.one(CPU_SOCKETS, int(node.info[5]))
        rows.one(CPU_CORES_PER_SOCKET, int(node.info[6]))
        rows.one(CPU_THREADS_PER_CORE, int(node.info[7]))
        if int(node.info[3]):  # 0: unknown to libvirt
            rows.one(CPU_FREQUENCY_HERTZ, megahertz(int(node.info[3])))
    host = None if node.capabilities is None else node.capabilities.find("host")
    rows.add(INFO, Labels(INFO.labels, _identity(node, host)), 1)
    if host is not None:
        _host(host, rows)
    for guest in () if node.capabilities is None else node.capabilities.findall("guest"):
        _guest_type(guest, rows)
    if node.sysinfo is not None:
        entries = {
            (part, entry.get("name")): entry.text or ""
            for part in ("system", "bios")
            for entry in node.sysinfo.findall(f"{part}/entry")
        }
        wanted = (
            ("system", "manufacturer"),
            ("system", "product"),
            ("system", "version"),
            ("bios", "vendor"),
            ("bios", "version"),
        )
        rows.add(SYSINFO_INFO, Labels(SYSINFO_INFO.labels, [entries.get(key, "") for key in wanted]), 1)


def _identity(node: Node, host: Element | None) -> tuple[str, ...]:
    def text(path: str) -> str:
        return "" if host is None else host.findtext(path, "")

    microcode = None if host is None else host.find("cpu/microcode")
    version = "" if microcode is None else microcode.get("version", "")
    return (
        node.hostname or "",
        text("uuid"),
        text("cpu/arch"),
        text("cpu/vendor"),
        text("cpu/model"),
        version,
    )


def _host(host: Element, rows: Rows) -> None:
    cells = host.find("topology/cells")
    if cells is not None:
        rows.one(NUMA_CELLS, int(cells.get("num", "0")))
    for bank in host.findall("cache/bank"):
        labels = Labels(CACHE_BANK_BYTES.labels, (bank.get("level", ""), bank.get("id", ""), bank.get("type", "")))
        rows.add(CACHE_BANK_BYTES, labels, scaled(bank.get("size", "0"), bank.get("unit", "B")))
    for model in host.findall("secmodel"):
        names = (model.findtext("model", ""), model.findtext("doi", ""))
        rows.add(SECURITY_MODEL_INFO, Labels(SECURITY_MODEL_INFO.labels, names), 1)
    iommu = host.find("iommu")
    if iommu is not None:
        rows.one(IOMMU_SUPPORTED, int(iommu.get("support") == "yes"))
    rows.one(LIVE_MIGRATION_SUPPORTED, int(host.find("migration_features/live") is not None))


def _guest_type(guest: Element, rows: Rows) -> None:
    arch = guest.find("arch")
    if arch is None:
        return
    os_type = guest.findtext("os_type", "")
    kinds = {domain.get("type", "") for domain in arch.findall("domain")}
    for kind in sorted(kinds):
        rows.add(VIRTUALIZATION_INFO, Labels(VIRTUALIZATION_INFO.labels, (arch.get("name", ""), os_type, kind)), 1)


COLLECTOR = Collector(
    name="node",
    help="Identity of the host, its processors and what it can run.",
    metrics=METRICS,
    feeds=(Feed(HostCall(read_node), collect),),
    interval=SLOW,
    cost="six calls",
    queries=(
        ("Hosts by processor model", "count by (cpu_vendor, cpu_model) (libvirt_node_info)"),
        ("Logical CPUs that are offline", "libvirt_node_cpus - libvirt_node_cpus_online > 0"),
    ),
    notes=(not_run("`sysinfo` needs SMBIOS; only what the test driver invents was run"),),
)
