"""The connection to libvirt, and who is at the other end."""

from exporter.collectors.collector import Collector, Feed
from exporter.collectors.source import Live
from exporter.exposition.labels import remembered
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Rows
from exporter.figures import HostFigures
from exporter.hypervisor.enums import version
from exporter.hypervisor.uri import without_secrets

UP = Metric(
    "libvirt_up",
    "gauge",
    "Whether the connection to libvirt works (1) or not (0) (libvirt virConnectOpenReadOnly and virConnectIsAlive).",
    source=(
        "at least one worker connection is open and the daemon answers: it is asked getLibVersion when it answered "
        "nothing else for half the shortest interval"
    ),
    note=(
        "Never absent: 0 when libvirt is down, and within two of the shortest intervals when its daemon hangs. Says "
        "nothing about single collectors, see libvirt_exporter_collector_success."
    ),
)
VERSIONS_INFO = Metric(
    "libvirt_versions_info",
    "info",
    "Versions of the hypervisor, the libvirt daemon and the libvirt library used by the exporter "
    "(libvirt getVersion, getLibVersion).",
    labels=("hypervisor_running", "libvirtd_running", "libvirt_library"),
    source=("conn.getVersion(), conn.getLibVersion(), libvirt.getVersion(); 1000000*major+1000*minor+release -> x.y.z"),
    note="Read again after each reconnect: an upgrade restarts the daemon.",
)
CONNECTION_INFO = Metric(
    "libvirt_connection_info",
    "info",
    "Which libvirt this page describes (libvirt getType, getURI).",
    labels=("driver", "uri"),
    source="conn.getType(), conn.getURI()",
    note="User names, passwords and query parameters are removed from the uri.",
)
CONNECTIONS = Metric(
    "libvirt_connections",
    "gauge",
    "Open connections to libvirt by role: worker, event or agent (libvirt virConnectIsAlive).",
    labels=("role",),
    source="count of connections with isAlive()==1",
    note=(
        "One call at a time on each connection, so several workers. isAlive is a local flag: it stays 1 "
        "while a stopped daemon does not answer; libvirt_up asks."
    ),
)
CONNECTION_SECURE = Metric(
    "libvirt_connection_secure",
    "gauge",
    "Whether the transport is safe from listening, a local socket included (libvirt virConnectIsSecure).",
    source="conn.isSecure()",
    set="default",
)
CONNECTION_ENCRYPTED = Metric(
    "libvirt_connection_encrypted",
    "gauge",
    "Whether the transport is encrypted (libvirt virConnectIsEncrypted).",
    source="conn.isEncrypted()",
    set="default",
)
CONNECTION_READ_ONLY = Metric(
    "libvirt_connection_read_only",
    "gauge",
    "Whether the connections of this role are read-only, so that libvirt itself refuses every change "
    "(libvirt virConnectOpenReadOnly).",
    labels=("role",),
    source="how the connections were opened",
    note="1 for worker and event; 0 only for agent, which exists only with the collector domain_agent.",
)
CONNECTION_ESTABLISHED_TIMESTAMP_SECONDS = Metric(
    "libvirt_connection_established_timestamp_seconds",
    "gauge",
    "When the newest connection of this role was opened, absent while there is none (exporter clock).",
    labels=("role",),
    unit="seconds",
    source="time after openReadOnly",
    note="For role event: events before it were not seen.",
)
CONNECTION_ATTEMPTS = Metric(
    "libvirt_connection_attempts_total",
    "counter",
    "Attempts to open a connection, the first included (libvirt virConnectOpenReadOnly).",
    labels=("role",),
    source="count of openReadOnly calls",
    note="Resets when the exporter restarts.",
)
CONNECTION_FAILURES = Metric(
    "libvirt_connection_failures_total",
    "counter",
    "Attempts to open a connection that failed (libvirt virConnectOpenReadOnly).",
    labels=("role",),
    source="count of openReadOnly errors",
    note=('The reason is in libvirt_exporter_call_errors_total{call="open"}. Resets when the exporter restarts.'),
)
CONNECTION_CLOSES = Metric(
    "libvirt_connection_closes_total",
    "counter",
    "Connections that ended, by reason: error, eof, keepalive, client or abandoned (libvirt virConnectCloseReason).",
    labels=("role", "reason"),
    source=("registerCloseCallback(reason); abandoned when the exporter shuts the socket down to end a hung call"),
    note=(
        "keepalive: the daemon stopped answering. abandoned: a guest hung, and a worker of the daemon "
        "stays stuck until it moves. All reasons start at 0. Resets when the exporter restarts."
    ),
)
METRICS = (
    UP,
    VERSIONS_INFO,
    CONNECTION_INFO,
    CONNECTIONS,
    CONNECTION_SECURE,
    CONNECTION_ENCRYPTED,
    CONNECTION_READ_ONLY,
    CONNECTION_ESTABLISHED_TIMESTAMP_SECONDS,
    CONNECTION_ATTEMPTS,
    CONNECTION_FAILURES,
    CONNECTION_CLOSES,
)


CLOSE_REASONS = ("error", "eof", "keepalive", "client", "abandoned")


def collect(host: HostFigures, rows: Rows) -> None:
    """Whether libvirt answers, its versions, and the connections by role."""
    rows.one(UP, int(host.up))
    versions = host.versions
    if versions is not None:
        numbers = (versions.hypervisor, versions.daemon, versions.library)
        text = [version(number) if number else "" for number in numbers]
        rows.add(VERSIONS_INFO, remembered(VERSIONS_INFO.labels, *text), 1)
        driver = (versions.driver or "", without_secrets(versions.uri or host.pool.target.uri))
        rows.add(CONNECTION_INFO, remembered(CONNECTION_INFO.labels, *driver), 1)
        rows.one(CONNECTION_SECURE, None if versions.secure is None else int(versions.secure))
        rows.one(CONNECTION_ENCRYPTED, None if versions.encrypted is None else int(versions.encrypted))
    for role, figures in host.roles().items():
        labels = remembered(CONNECTIONS.labels, role)
        rows.add(CONNECTIONS, labels, figures.open)
        rows.add(CONNECTION_READ_ONLY, labels, int(role != "agent"))
        if figures.established_at is not None:
            rows.add(CONNECTION_ESTABLISHED_TIMESTAMP_SECONDS, labels, figures.established_at)
        rows.add(CONNECTION_ATTEMPTS, labels, figures.attempts)
        rows.add(CONNECTION_FAILURES, labels, figures.failures)
        for reason in sorted({*CLOSE_REASONS, *figures.closes}):
            rows.add(CONNECTION_CLOSES, remembered(CONNECTION_CLOSES.labels, role, reason), figures.closes[reason])


COLLECTOR = Collector(
    name="connection",
    help="Whether libvirt answers, its versions, and the connections to it.",
    metrics=METRICS,
    feeds=(Feed(Live(), collect),),
    cost="getLibVersion when nothing else is asked, and six calls after each connect",
    queries=(
        ("Hosts that do not answer", "libvirt_up == 0"),
        (
            "Connections that ended within an hour, by reason",
            'increase(libvirt_connection_closes_total{reason!="client"}[1h]) > 0',
        ),
    ),
)
