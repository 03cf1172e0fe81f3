"""Network filters, and the guest interfaces they are bound to."""

from exporter.collectors.collector import RARE, Collector, Feed
from exporter.collectors.source import HostCall
from exporter.exposition.labels import NO_LABELS, Labels
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Rows
from exporter.hypervisor.devices import Filters, read_nwfilters

NWFILTERS = Metric(
    "libvirt_nwfilters",
    "gauge",
    "Network filters the host knows (libvirt listAllNWFilters).",
    source="len(listAllNWFilters(0))",
    set="default",
)
NWFILTER_BINDINGS = Metric(
    "libvirt_nwfilter_bindings",
    "gauge",
    "Guest interfaces a network filter is bound to (libvirt listAllNWFilterBindings).",
    labels=("nwfilter",),
    source="listAllNWFilterBindings(0): count by filterName()",
    note="A guest that lost its filter is a hole in the wall. Filters without a binding give 0.",
    set="default",
)
METRICS = (NWFILTERS, NWFILTER_BINDINGS)


def collect(filters: Filters, rows: Rows) -> None:
    """How many filters there are, and the bindings of each."""
    rows.add(NWFILTERS, NO_LABELS, filters.count)
    for name, number in filters.bindings.items():
        rows.add(NWFILTER_BINDINGS, Labels(NWFILTER_BINDINGS.labels, (name,)), number)


COLLECTOR = Collector(
    name="nwfilter",
    help="Network filters, and how many guest interfaces each is bound to.",
    metrics=METRICS,
    feeds=(Feed(HostCall(read_nwfilters), collect),),
    interval=RARE,
    cost="two listings",
    queries=(("Filters that lost a guest's interface within an hour", "delta(libvirt_nwfilter_bindings[1h]) < 0"),),
)
