"""vCPUs of guests: how many, and the time each ran and waited."""

from exporter.collectors.collector import Collector, Feed, Field, FieldTable, not_run
from exporter.collectors.source import statistics
from exporter.collectors.units import nanoseconds
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import DOMAIN, VCPU, Guest
from exporter.hypervisor.record import Record

CURRENT = Metric(
    "libvirt_domain_vcpu_current",
    "gauge",
    "vCPUs that are online (libvirt vcpu.current).",
    labels=DOMAIN,
    source="domstats vcpu.current",
    note="The same number as libvirt_domain_info_virtual_cpus; both names are in use.",
)
MAXIMUM = Metric(
    "libvirt_domain_vcpu_maximum",
    "gauge",
    "vCPUs the guest may have at most (libvirt vcpu.maximum).",
    labels=DOMAIN,
    source="domstats vcpu.maximum",
)
STATE = Metric(
    "libvirt_domain_vcpu_state",
    "gauge",
    "State of the vCPU as libvirt's number: 0 offline, 1 running, 2 blocked (libvirt vcpu.<n>.state).",
    labels=VCPU,
    source="domstats vcpu.<n>.state",
    note=(
        "vCPU numbers can have holes after hot-unplug. QEMU says 1 even for a paused guest: see libvirt_domain_state."
    ),
)
TIME_SECONDS = Metric(
    "libvirt_domain_vcpu_time_seconds_total",
    "counter",
    "CPU time the vCPU used (libvirt vcpu.<n>.time).",
    labels=VCPU,
    unit="seconds",
    source="domstats vcpu.<n>.time ns -> s",
    note=("Resets with a new hypervisor process and when the vCPU is plugged again, not on reboot. Steps of 10 ms."),
)
WAIT_SECONDS = Metric(
    "libvirt_domain_vcpu_wait_seconds_total",
    "counter",
    "Time the vCPU wanted to run while the host scheduler had something else to do (libvirt vcpu.<n>.wait).",
    labels=VCPU,
    unit="seconds",
    source="domstats vcpu.<n>.wait ns -> s",
    note="Host kernels without CONFIG_SCHEDSTATS give 0; delay is the better signal.",
)
DELAY_SECONDS = Metric(
    "libvirt_domain_vcpu_delay_seconds_total",
    "counter",
    "Time the vCPU waited in the host's run queue, which the guest sees as steal (libvirt vcpu.<n>.delay).",
    labels=VCPU,
    unit="seconds",
    source="domstats vcpu.<n>.delay ns -> s",
    note="The overload signal.",
)
HALTED = Metric(
    "libvirt_domain_vcpu_halted",
    "gauge",
    "Whether the vCPU is halted, idle or switched off by the guest (libvirt vcpu.<n>.halted).",
    labels=VCPU,
    source="domstats vcpu.<n>.halted",
    note="Only on architectures where it means something, such as s390x.",
    set="default",
)
METRICS = (CURRENT, MAXIMUM, STATE, TIME_SECONDS, WAIT_SECONDS, DELAY_SECONDS, HALTED)


GUEST_FIELDS = FieldTable("vcpu", {"current": Field(CURRENT), "maximum": Field(MAXIMUM)})
FIELDS = FieldTable(
    "vcpu.<n>",
    {
        "state": Field(STATE),
        "time": Field(TIME_SECONDS, nanoseconds),
        "wait": Field(WAIT_SECONDS, nanoseconds),
        "delay": Field(DELAY_SECONDS, nanoseconds),
        "halted": Field(HALTED, int),
    },
)


def collect(guest: Guest, record: Record, rows: Sink) -> None:
    """The counts of a guest, then its vCPUs, whose numbers can have holes."""
    GUEST_FIELDS.write(record.fields("vcpu"), guest.domain, rows)
    for number, fields in record.devices("vcpu").items():
        FIELDS.write(fields, guest.vcpu(number), rows)


COLLECTOR = Collector(
    name="domain_vcpu",
    help="vCPUs of guests: how many, and the time each ran, waited and was delayed.",
    metrics=METRICS,
    feeds=(Feed(statistics("vcpu"), collect),),
    cost="the group VCPU of the bulk call",
    fields=(GUEST_FIELDS, FIELDS),
    queries=(
        (
            "Share of the time that a vCPU waited for a CPU of the host, which its guest sees as steal",
            "rate(libvirt_domain_vcpu_delay_seconds_total[5m])",
        ),
        (
            "How busy the vCPUs of each guest are",
            "sum by (instance, domain) (rate(libvirt_domain_vcpu_time_seconds_total[5m])) / "
            "on(instance, domain) libvirt_domain_vcpu_current",
        ),
    ),
    notes=(not_run("`halted` is told on architectures such as s390x"),),
)
