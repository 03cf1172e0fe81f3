"""What KVM itself counts of guests."""

from exporter.collectors.collector import SLOW, Collector, Feed, FieldTable, not_run
from exporter.collectors.source import statistics
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import Guest
from exporter.hypervisor.record import Record

_NOTE = (
    "Off: two monitor requests a guest (250 ms for 101 guests) for figures of interest to few. KVM on Linux; "
    "libvirt does not promise that names and meaning stay. The name of the statistic is a label because it is the"
    " kernel's, not ours, and may change: a new kernel needs no new release. Do not add them up."
)

KVM_MAPPED_BYTES = Metric(
    "libvirt_domain_kvm_mapped_bytes",
    "gauge",
    "Guest memory that KVM maps, by page size in bytes (libvirt vm.pages_4k, vm.pages_2m, vm.pages_1g).",
    labels=("domain", "page_size"),
    unit="bytes",
    source="domstats vm.pages_{4k,2m,1g}.cur times the page size",
    note=(
        "The share of large pages tells whether hugepages work. Off: two monitor requests a guest (250 ms for 101"
        " guests) for figures of interest to few. KVM on Linux; libvirt does not promise that names and meaning "
        "stay."
    ),
    set="optional",
)
KVM_EVENTS = Metric(
    "libvirt_domain_kvm_events_total",
    "counter",
    "Events KVM counted for the guest, such as remote_tlb_flush or mmu_cache_miss (libvirt vm.<name>.sum).",
    labels=("domain", "event"),
    source=(
        "domstats vm.<name>.sum; known: remote_tlb_flush, remote_tlb_flush_requests, mmu_shadow_zapped, "
        "mmu_pte_write, mmu_pde_zapped, mmu_flooded, mmu_recycled, mmu_cache_miss"
    ),
    note=_NOTE + " Resets when the guest starts.",
    set="optional",
)
KVM_CURRENT = Metric(
    "libvirt_domain_kvm_current",
    "gauge",
    "Present figure KVM keeps for the guest, such as nx_lpage_splits (libvirt vm.<name>.cur).",
    labels=("domain", "statistic"),
    source="domstats vm.<name>.cur but pages_*; known: mmu_unsync, nx_lpage_splits",
    note=_NOTE,
    set="optional",
)
KVM_MAXIMUM = Metric(
    "libvirt_domain_kvm_maximum",
    "gauge",
    "Highest figure KVM saw for the guest, such as max_mmu_rmap_size (libvirt vm.<name>.max).",
    labels=("domain", "statistic"),
    source="domstats vm.<name>.max; known: max_mmu_rmap_size, max_mmu_page_hash_collisions",
    note=_NOTE,
    set="optional",
)
METRICS = (KVM_MAPPED_BYTES, KVM_EVENTS, KVM_CURRENT, KVM_MAXIMUM)


_PAGES = {"pages_4k": 4096, "pages_2m": 2 * 1024**2, "pages_1g": 1024**3}

# The names are the kernel's: their last word says what they are.
FIELDS = FieldTable("vm", {}, known=("*.sum", "*.cur", "*.max"))


def collect(guest: Guest, record: Record, rows: Sink) -> None:
    """Every statistic there is, by the word behind its name: sum, cur or max."""
    for key, value in record.fields("vm").items():
        name, _, kind = key.rpartition(".")
        if kind == "sum":
            rows.add(KVM_EVENTS, guest.labels(KVM_EVENTS.labels, name), int(value))
        elif kind == "max":
            rows.add(KVM_MAXIMUM, guest.labels(KVM_MAXIMUM.labels, name), int(value))
        elif kind == "cur" and name in _PAGES:
            size = _PAGES[name]
            rows.add(KVM_MAPPED_BYTES, guest.labels(KVM_MAPPED_BYTES.labels, str(size)), int(value) * size)
        elif kind == "cur":
            rows.add(KVM_CURRENT, guest.labels(KVM_CURRENT.labels, name), int(value))


COLLECTOR = Collector(
    name="domain_kvm",
    help="Statistics that KVM keeps of each guest as a whole.",
    metrics=METRICS,
    feeds=(Feed(statistics("vm", apart=True), collect),),
    interval=SLOW,
    cost="the group VM in a call of its own, which enters the monitor of each guest twice",
    fields=(FIELDS,),
    queries=(
        (
            "Share of memory that is mapped by large pages",
            'sum by (instance, domain) (libvirt_domain_kvm_mapped_bytes{page_size!="4096"})'
            " / sum by (instance, domain) (libvirt_domain_kvm_mapped_bytes)",
        ),
    ),
    notes=(not_run("only KVM keeps these statistics"),),
)
