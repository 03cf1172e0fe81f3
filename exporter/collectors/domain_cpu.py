"""CPU time of guests."""

from exporter.collectors.collector import Collector, Feed, Field, FieldTable, not_run
from exporter.collectors.source import statistics
from exporter.collectors.units import nanoseconds
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import DOMAIN, Guest
from exporter.hypervisor.record import Record

USER_SECONDS = Metric(
    "libvirt_domain_cpu_user_seconds_total",
    "counter",
    "CPU time the guest's process spent in user mode, guest code included (libvirt cpu.user).",
    labels=DOMAIN,
    unit="seconds",
    source="domstats cpu.user ns -> s",
    note=(
        "Resets with a new hypervisor process. Active guests only, see cpu_time. user and system need not"
        " add up to cpu_time."
    ),
)
SYSTEM_SECONDS = Metric(
    "libvirt_domain_cpu_system_seconds_total",
    "counter",
    "CPU time the guest's process spent in the host kernel (libvirt cpu.system).",
    labels=DOMAIN,
    unit="seconds",
    source="domstats cpu.system ns -> s",
    note=(
        "Resets with a new hypervisor process. Active guests only, see cpu_time. user and system need not"
        " add up to cpu_time."
    ),
)
HALT_POLL_SUCCESS_SECONDS = Metric(
    "libvirt_domain_cpu_halt_poll_success_seconds_total",
    "counter",
    "CPU time polled while halted until an interrupt came (libvirt cpu.haltpoll.success.time).",
    labels=DOMAIN,
    unit="seconds",
    source="domstats cpu.haltpoll.success.time ns -> s",
    note=(
        "KVM only, emulated guests give 0. The one part of CPU_TOTAL that needs the monitor, since "
        "libvirt 8.9: absent while it hangs."
    ),
    set="default",
)
HALT_POLL_FAIL_SECONDS = Metric(
    "libvirt_domain_cpu_halt_poll_fail_seconds_total",
    "counter",
    "CPU time polled while halted in vain (libvirt cpu.haltpoll.fail.time).",
    labels=DOMAIN,
    unit="seconds",
    source="domstats cpu.haltpoll.fail.time ns -> s",
    note=(
        "KVM only, emulated guests give 0. The one part of CPU_TOTAL that needs the monitor, since "
        "libvirt 8.9: absent while it hangs."
    ),
    set="default",
)
METRICS = (USER_SECONDS, SYSTEM_SECONDS, HALT_POLL_SUCCESS_SECONDS, HALT_POLL_FAIL_SECONDS)


FIELDS = FieldTable(
    "cpu",
    {
        "user": Field(USER_SECONDS, nanoseconds),
        "system": Field(SYSTEM_SECONDS, nanoseconds),
        "haltpoll.success.time": Field(HALT_POLL_SUCCESS_SECONDS, nanoseconds),
        "haltpoll.fail.time": Field(HALT_POLL_FAIL_SECONDS, nanoseconds),
    },
    known=("time",),
)


def collect(guest: Guest, record: Record, rows: Sink) -> None:
    """One sample a field."""
    FIELDS.write(record.fields("cpu"), guest.domain, rows)


COLLECTOR = Collector(
    name="domain_cpu",
    help="CPU time of guests in user and system mode, and halt polling.",
    metrics=METRICS,
    feeds=(Feed(statistics("cpu"), collect),),
    cost="the group CPU_TOTAL of the bulk call",
    fields=(FIELDS,),
    queries=(
        (
            "CPU time in the kernel of the host, as a share of all that a guest uses",
            "rate(libvirt_domain_cpu_system_seconds_total[5m]) / "
            "(rate(libvirt_domain_cpu_user_seconds_total[5m]) + "
            "rate(libvirt_domain_cpu_system_seconds_total[5m]))",
        ),
    ),
    notes=(not_run("times of halt polling are KVM's; here libvirt says 0"),),
)
