"""I/O threads of guests."""

from collections import Counter
from collections.abc import Collection, Mapping
from xml.etree.ElementTree import Element

from exporter.collectors.collector import RARE, SLOW, Collector, Feed, Field, FieldTable
from exporter.collectors.nodeset import ranges
from exporter.collectors.source import Description, GuestCall, statistics
from exporter.collectors.units import nanoseconds
from exporter.exposition.labels import Labels
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import DOMAIN, Guest
from exporter.hypervisor.placement import read_iothread_affinities
from exporter.hypervisor.record import Record

IOTHREAD = ("domain", "iothread")

_NOTE = (
    "Off: a monitor request a guest (170 ms for 101 guests), for settings that hardly ever change. A call of its "
    "own: in libvirt 9.0.0 a guest that dies during it fails the whole bulk call."
)

IOTHREADS = Metric(
    "libvirt_domain_iothreads",
    "gauge",
    "I/O threads of the guest (libvirt iothread.count).",
    labels=DOMAIN,
    source="domstats iothread.count",
    note=_NOTE,
    set="optional",
)
IOTHREAD_POLL_MAXIMUM_SECONDS = Metric(
    "libvirt_domain_iothread_poll_maximum_seconds",
    "gauge",
    "Longest time the I/O thread polls before it sleeps, 0 for no polling (libvirt iothread.<id>.poll-max-ns).",
    labels=("domain", "iothread"),
    unit="seconds",
    source="domstats iothread.<id>.poll-max-ns ns -> s",
    note=_NOTE,
    set="optional",
)
IOTHREAD_POLL_GROW = Metric(
    "libvirt_domain_iothread_poll_grow",
    "gauge",
    "Factor by which the polling time of the I/O thread grows, 0 for the hypervisor's choice (libvirt "
    "iothread.<id>.poll-grow).",
    labels=("domain", "iothread"),
    source="domstats iothread.<id>.poll-grow",
    note=_NOTE,
    set="optional",
)
IOTHREAD_POLL_SHRINK = Metric(
    "libvirt_domain_iothread_poll_shrink",
    "gauge",
    "Divisor by which the polling time of the I/O thread shrinks, 0 for the hypervisor's choice (libvirt "
    "iothread.<id>.poll-shrink).",
    labels=("domain", "iothread"),
    source="domstats iothread.<id>.poll-shrink",
    note=_NOTE,
    set="optional",
)
IOTHREAD_AFFINITY_CPUS = Metric(
    "libvirt_domain_iothread_affinity_cpus",
    "gauge",
    "Host CPUs the I/O thread may run on (libvirt virDomainGetIOThreadInfo).",
    labels=("domain", "iothread"),
    source="count of dom.ioThreadInfo()[n][1]",
    note=_NOTE,
    set="optional",
)
IOTHREAD_AFFINITY_INFO = Metric(
    "libvirt_domain_iothread_affinity_info",
    "info",
    "Which host CPUs the I/O thread may run on (libvirt virDomainGetIOThreadInfo).",
    labels=("domain", "iothread", "cpus"),
    source="dom.ioThreadInfo()[n][1] as ranges, such as 0-3,8",
    note=_NOTE,
    set="optional",
)
IOTHREAD_DISKS = Metric(
    "libvirt_domain_iothread_disks",
    "gauge",
    "Disks that use the I/O thread (libvirt domain XML disk/driver).",
    labels=("domain", "iothread"),
    source="XMLDesc(0) count of devices/disk/driver[@iothread] and driver/iothreads/iothread",
    note=_NOTE,
    set="optional",
)
METRICS = (
    IOTHREADS,
    IOTHREAD_POLL_MAXIMUM_SECONDS,
    IOTHREAD_POLL_GROW,
    IOTHREAD_POLL_SHRINK,
    IOTHREAD_AFFINITY_CPUS,
    IOTHREAD_AFFINITY_INFO,
    IOTHREAD_DISKS,
)


FIELDS = FieldTable(
    "iothread.<n>",
    {
        "poll-max-ns": Field(IOTHREAD_POLL_MAXIMUM_SECONDS, nanoseconds),
        "poll-grow": Field(IOTHREAD_POLL_GROW),
        "poll-shrink": Field(IOTHREAD_POLL_SHRINK),
    },
)


def collect(guest: Guest, record: Record, rows: Sink) -> None:
    """How many I/O threads there are, and how each polls."""
    count = record.fields("iothread").get("count")
    if guest.active and count is not None:
        rows.add(IOTHREADS, guest.domain, int(count))
    for identifier, fields in record.devices("iothread").items():
        FIELDS.write(fields, guest.labels(IOTHREAD, str(identifier)), rows)


def place(guest: Guest, affinities: Mapping[int, Collection[int]], rows: Sink) -> None:
    """On which host CPUs each I/O thread may run."""
    for identifier, cpus in affinities.items():
        rows.add(IOTHREAD_AFFINITY_CPUS, guest.labels(IOTHREAD, str(identifier)), len(cpus))
        values = (guest.name, str(identifier), ranges(cpus))
        rows.add(IOTHREAD_AFFINITY_INFO, Labels(IOTHREAD_AFFINITY_INFO.labels, values), 1)


def describe(guest: Guest, root: Element, rows: Sink) -> None:
    """How many disks each I/O thread serves; a thread that serves none says 0."""
    count = int(root.findtext("iothreads", "0"))
    if count > _MOST:
        raise ValueError(f"{count} I/O threads are more than any guest has")
    threads = Counter({str(number): 0 for number in range(1, count + 1)})
    threads.update({number: 0 for thread in root.findall("iothreadids/iothread") if (number := thread.get("id"))})
    for driver in root.findall("devices/disk/driver"):
        several = [number for thread in driver.findall("iothreads/iothread") if (number := thread.get("id"))]
        single = driver.get("iothread")
        threads.update(several or ([single] if single else []))
    for identifier, disks in threads.items():
        rows.add(IOTHREAD_DISKS, guest.labels(IOTHREAD, identifier), disks)


_MOST = 1024
"""Keeps a number that libvirt takes as it was written, up to 2^32, from becoming as many series."""


COLLECTOR = Collector(
    name="domain_iothread",
    help="I/O threads of guests: how they poll, where they may run, how many disks they serve.",
    metrics=METRICS,
    feeds=(
        Feed(statistics("iothread", apart=True), collect),
        Feed(
            GuestCall(read_iothread_affinities),
            place,
            interval=RARE,
            writes=(IOTHREAD_AFFINITY_CPUS, IOTHREAD_AFFINITY_INFO),
        ),
        Feed(Description(), describe, interval=RARE, writes=(IOTHREAD_DISKS,)),
    ),
    interval=SLOW,
    cost="the group IOTHREAD in a call of its own, and one ioThreadInfo a guest: each enters the monitor",
    fields=(FIELDS, FieldTable("iothread", {}, known=("count",))),
    queries=(("I/O threads that serve no disk", "libvirt_domain_iothread_disks == 0"),),
)
