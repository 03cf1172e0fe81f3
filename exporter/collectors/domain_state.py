"""State of guests, with its reason."""

from collections.abc import Mapping

from exporter.collectors.collector import Collector, Feed, FieldTable
from exporter.collectors.source import statistics
from exporter.exposition.labels import NO_LABELS, Labels
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import DOMAIN, Guest
from exporter.hypervisor.enums import STATES, state_reason
from exporter.hypervisor.inventory import Inventory
from exporter.hypervisor.record import Record

DOMAINS = Metric(
    "libvirt_domains",
    "gauge",
    "Guests the host knows, active or not, filtered ones included (libvirt listAllDomains).",
    source="len(listAllDomains(0))",
)
DOMAINS_ACTIVE = Metric(
    "libvirt_domains_active",
    "gauge",
    "Guests that run or are paused (libvirt listAllDomains ACTIVE).",
    source="count of listAllDomains(0) with an id != -1",
    note="No inactive twin: libvirt_domains minus this.",
)
DOMAIN_INFO_STATE = Metric(
    "libvirt_domain_info_state",
    "gauge",
    "State of the guest as libvirt's number: 0 no state, 1 running, 2 blocked, 3 paused, 4 shutting "
    "down, 5 shut off, 6 crashed, 7 suspended by the guest (libvirt state.state).",
    labels=DOMAIN,
    source="domstats state.state",
    note="For dashboards that people already have; alerts should use libvirt_domain_state.",
)
DOMAIN_STATE = Metric(
    "libvirt_domain_state",
    "stateset",
    "Whether the guest is in this state: one series for each state, exactly one of them is 1 (libvirt virDomainState).",
    labels=("domain", "state"),
    source="domstats state.state -> name without VIR_DOMAIN_, lower case",
    note=(
        "8 series a guest that never come and go, so no churn: nostate, running, blocked, paused, "
        "shutdown, shutoff, crashed, pmsuspended; a state a newer libvirt adds appears as unknown. Count "
        "by state: sum by (state) (libvirt_domain_state)."
    ),
)
DOMAIN_STATE_REASON_INFO = Metric(
    "libvirt_domain_state_reason_info",
    "info",
    "Why the guest is in its present state (libvirt state.reason).",
    labels=("domain", "state", "reason"),
    source="domstats state.reason with state.state -> name from the enum virDomain<State>Reason",
    note=(
        "One series a guest at a time, so a new one for each transition and nothing in between; the 43 "
        'possible pairs are never all kept. The key alert: state="paused",reason="ioerror".'
    ),
)
DOMAIN_STATE_CHANGE_TIMESTAMP_SECONDS = Metric(
    "libvirt_domain_state_change_timestamp_seconds",
    "gauge",
    "When the state or its reason last changed, absent until a change was seen (libvirt lifecycle "
    "event or difference between two state.state).",
    labels=DOMAIN,
    unit="seconds",
    source="time of the LIFECYCLE event, else of the run that saw another state",
    note="Unknown after an exporter restart: absent, never 0.",
)
DOMAIN_START_TIMESTAMP_SECONDS = Metric(
    "libvirt_domain_start_timestamp_seconds",
    "gauge",
    "When the guest was last started here, absent if that was before the exporter ran (libvirt "
    "lifecycle event STARTED).",
    labels=DOMAIN,
    unit="seconds",
    source="time of the LIFECYCLE event STARTED",
    note="Uptime: time() - this. libvirt has no start time to ask for.",
)
METRICS = (
    DOMAINS,
    DOMAINS_ACTIVE,
    DOMAIN_INFO_STATE,
    DOMAIN_STATE,
    DOMAIN_STATE_REASON_INFO,
    DOMAIN_STATE_CHANGE_TIMESTAMP_SECONDS,
    DOMAIN_START_TIMESTAMP_SECONDS,
)


FIELDS = FieldTable("state", {}, known=("state", "reason"))


def collect(guest: Guest, _record: Record | None, rows: Sink) -> None:
    """The state three ways; it comes from the newest poll or event, whichever is newer."""
    if guest.state is None:
        return
    rows.add(DOMAIN_INFO_STATE, guest.domain, guest.state)
    # Not remembered: eight label sets would be a tenth of the memory a guest takes.
    for number, name in STATES.items():
        rows.add(DOMAIN_STATE, Labels(DOMAIN_STATE.labels, (guest.name, name)), int(number == guest.state))
    if guest.state not in STATES:
        rows.add(DOMAIN_STATE, Labels(DOMAIN_STATE.labels, (guest.name, "unknown")), 1)
    name, reason = STATES.get(guest.state, "unknown"), state_reason(guest.state, guest.reason)
    rows.add(DOMAIN_STATE_REASON_INFO, Labels(DOMAIN_STATE_REASON_INFO.labels, (guest.name, name, reason)), 1)
    if guest.state_changed_at is not None:
        rows.add(DOMAIN_STATE_CHANGE_TIMESTAMP_SECONDS, guest.domain, guest.state_changed_at)
    if guest.started_at is not None and guest.active:
        rows.add(DOMAIN_START_TIMESTAMP_SECONDS, guest.domain, guest.started_at)


def made_of(guest: Guest, _record: Record | None) -> object:
    """All that is told of a guest."""
    return guest.state, guest.reason, guest.state_changed_at, guest.started_at, guest.active


def summarise(_values: Mapping[str, None], inventory: Inventory, rows: Sink) -> None:
    """How many guests there are, before any filter."""
    rows.add(DOMAINS, NO_LABELS, inventory.total)
    rows.add(DOMAINS_ACTIVE, NO_LABELS, inventory.active)


COLLECTOR = Collector(
    name="domain_state",
    help="How many guests there are, and the state of each with its reason.",
    metrics=METRICS,
    feeds=(Feed(statistics(every=True), collect, summarise, made_of=made_of),),
    cost="one listAllDomains and the group STATE of the bulk call, which is nearly free",
    fields=(FIELDS,),
    queries=(
        ("Guests by state", "sum by (state) (libvirt_domain_state)"),
        (
            "For how many seconds each guest has been paused",
            "time() - libvirt_domain_state_change_timestamp_seconds and "
            'on(instance, domain) libvirt_domain_state_reason_info{state="paused"}',
        ),
    ),
)
