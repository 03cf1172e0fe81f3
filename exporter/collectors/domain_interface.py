"""Network interfaces of guests."""

from exporter.collectors.collector import Collector, Feed, Field, FieldTable
from exporter.collectors.source import statistics
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import INTERFACE, Guest
from exporter.hypervisor.record import Record

RECEIVE_BYTES = Metric(
    "libvirt_domain_interface_stats_receive_bytes_total",
    "counter",
    "Bytes received by the guest on the interface (libvirt net.<n>.rx.bytes).",
    labels=INTERFACE,
    unit="bytes",
    source="domstats net.<n>.rx.bytes",
    note=(
        "As the guest sees it. Resets when the guest starts and when the interface is plugged again. "
        "target_device is the host side (vnet7) and changes with each start. Interfaces of type user and "
        "hostdev have none."
    ),
)
RECEIVE_PACKETS = Metric(
    "libvirt_domain_interface_stats_receive_packets_total",
    "counter",
    "Packets received by the guest on the interface (libvirt net.<n>.rx.pkts).",
    labels=INTERFACE,
    source="domstats net.<n>.rx.pkts",
    note=(
        "As the guest sees it. Resets when the guest starts and when the interface is plugged again. "
        "target_device is the host side (vnet7) and changes with each start. Interfaces of type user and "
        "hostdev have none."
    ),
)
RECEIVE_ERRORS = Metric(
    "libvirt_domain_interface_stats_receive_errors_total",
    "counter",
    "Errors among packets received by the guest on the interface (libvirt net.<n>.rx.errs).",
    labels=INTERFACE,
    source="domstats net.<n>.rx.errs",
    note=(
        "As the guest sees it. Resets when the guest starts and when the interface is plugged again. "
        "target_device is the host side (vnet7) and changes with each start. Interfaces of type user and "
        "hostdev have none."
    ),
)
RECEIVE_DROPS = Metric(
    "libvirt_domain_interface_stats_receive_drops_total",
    "counter",
    "Packets to be received by the guest that were dropped on the interface (libvirt net.<n>.rx.drop).",
    labels=INTERFACE,
    source="domstats net.<n>.rx.drop",
    note=(
        "As the guest sees it. Resets when the guest starts and when the interface is plugged again. "
        "target_device is the host side (vnet7) and changes with each start. Interfaces of type user and "
        "hostdev have none."
    ),
)
TRANSMIT_BYTES = Metric(
    "libvirt_domain_interface_stats_transmit_bytes_total",
    "counter",
    "Bytes sent by the guest on the interface (libvirt net.<n>.tx.bytes).",
    labels=INTERFACE,
    unit="bytes",
    source="domstats net.<n>.tx.bytes",
    note=(
        "As the guest sees it. Resets when the guest starts and when the interface is plugged again. "
        "target_device is the host side (vnet7) and changes with each start. Interfaces of type user and "
        "hostdev have none."
    ),
)
TRANSMIT_PACKETS = Metric(
    "libvirt_domain_interface_stats_transmit_packets_total",
    "counter",
    "Packets sent by the guest on the interface (libvirt net.<n>.tx.pkts).",
    labels=INTERFACE,
    source="domstats net.<n>.tx.pkts",
    note=(
        "As the guest sees it. Resets when the guest starts and when the interface is plugged again. "
        "target_device is the host side (vnet7) and changes with each start. Interfaces of type user and "
        "hostdev have none."
    ),
)
TRANSMIT_ERRORS = Metric(
    "libvirt_domain_interface_stats_transmit_errors_total",
    "counter",
    "Errors among packets sent by the guest on the interface (libvirt net.<n>.tx.errs).",
    labels=INTERFACE,
    source="domstats net.<n>.tx.errs",
    note=(
        "As the guest sees it. Resets when the guest starts and when the interface is plugged again. "
        "target_device is the host side (vnet7) and changes with each start. Interfaces of type user and "
        "hostdev have none."
    ),
)
TRANSMIT_DROPS = Metric(
    "libvirt_domain_interface_stats_transmit_drops_total",
    "counter",
    "Packets to be sent by the guest that were dropped on the interface (libvirt net.<n>.tx.drop).",
    labels=INTERFACE,
    source="domstats net.<n>.tx.drop",
    note=(
        "As the guest sees it. Resets when the guest starts and when the interface is plugged again. "
        "target_device is the host side (vnet7) and changes with each start. Interfaces of type user and "
        "hostdev have none."
    ),
)
METRICS = (
    RECEIVE_BYTES,
    RECEIVE_PACKETS,
    RECEIVE_ERRORS,
    RECEIVE_DROPS,
    TRANSMIT_BYTES,
    TRANSMIT_PACKETS,
    TRANSMIT_ERRORS,
    TRANSMIT_DROPS,
)


FIELDS = FieldTable(
    "net.<n>",
    {
        "rx.bytes": Field(RECEIVE_BYTES),
        "rx.pkts": Field(RECEIVE_PACKETS),
        "rx.errs": Field(RECEIVE_ERRORS),
        "rx.drop": Field(RECEIVE_DROPS),
        "tx.bytes": Field(TRANSMIT_BYTES),
        "tx.pkts": Field(TRANSMIT_PACKETS),
        "tx.errs": Field(TRANSMIT_ERRORS),
        "tx.drop": Field(TRANSMIT_DROPS),
    },
    known=("name",),
)


def collect(guest: Guest, record: Record, rows: Sink) -> None:
    """The samples of each interface that is shown; types without a host side have no name and no figures."""
    for fields in record.devices("net").values():
        labels = guest.interface(str(fields["name"])) if "name" in fields else None
        if labels is not None:
            FIELDS.write(fields, labels, rows)


COLLECTOR = Collector(
    name="domain_interface",
    help="Network interfaces of guests: bytes, packets, errors, drops.",
    metrics=METRICS,
    feeds=(Feed(statistics("net"), collect),),
    cost="the group INTERFACE of the bulk call",
    fields=(FIELDS, FieldTable("net", {}, known=("count",))),
    queries=(
        (
            "Bits a second that each guest receives",
            "sum by (instance, domain) (rate(libvirt_domain_interface_stats_receive_bytes_total[5m])) * 8",
        ),
        (
            "Interfaces that drop packets for their guest",
            "rate(libvirt_domain_interface_stats_receive_drops_total[5m]) > 0",
        ),
    ),
)
