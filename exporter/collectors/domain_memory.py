"""Memory of guests: what they were given, and what they say of it themselves."""

from xml.etree.ElementTree import Element

from exporter.collectors.collector import RARE, SLOW, Collector, Feed, Field, FieldTable
from exporter.collectors.source import Description, statistics
from exporter.collectors.units import kibibytes
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import DOMAIN, Guest
from exporter.hypervisor.record import Record

STATS_CURRENT_BALLOON_BYTES = Metric(
    "libvirt_domain_memory_stats_current_balloon_bytes",
    "gauge",
    "Memory given to the guest at present (libvirt balloon.current).",
    labels=DOMAIN,
    unit="bytes",
    source="domstats balloon.current KiB -> bytes",
    note=("The same number as libvirt_domain_info_memory_usage_bytes; both names are in use. Active guests only."),
)
STATS_MAXIMUM_BYTES = Metric(
    "libvirt_domain_memory_stats_maximum_bytes",
    "gauge",
    "Memory the guest may have at most (libvirt balloon.maximum).",
    labels=DOMAIN,
    unit="bytes",
    source="domstats balloon.maximum KiB -> bytes",
    note="The same number as libvirt_domain_info_maximum_memory_bytes. Active guests only.",
)
STATS_RSS_BYTES = Metric(
    "libvirt_domain_memory_stats_rss_bytes",
    "gauge",
    "Host memory the guest's process holds (libvirt balloon.rss).",
    labels=DOMAIN,
    unit="bytes",
    source="domstats balloon.rss KiB -> bytes",
    note="Needs no balloon. Hugepages are not in it; emulator overhead is.",
)
STATS_UNUSED_BYTES = Metric(
    "libvirt_domain_memory_stats_unused_bytes",
    "gauge",
    "Memory the guest leaves completely unused, caches not counted (libvirt balloon.unused).",
    labels=DOMAIN,
    unit="bytes",
    source="domstats balloon.unused KiB -> bytes",
    note=(
        "From the guest's balloon driver: absent until it reports, and frozen when the guest stops "
        "reporting, see last_update."
    ),
)
STATS_AVAILABLE_BYTES = Metric(
    "libvirt_domain_memory_stats_available_bytes",
    "gauge",
    "Memory the guest's system sees in all, the Total of the guest (libvirt balloon.available).",
    labels=DOMAIN,
    unit="bytes",
    source="domstats balloon.available KiB -> bytes",
    note=(
        "From the guest's balloon driver: absent until it reports, and frozen when the guest stops "
        "reporting, see last_update. Not MemAvailable, in spite of the name: that is usable_bytes."
    ),
)
STATS_USABLE_BYTES = Metric(
    "libvirt_domain_memory_stats_usable_bytes",
    "gauge",
    "Memory the guest could give away without swapping, its MemAvailable (libvirt balloon.usable).",
    labels=DOMAIN,
    unit="bytes",
    source="domstats balloon.usable KiB -> bytes",
    note=(
        "From the guest's balloon driver: absent until it reports, and frozen when the guest stops "
        "reporting, see last_update."
    ),
)
STATS_DISK_CACHES_BYTES = Metric(
    "libvirt_domain_memory_stats_disk_caches_bytes",
    "gauge",
    "Memory the guest could reclaim without input or output, mostly disk caches (libvirt balloon.disk_caches).",
    labels=DOMAIN,
    unit="bytes",
    source="domstats balloon.disk_caches KiB -> bytes",
    note=(
        "From the guest's balloon driver: absent until it reports, and frozen when the guest stops "
        "reporting, see last_update."
    ),
)
STATS_SWAP_IN_BYTES = Metric(
    "libvirt_domain_memory_stats_swap_in_bytes_total",
    "counter",
    "Data the guest read from its swap space (libvirt balloon.swap_in).",
    labels=DOMAIN,
    unit="bytes",
    source="domstats balloon.swap_in KiB -> bytes",
    note=(
        "From the guest's balloon driver: absent until it reports, and frozen when the guest stops "
        "reporting, see last_update. Resets when the guest reboots."
    ),
)
STATS_SWAP_OUT_BYTES = Metric(
    "libvirt_domain_memory_stats_swap_out_bytes_total",
    "counter",
    "Data the guest wrote to its swap space (libvirt balloon.swap_out).",
    labels=DOMAIN,
    unit="bytes",
    source="domstats balloon.swap_out KiB -> bytes",
    note=(
        "From the guest's balloon driver: absent until it reports, and frozen when the guest stops "
        "reporting, see last_update. Resets when the guest reboots."
    ),
)
STATS_MAJOR_FAULT = Metric(
    "libvirt_domain_memory_stats_major_fault_total",
    "counter",
    "Page faults in the guest that needed its disk (libvirt balloon.major_fault).",
    labels=DOMAIN,
    source="domstats balloon.major_fault",
    note=(
        "From the guest's balloon driver: absent until it reports, and frozen when the guest stops "
        "reporting, see last_update. Resets when the guest reboots."
    ),
)
STATS_MINOR_FAULT = Metric(
    "libvirt_domain_memory_stats_minor_fault_total",
    "counter",
    "Page faults in the guest that needed no disk (libvirt balloon.minor_fault).",
    labels=DOMAIN,
    source="domstats balloon.minor_fault",
    note=(
        "From the guest's balloon driver: absent until it reports, and frozen when the guest stops "
        "reporting, see last_update. Resets when the guest reboots."
    ),
)
STATS_HUGETLB_PGALLOC = Metric(
    "libvirt_domain_memory_stats_hugetlb_pgalloc_total",
    "counter",
    "Huge pages the guest allocated with success (libvirt balloon.hugetlb_pgalloc).",
    labels=DOMAIN,
    source="domstats balloon.hugetlb_pgalloc",
    note=(
        "From the guest's balloon driver: absent until it reports, and frozen when the guest stops "
        "reporting, see last_update. Resets when the guest reboots."
    ),
)
STATS_HUGETLB_PGFAIL = Metric(
    "libvirt_domain_memory_stats_hugetlb_pgfail_total",
    "counter",
    "Huge pages the guest failed to allocate (libvirt balloon.hugetlb_pgfail).",
    labels=DOMAIN,
    source="domstats balloon.hugetlb_pgfail",
    note=(
        "From the guest's balloon driver: absent until it reports, and frozen when the guest stops "
        "reporting, see last_update. Resets when the guest reboots."
    ),
)
STATS_LAST_UPDATE_TIMESTAMP_SECONDS = Metric(
    "libvirt_domain_memory_stats_last_update_timestamp_seconds",
    "gauge",
    "When the guest last reported its memory figures, absent if never (libvirt balloon.last-update).",
    labels=DOMAIN,
    unit="seconds",
    source="domstats balloon.last-update s when > 0",
    note=(
        "Old or absent while the guest runs: no balloon driver, or statistics not enabled; the reason "
        "behind most complaints about memory."
    ),
)
BALLOON_INFO = Metric(
    "libvirt_domain_memory_balloon_info",
    "info",
    "Balloon device of the guest (libvirt domain XML memballoon).",
    labels=("domain", "model", "autodeflate", "free_page_reporting"),
    source="XMLDesc(0) devices/memballoon @model, @autodeflate, @freePageReporting",
    note='model="none" explains absent memory figures.',
    set="default",
)
BALLOON_STATS_PERIOD_SECONDS = Metric(
    "libvirt_domain_memory_balloon_stats_period_seconds",
    "gauge",
    "How often the guest is asked for its memory figures, 0 for never (libvirt domain XML memballoon/stats).",
    labels=DOMAIN,
    unit="seconds",
    source=("XMLDesc(0) devices/memballoon/stats/@period, 0 if the element is missing and the model is not none"),
    note="0 explains frozen figures: virsh dommemstat GUEST --period 10 --live --config.",
    set="default",
)
METRICS = (
    STATS_CURRENT_BALLOON_BYTES,
    STATS_MAXIMUM_BYTES,
    STATS_RSS_BYTES,
    STATS_UNUSED_BYTES,
    STATS_AVAILABLE_BYTES,
    STATS_USABLE_BYTES,
    STATS_DISK_CACHES_BYTES,
    STATS_SWAP_IN_BYTES,
    STATS_SWAP_OUT_BYTES,
    STATS_MAJOR_FAULT,
    STATS_MINOR_FAULT,
    STATS_HUGETLB_PGALLOC,
    STATS_HUGETLB_PGFAIL,
    STATS_LAST_UPDATE_TIMESTAMP_SECONDS,
    BALLOON_INFO,
    BALLOON_STATS_PERIOD_SECONDS,
)


FIELDS = FieldTable(
    "balloon",
    {
        "current": Field(STATS_CURRENT_BALLOON_BYTES, kibibytes),
        "maximum": Field(STATS_MAXIMUM_BYTES, kibibytes),
        "rss": Field(STATS_RSS_BYTES, kibibytes),
        "unused": Field(STATS_UNUSED_BYTES, kibibytes),
        "available": Field(STATS_AVAILABLE_BYTES, kibibytes),
        "usable": Field(STATS_USABLE_BYTES, kibibytes),
        "disk_caches": Field(STATS_DISK_CACHES_BYTES, kibibytes),
        "swap_in": Field(STATS_SWAP_IN_BYTES, kibibytes),
        "swap_out": Field(STATS_SWAP_OUT_BYTES, kibibytes),
        "major_fault": Field(STATS_MAJOR_FAULT),
        "minor_fault": Field(STATS_MINOR_FAULT),
        "hugetlb_pgalloc": Field(STATS_HUGETLB_PGALLOC),
        "hugetlb_pgfail": Field(STATS_HUGETLB_PGFAIL),
    },
    known=("last-update",),
)


def collect(guest: Guest, record: Record, rows: Sink) -> None:
    """One sample a field; a guest that is off uses no memory."""
    if not guest.active:
        return
    fields = record.fields("balloon")
    FIELDS.write(fields, guest.domain, rows)
    last_update = fields.get("last-update")
    if last_update:  # 0: the guest never reported
        rows.add(STATS_LAST_UPDATE_TIMESTAMP_SECONDS, guest.domain, int(last_update))


def describe(guest: Guest, root: Element, rows: Sink) -> None:
    """The balloon device, and how often the guest is to report through it."""
    balloon = root.find("devices/memballoon")
    if balloon is None:
        return
    model = balloon.get("model", "")
    labels = guest.labels(
        BALLOON_INFO.labels, model, balloon.get("autodeflate", ""), balloon.get("freePageReporting", "")
    )
    rows.add(BALLOON_INFO, labels, 1)
    if model != "none":
        stats = balloon.find("stats")
        period = 0 if stats is None else int(stats.get("period", "0"))
        rows.add(BALLOON_STATS_PERIOD_SECONDS, guest.domain, period)


COLLECTOR = Collector(
    name="domain_memory",
    help="Memory of guests: given by the host, and used as the guest itself reports.",
    metrics=METRICS,
    feeds=(
        Feed(statistics("balloon"), collect),
        Feed(Description(), describe, interval=RARE, writes=(BALLOON_INFO, BALLOON_STATS_PERIOD_SECONDS)),
    ),
    interval=SLOW,
    cost="the group BALLOON of the bulk call, which is two commands to the monitor of each guest",
    fields=(FIELDS,),
    queries=(
        (
            "How full each guest is, by what it reported within two minutes",
            "1 - libvirt_domain_memory_stats_usable_bytes / libvirt_domain_memory_stats_available_bytes"
            " and time() - libvirt_domain_memory_stats_last_update_timestamp_seconds < 120",
        ),
        (
            "Running guests that report nothing, or nothing new",
            "libvirt_domain_active == 1 unless on(instance, domain) time() - "
            "libvirt_domain_memory_stats_last_update_timestamp_seconds < 120",
        ),
        ("Guests that swap", "rate(libvirt_domain_memory_stats_swap_in_bytes_total[5m]) > 0"),
        (
            "Share of the memory given to each guest that the host really holds for it",
            "libvirt_domain_memory_stats_rss_bytes / libvirt_domain_memory_stats_current_balloon_bytes",
        ),
    ),
    notes=(
        "Memory is the dearest of what guests are asked for and moves the least, so each guest is asked once a minute, "
        "a part of them in every run of the other statistics, and at once when it starts. With "
        "`--collector.domain_memory.interval=15s` it is asked as often as for everything else.",
        "What the guest has in use is told by the guest alone: `usable` beside `available`, as old as `last_update`. "
        "What it was given (`current_balloon`) and what the host holds for it (`rss`) say nothing of it.",
        "The guest's own figures need its virtio balloon driver and a period. Switch them on with "
        "`virsh dommemstat GUEST --period 10 --live --config`, or in its definition with "
        "`<memballoon model='virtio'><stats period='10'/></memballoon>`.",
    ),
)
