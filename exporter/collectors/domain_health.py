"""Whether guests answer when they are asked."""

from exporter.collectors.collector import SLOW, Collector, Feed, given
from exporter.collectors.source import GuestCall, statistics
from exporter.collectors.units import milliseconds
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import DOMAIN, Guest
from exporter.hypervisor.enums import CONTROL_ERRORS, CONTROL_STATES
from exporter.hypervisor.jobs import read_control
from exporter.hypervisor.record import Record

TIMED_OUT = Metric(
    "libvirt_domain_timed_out",
    "gauge",
    "Whether the last request for this guest's statistics missed its deadline (1) (exporter).",
    labels=DOMAIN,
    source="exporter: deadline of domainListGetStats",
    note="Also 0 for guests that answered: it never vanishes while the guest exists.",
)
STATS_TIMESTAMP_SECONDS = Metric(
    "libvirt_domain_stats_timestamp_seconds",
    "gauge",
    "When the newest complete statistics of this guest were asked for (exporter clock, before the call).",
    labels=DOMAIN,
    unit="seconds",
    source="exporter: time before the domainListGetStats call that answered",
    note=("Age: time() - this. The other series of the guest are withdrawn when it is too old; this one stays."),
)
STATS_PARTIAL = Metric(
    "libvirt_domain_stats_partial",
    "gauge",
    "Whether the guest answers only for the groups that need no monitor (1) (exporter, libvirt NOWAIT).",
    labels=DOMAIN,
    source=(
        "exporter: guest set aside and asked only with info(), vcpus(), getCPUStats(True) and "
        "interfaceStats(), or domstats(NOWAIT) came without balloon.rss or, when that is not due, block.0.rd.reqs"
    ),
    note="State, CPU and interface figures still come; memory and block figures do not, and are withdrawn.",
)
SET_ASIDE_TIMESTAMP_SECONDS = Metric(
    "libvirt_domain_set_aside_timestamp_seconds",
    "gauge",
    "Since when the guest is set aside because its monitor does not answer, absent for healthy guests (exporter).",
    labels=DOMAIN,
    unit="seconds",
    source="exporter: start of quarantine",
)
TIMEOUTS = Metric(
    "libvirt_domain_timeouts_total",
    "counter",
    "Requests for this guest that missed their deadline (exporter).",
    labels=DOMAIN,
    source="exporter: count of deadlines missed",
    note="Starts at 0 for each guest listed. Resets when the exporter restarts.",
)
CONTROL_STATE = Metric(
    "libvirt_domain_control_state",
    "gauge",
    "State of the control channel to the guest as libvirt's number: 0 ok, 1 job, 2 occupied, 3 error "
    "(libvirt virDomainGetControlInfo).",
    labels=DOMAIN,
    source="dom.controlInfo()[0]",
    note=(
        "One call a guest without job or monitor, of high priority in the daemon: finds hung guests "
        "without waiting for them. Active guests only. A number and not a state set, to spare three "
        "series a guest."
    ),
    set="default",
)
CONTROL_STATE_SECONDS = Metric(
    "libvirt_domain_control_state_seconds",
    "gauge",
    "For how long the control channel has been occupied or in a job (libvirt virDomainControlInfo.stateTime).",
    labels=DOMAIN,
    unit="seconds",
    source="dom.controlInfo()[2] ms -> s",
    note="Only while the state is 1 or 2. libvirt gives an age here, not a time.",
    set="default",
)
CONTROL_ERROR_INFO = Metric(
    "libvirt_domain_control_error_info",
    "info",
    "Why the control channel to the guest is in error, absent otherwise (libvirt virDomainControlInfo.details).",
    labels=("domain", "reason"),
    source="dom.controlInfo()[1] when state is error: unknown, monitor or internal",
    set="default",
)
METRICS = (
    TIMED_OUT,
    STATS_TIMESTAMP_SECONDS,
    STATS_PARTIAL,
    SET_ASIDE_TIMESTAMP_SECONDS,
    TIMEOUTS,
    CONTROL_STATE,
    CONTROL_STATE_SECONDS,
    CONTROL_ERROR_INFO,
)


def collect(guest: Guest, _record: Record | None, rows: Sink) -> None:
    """How asking went; only guests that run can fail to answer."""
    health = guest.health
    rows.add(TIMED_OUT, guest.domain, int(health.timed_out))
    if health.asked_at is not None:
        rows.add(STATS_TIMESTAMP_SECONDS, guest.domain, health.asked_at)
    rows.add(STATS_PARTIAL, guest.domain, int(health.partial))
    if health.set_aside_at is not None:
        rows.add(SET_ASIDE_TIMESTAMP_SECONDS, guest.domain, health.set_aside_at)
    rows.add(TIMEOUTS, guest.domain, health.timeouts)


def control(guest: Guest, answer: tuple[int, int, int], rows: Sink) -> None:
    """The state of the control channel, and since when it is busy or why it is in error."""
    state, details, milliseconds_in_it = answer
    rows.add(CONTROL_STATE, guest.domain, state)
    name = CONTROL_STATES.get(state)
    if name in ("job", "occupied"):
        rows.add(CONTROL_STATE_SECONDS, guest.domain, milliseconds(milliseconds_in_it))
    elif name == "error":
        reason = CONTROL_ERRORS.get(details, "unknown")
        rows.add(CONTROL_ERROR_INFO, guest.labels(CONTROL_ERROR_INFO.labels, reason), 1)


COLLECTOR = Collector(
    name="domain_health",
    help="Whether guests answer when asked for statistics, and how old their newest are.",
    metrics=METRICS,
    feeds=(
        Feed(statistics("balloon", every=True), collect),
        Feed(
            GuestCall(read_control, enters_monitor=False),
            control,
            interval=SLOW,
            writes=(CONTROL_STATE, CONTROL_STATE_SECONDS, CONTROL_ERROR_INFO),
            made_of=given,
        ),
    ),
    cost="one controlInfo for each active guest every 60 s, which needs neither job nor monitor",
    queries=(
        ("Guests that did not answer when last asked", "libvirt_domain_timed_out == 1"),
        (
            "Running guests whose newest statistics are older than two minutes",
            "time() - libvirt_domain_stats_timestamp_seconds > 120 and on(instance, domain) libvirt_domain_active == 1",
        ),
    ),
)
