"""What KVM itself counts of each vCPU."""

from exporter.collectors.collector import Collector, Feed, Field, FieldTable, not_run
from exporter.collectors.source import statistics
from exporter.collectors.units import nanoseconds
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import VCPU, Guest
from exporter.hypervisor.record import Record

_NOTE = (
    "Off: some 40 series a vCPU, though they come with the VCPU group at no further cost. KVM on Linux (names of "
    "x86); libvirt does not promise that names and meaning stay. Since libvirt 8.10.0."
)

VCPU_KVM_EXITS = Metric(
    "libvirt_domain_vcpu_kvm_exits_total",
    "counter",
    "Exits from the guest to KVM (libvirt vcpu.<n>.exits.sum).",
    labels=VCPU,
    source="domstats vcpu.<n>.exits.sum",
    note=_NOTE + " Resets when the guest starts.",
    set="optional",
)
VCPU_KVM_EXIT_CAUSES = Metric(
    "libvirt_domain_vcpu_kvm_exit_causes_total",
    "counter",
    "Exits from the guest to KVM by cause: io, mmio, halt, irq, irq_window, nmi_window, notify_window, signal"
    " or request_irq (libvirt vcpu.<n>.<cause>_exits.sum).",
    labels=("domain", "vcpu", "cause"),
    source="domstats vcpu.<n>.{io,mmio,halt,irq,irq_window,nmi_window,notify_window,signal,request_irq}_exits.sum",
    note=_NOTE + " Not all causes are counted: less than exits_total in sum. Resets when the guest starts.",
    set="optional",
)
VCPU_KVM_PAGE_FAULTS = Metric(
    "libvirt_domain_vcpu_kvm_page_faults_total",
    "counter",
    "Page faults that KVM handled for the vCPU (libvirt vcpu.<n>.pf_taken.sum).",
    labels=VCPU,
    source="domstats vcpu.<n>.pf_taken.sum",
    note=_NOTE + " Resets when the guest starts.",
    set="optional",
)
VCPU_KVM_PAGE_FAULT_RESULTS = Metric(
    "libvirt_domain_vcpu_kvm_page_fault_results_total",
    "counter",
    "Page faults that KVM handled for the vCPU by result: fixed, emulate, spurious, fast, mmio_spte_created "
    "or guest (libvirt vcpu.<n>.pf_<result>.sum).",
    labels=("domain", "vcpu", "result"),
    source="domstats vcpu.<n>.pf_{fixed,emulate,spurious,fast,mmio_spte_created,guest}.sum",
    note=_NOTE + " Resets when the guest starts.",
    set="optional",
)
VCPU_KVM_EVENTS = Metric(
    "libvirt_domain_vcpu_kvm_events_total",
    "counter",
    "Other events KVM counted for the vCPU, such as hypercalls, irq_injections or insn_emulation_fail "
    "(libvirt vcpu.<n>.<name>.sum).",
    labels=("domain", "vcpu", "event"),
    source=(
        "domstats vcpu.<n>.<name>.sum without unit; known: halt_attempted_poll, halt_successful_poll, "
        "halt_poll_invalid, halt_wakeup, hypercalls, irq_injections, nmi_injections, req_event, insn_emulation, "
        "insn_emulation_fail, directed_yield_attempted, directed_yield_successful, preemption_reported, "
        "preemption_other, nested_run, tlb_flush, invlpg, l1d_flush, host_state_reload, fpu_reload"
    ),
    note=_NOTE
    + (
        " The name of the statistic is a label because it is the kernel's, not ours, and may change: a new kernel"
        " needs no new release. Do not add them up. Resets when the guest starts."
    ),
    set="optional",
)
VCPU_KVM_HALT_POLL_SUCCESS_SECONDS = Metric(
    "libvirt_domain_vcpu_kvm_halt_poll_success_seconds_total",
    "counter",
    "Time KVM polled for the halted vCPU until it woke (libvirt vcpu.<n>.halt_poll_success_ns.sum).",
    labels=VCPU,
    unit="seconds",
    source="domstats vcpu.<n>.halt_poll_success_ns.sum ns -> s",
    note=_NOTE + " Resets when the guest starts.",
    set="optional",
)
VCPU_KVM_HALT_POLL_FAIL_SECONDS = Metric(
    "libvirt_domain_vcpu_kvm_halt_poll_fail_seconds_total",
    "counter",
    "Time KVM polled for the halted vCPU in vain (libvirt vcpu.<n>.halt_poll_fail_ns.sum).",
    labels=VCPU,
    unit="seconds",
    source="domstats vcpu.<n>.halt_poll_fail_ns.sum ns -> s",
    note=_NOTE + " Resets when the guest starts.",
    set="optional",
)
VCPU_KVM_HALT_WAIT_SECONDS = Metric(
    "libvirt_domain_vcpu_kvm_halt_wait_seconds_total",
    "counter",
    "Time the vCPU was halted and off the CPU (libvirt vcpu.<n>.halt_wait_ns.sum).",
    labels=VCPU,
    unit="seconds",
    source="domstats vcpu.<n>.halt_wait_ns.sum ns -> s",
    note=_NOTE + " Resets when the guest starts.",
    set="optional",
)
VCPU_KVM_CURRENT = Metric(
    "libvirt_domain_vcpu_kvm_current",
    "gauge",
    "Present figure KVM keeps for the vCPU, such as blocking or guest_mode (libvirt vcpu.<n>.<name>.cur).",
    labels=("domain", "vcpu", "statistic"),
    source="domstats vcpu.<n>.<name>.cur, yes or no -> 1 or 0; known: blocking, guest_mode",
    note=_NOTE
    + (
        " The name of the statistic is a label because it is the kernel's, not ours, and may change: a new kernel"
        " needs no new release. Do not add them up."
    ),
    set="optional",
)
METRICS = (
    VCPU_KVM_EXITS,
    VCPU_KVM_EXIT_CAUSES,
    VCPU_KVM_PAGE_FAULTS,
    VCPU_KVM_PAGE_FAULT_RESULTS,
    VCPU_KVM_EVENTS,
    VCPU_KVM_HALT_POLL_SUCCESS_SECONDS,
    VCPU_KVM_HALT_POLL_FAIL_SECONDS,
    VCPU_KVM_HALT_WAIT_SECONDS,
    VCPU_KVM_CURRENT,
)


_NAMED = {
    "exits.sum": Field(VCPU_KVM_EXITS),
    "pf_taken.sum": Field(VCPU_KVM_PAGE_FAULTS),
    "halt_poll_success_ns.sum": Field(VCPU_KVM_HALT_POLL_SUCCESS_SECONDS, nanoseconds),
    "halt_poll_fail_ns.sum": Field(VCPU_KVM_HALT_POLL_FAIL_SECONDS, nanoseconds),
    "halt_wait_ns.sum": Field(VCPU_KVM_HALT_WAIT_SECONDS, nanoseconds),
}
FIELDS = FieldTable("vcpu.<n>", _NAMED, known=("*.sum", "*.cur", "*.max"))
_CAUSES = frozenset(
    f"{cause}_exits"
    for cause in ("io", "mmio", "halt", "irq", "irq_window", "nmi_window", "notify_window", "signal", "request_irq")
)
_FAULTS = frozenset(f"pf_{result}" for result in ("fixed", "emulate", "spurious", "fast", "mmio_spte_created", "guest"))


def collect(guest: Guest, record: Record, rows: Sink) -> None:
    """Every statistic of each vCPU; those with a unit have a metric of their own, the others a label."""
    for number, fields in record.devices("vcpu").items():
        FIELDS.write(fields, guest.vcpu(number), rows)
        for key, value in fields.items():
            name, _, kind = key.rpartition(".")
            if kind == "cur":
                rows.add(VCPU_KVM_CURRENT, guest.labels(VCPU_KVM_CURRENT.labels, str(number), name), int(value))
            elif kind == "sum" and key not in _NAMED:
                metric, label = _event(name)
                rows.add(metric, guest.labels(metric.labels, str(number), label), int(value))


def _event(name: str) -> tuple[Metric, str]:
    if name in _CAUSES:
        return VCPU_KVM_EXIT_CAUSES, name.removesuffix("_exits")
    if name in _FAULTS:
        return VCPU_KVM_PAGE_FAULT_RESULTS, name.removeprefix("pf_")
    return VCPU_KVM_EVENTS, name


COLLECTOR = Collector(
    name="domain_vcpu_kvm",
    help="Statistics that KVM keeps of each vCPU: exits, page faults, halt polling.",
    metrics=METRICS,
    feeds=(Feed(statistics("vcpu"), collect),),
    cost="nothing of its own, but some 40 series a vCPU",
    fields=(FIELDS,),
    queries=(
        ("Exits a second of each guest", "sum by (instance, domain) (rate(libvirt_domain_vcpu_kvm_exits_total[5m]))"),
    ),
    notes=(not_run("only KVM keeps these statistics"),),
)
