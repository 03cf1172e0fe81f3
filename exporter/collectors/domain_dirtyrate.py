"""Dirty rate of guests: how fast they write to their memory."""

from exporter.collectors.collector import SLOW, Collector, Feed, Field, FieldTable, not_run
from exporter.collectors.source import statistics
from exporter.collectors.units import mebibytes
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import DOMAIN, VCPU, Guest
from exporter.hypervisor.enums import DIRTY_RATE_STATES
from exporter.hypervisor.record import Record, numbered

_NOTE = (
    "Off: a monitor request a guest (150 ms for 101 guests), and empty until somebody with write access starts a "
    "calculation (virsh domdirtyrate-calc). A call of its own: in libvirt 9.0.0 a guest that dies during it fails"
    " the whole bulk call."
)

DIRTY_RATE_BYTES_PER_SECOND = Metric(
    "libvirt_domain_dirty_rate_bytes_per_second",
    "gauge",
    "Rate at which the guest dirtied memory in the last calculation (libvirt dirtyrate.megabytes_per_second).",
    labels=DOMAIN,
    unit="bytes_per_second",
    source="domstats dirtyrate.megabytes_per_second MiB -> bytes, when calc_status is measured",
    note=_NOTE,
    set="optional",
)
VCPU_DIRTY_RATE_BYTES_PER_SECOND = Metric(
    "libvirt_domain_vcpu_dirty_rate_bytes_per_second",
    "gauge",
    "Rate at which the vCPU dirtied memory in the last calculation (libvirt dirtyrate.vcpu.<n>.megabytes_per_second).",
    labels=VCPU,
    unit="bytes_per_second",
    source="domstats dirtyrate.vcpu.<n>.megabytes_per_second MiB -> bytes",
    note=_NOTE + " Mode dirty-ring only.",
    set="optional",
)
DIRTY_RATE_STATUS = Metric(
    "libvirt_domain_dirty_rate_status",
    "stateset",
    "State of the dirty rate calculation: unstarted, measuring or measured, exactly one is 1 (libvirt "
    "dirtyrate.calc_status).",
    labels=("domain", "status"),
    source="domstats dirtyrate.calc_status",
    note=_NOTE,
    set="optional",
)
DIRTY_RATE_PERIOD_SECONDS = Metric(
    "libvirt_domain_dirty_rate_period_seconds",
    "gauge",
    "Length of the last dirty rate calculation (libvirt dirtyrate.calc_period).",
    labels=DOMAIN,
    unit="seconds",
    source="domstats dirtyrate.calc_period s",
    note=_NOTE + " calc_start_time is left out: it is on QEMU's monotonic clock, not Unix time.",
    set="optional",
)
DIRTY_RATE_MODE_INFO = Metric(
    "libvirt_domain_dirty_rate_mode_info",
    "info",
    "How the dirty rate was calculated (libvirt dirtyrate.calc_mode).",
    labels=("domain", "mode"),
    source="domstats dirtyrate.calc_mode",
    note=_NOTE,
    set="optional",
)
METRICS = (
    DIRTY_RATE_BYTES_PER_SECOND,
    VCPU_DIRTY_RATE_BYTES_PER_SECOND,
    DIRTY_RATE_STATUS,
    DIRTY_RATE_PERIOD_SECONDS,
    DIRTY_RATE_MODE_INFO,
)


FIELDS = FieldTable(
    "dirtyrate",
    {"calc_period": Field(DIRTY_RATE_PERIOD_SECONDS)},
    known=("calc_status", "calc_start_time", "calc_mode", "megabytes_per_second", "vcpu.<n>.megabytes_per_second"),
)


def collect(guest: Guest, record: Record, rows: Sink) -> None:
    """The last calculation; nothing of it before somebody started one."""
    fields = record.fields("dirtyrate")
    status = fields.get("calc_status")
    if status is None:
        return
    name = DIRTY_RATE_STATES.get(int(status), "unknown")
    for each in (*DIRTY_RATE_STATES.values(), *(("unknown",) if name == "unknown" else ())):
        rows.add(DIRTY_RATE_STATUS, guest.labels(DIRTY_RATE_STATUS.labels, each), int(each == name))
    if name == "unstarted":
        return
    FIELDS.write(fields, guest.domain, rows)
    if "calc_mode" in fields:
        rows.add(DIRTY_RATE_MODE_INFO, guest.labels(DIRTY_RATE_MODE_INFO.labels, str(fields["calc_mode"])), 1)
    if name != "measured":
        return
    if "megabytes_per_second" in fields:
        rows.add(DIRTY_RATE_BYTES_PER_SECOND, guest.domain, mebibytes(int(fields["megabytes_per_second"])))
    for number, vcpu in numbered(fields, "vcpu").items():
        if "megabytes_per_second" in vcpu:
            rate = mebibytes(int(vcpu["megabytes_per_second"]))
            rows.add(VCPU_DIRTY_RATE_BYTES_PER_SECOND, guest.vcpu(number), rate)


COLLECTOR = Collector(
    name="domain_dirtyrate",
    help="How fast guests write to their memory, as last calculated for somebody.",
    metrics=METRICS,
    feeds=(Feed(statistics("dirtyrate", apart=True), collect),),
    interval=SLOW,
    cost="the group DIRTYRATE in a call of its own, which enters the monitor of each guest",
    fields=(FIELDS,),
    queries=(
        (
            "Guests that write to their memory faster than a link of 10 Gbit/s could move it",
            "libvirt_domain_dirty_rate_bytes_per_second > 1.25e9",
        ),
    ),
    notes=(not_run("the rate of each vCPU needs KVM's dirty ring"),),
)
