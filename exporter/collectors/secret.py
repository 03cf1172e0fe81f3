"""Secrets that libvirt keeps: how many, and nothing else."""

from collections.abc import Mapping

from exporter.collectors.collector import RARE, Collector, Feed
from exporter.collectors.source import HostCall
from exporter.exposition.labels import Labels
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Rows
from exporter.hypervisor.devices import read_secrets

SECRETS = Metric(
    "libvirt_secrets",
    "gauge",
    "Secrets libvirt keeps, by usage: none, volume, ceph, iscsi, tls or vtpm (libvirt listAllSecrets).",
    labels=("usage",),
    source="listAllSecrets(0): count by usageType()",
    note="Number only: no value and no name is ever asked for.",
    set="default",
)
METRICS = (SECRETS,)


def collect(counts: Mapping[str, int], rows: Rows) -> None:
    """How many there are of each usage."""
    for usage, number in counts.items():
        rows.add(SECRETS, Labels(SECRETS.labels, (usage,)), number)


COLLECTOR = Collector(
    name="secret",
    help="How many secrets libvirt keeps, by usage; no name and no value is looked at.",
    metrics=METRICS,
    feeds=(Feed(HostCall(read_secrets), collect),),
    interval=RARE,
    cost="one listing",
    queries=(("Secrets of all hosts by what they are for", "sum by (usage) (libvirt_secrets)"),),
)
