"""Where vCPUs run on the host."""

from exporter.collectors.collector import SLOW, Collector, Feed
from exporter.collectors.nodeset import ranges
from exporter.collectors.source import GuestCall
from exporter.exposition.labels import Labels
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import DOMAIN, VCPU, Guest
from exporter.hypervisor.placement import Placement, read_placement

_LIVE = "Off: as above. What holds now; what the definition asks for is libvirt_domain_tuning_*_pin_info."

VCPU_CPU = Metric(
    "libvirt_domain_vcpu_cpu",
    "gauge",
    "Host CPU on which the vCPU ran last, -1 for none (libvirt virDomainGetVcpus).",
    labels=VCPU,
    source="dom.vcpus()[0][n][3]",
    note="Off: three calls a guest, and a value that is an identifier. -1 offline, -2 any CPU.",
    set="optional",
)
VCPU_AFFINITY_CPUS = Metric(
    "libvirt_domain_vcpu_affinity_cpus",
    "gauge",
    "Host CPUs the vCPU may run on (libvirt virDomainGetVcpus cpumap).",
    labels=VCPU,
    source="count of dom.vcpus()[1][n]",
    note="Off: as above.",
    set="optional",
)
EMULATOR_AFFINITY_CPUS = Metric(
    "libvirt_domain_emulator_affinity_cpus",
    "gauge",
    "Host CPUs the emulator threads may run on (libvirt virDomainGetEmulatorPinInfo).",
    labels=DOMAIN,
    source="count of dom.emulatorPinInfo()",
    note="Off: two calls a guest.",
    set="optional",
)
VCPU_AFFINITY_INFO = Metric(
    "libvirt_domain_vcpu_affinity_info",
    "info",
    "Which host CPUs the vCPU may run on (libvirt virDomainGetVcpus cpumap).",
    labels=("domain", "vcpu", "cpus"),
    source="dom.vcpus()[1][n] as ranges, such as 0-3,8",
    note=_LIVE,
    set="optional",
)
EMULATOR_AFFINITY_INFO = Metric(
    "libvirt_domain_emulator_affinity_info",
    "info",
    "Which host CPUs the emulator threads may run on (libvirt virDomainGetEmulatorPinInfo).",
    labels=("domain", "cpus"),
    source="dom.emulatorPinInfo() as ranges, such as 0-3,8",
    note=_LIVE,
    set="optional",
)
METRICS = (VCPU_CPU, VCPU_AFFINITY_CPUS, VCPU_AFFINITY_INFO, EMULATOR_AFFINITY_CPUS, EMULATOR_AFFINITY_INFO)


def collect(guest: Guest, placement: Placement, rows: Sink) -> None:
    """Where each vCPU is, and on which host CPUs it and the emulator may run."""
    for number, cpu in placement.cpus.items():
        rows.add(VCPU_CPU, guest.vcpu(number), cpu)
    for number, cpus in placement.affinities.items():
        rows.add(VCPU_AFFINITY_CPUS, guest.vcpu(number), len(cpus))
        values = (guest.name, str(number), ranges(cpus))
        rows.add(VCPU_AFFINITY_INFO, Labels(VCPU_AFFINITY_INFO.labels, values), 1)
    if placement.emulator is not None:
        rows.add(EMULATOR_AFFINITY_CPUS, guest.domain, len(placement.emulator))
        where = (guest.name, ranges(placement.emulator))
        rows.add(EMULATOR_AFFINITY_INFO, Labels(EMULATOR_AFFINITY_INFO.labels, where), 1)


COLLECTOR = Collector(
    name="domain_vcpu_placement",
    help="On which host CPUs vCPUs and emulators are and may be.",
    metrics=METRICS,
    feeds=(Feed(GuestCall(read_placement, enters_monitor=False), collect),),
    interval=SLOW,
    cost="vcpus and emulatorPinInfo, five requests a guest; the monitor is not entered",
    queries=(
        ("vCPUs on each CPU of a host", 'count_values by (instance) ("cpu", libvirt_domain_vcpu_cpu)'),
        (
            "vCPUs that may run elsewhere than their definition says",
            "libvirt_domain_tuning_vcpu_pin_info unless on(instance, domain, vcpu, cpus)"
            " libvirt_domain_vcpu_affinity_info",
        ),
    ),
)
