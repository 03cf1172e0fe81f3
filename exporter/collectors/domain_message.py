"""Messages libvirt keeps against guests."""

from collections.abc import Mapping

from exporter.collectors.collector import RARE, Collector, Feed
from exporter.collectors.source import GuestCall
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import Guest
from exporter.hypervisor.details import read_messages

MESSAGES = Metric(
    "libvirt_domain_messages",
    "gauge",
    "Messages libvirt keeps against the guest: tainting, deprecation or ioerrors (libvirt virDomainGetMessages).",
    labels=("domain", "kind"),
    source="len(dom.messages(flag)) for TAINTING, DEPRECATION and, since 11.1.0, IOERRORS",
    note=(
        "Off: two or three calls a guest on a slow schedule. The texts are translated by the daemon, so "
        "only their number is given."
    ),
    set="optional",
)
METRICS = (MESSAGES,)


def collect(guest: Guest, counts: Mapping[str, int], rows: Sink) -> None:
    """How many there are of each kind that the daemon knows."""
    for kind, number in counts.items():
        rows.add(MESSAGES, guest.labels(MESSAGES.labels, kind), number)


COLLECTOR = Collector(
    name="domain_message",
    help="Messages libvirt keeps against guests: tainting, deprecation and I/O errors.",
    metrics=METRICS,
    feeds=(Feed(GuestCall(read_messages, enters_monitor=False), collect),),
    interval=RARE,
    cost="two or three calls for each active guest",
    queries=(("Guests that run in a way libvirt does not support", 'libvirt_domain_messages{kind="tainting"} > 0'),),
)
