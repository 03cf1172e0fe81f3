"""What the agent inside a guest tells, over a connection of its own that the user configures."""

from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element

from exporter.collectors import domain_agent_metrics as metrics
from exporter.collectors.collector import RARE, SLOW, Collector, Feed
from exporter.collectors.source import AgentCall, Description
from exporter.exposition.labels import Labels
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import Guest
from exporter.hypervisor.agentcalls import AgentReport, read_agent

# Without a size of their own, or the same image in each guest.
_PSEUDO = frozenset({"tmpfs", "devtmpfs", "ramfs", "squashfs", "iso9660", "udf", "overlay", "erofs", "cramfs"})

# What is said here is chosen by software inside the guest, which may say megabytes.
_LONGEST = 200
"""Characters of a label: more than the mount points of real guests have."""
_MOST = 100
"""File systems, disks and addresses of one guest each: ten times what most have, and no more than a page bears."""


def collect(guest: Guest, report: AgentReport, rows: Sink) -> None:
    """Whether the agent answered, and what it said; nothing else of one that did not."""
    rows.add(metrics.UP, guest.domain, int(report.up))
    if not report.up:
        return
    rows.add(metrics.TIMESTAMP_SECONDS, guest.domain, report.asked_at)
    info = report.info
    _system(guest, info, rows)
    if report.clock_ahead is not None:
        rows.add(metrics.CLOCK_OFFSET_SECONDS, guest.domain, report.clock_ahead)
    if "user.count" in info:
        rows.add(metrics.USERS, guest.domain, info["user.count"])
    for key, metric in (("1m", metrics.LOAD1), ("5m", metrics.LOAD5), ("15m", metrics.LOAD15)):
        if f"load.{key}" in info:
            rows.add(metric, guest.domain, info[f"load.{key}"])
    _file_systems(guest, info, rows)
    for disk in _items(info, "disk")[:_MOST]:
        names = (_text(disk, key) for key in ("name", "alias", "serial", "guest_bus"))
        _fact(metrics.DISK_INFO, guest, rows, *names)
    addresses = [(each, address) for each in _items(info, "if") for address in _items(each, "addr")]
    for interface, address in addresses[:_MOST]:
        parts = (_text(interface, "name"), _text(interface, "hwaddr"))
        _fact(metrics.ADDRESS_INFO, guest, rows, *parts, _text(address, "addr"), _text(address, "prefix"))
    vcpus = report.vcpus or {}
    for key, metric in (("online", metrics.VCPUS_ONLINE), ("offlinable", metrics.VCPUS_OFFLINABLE)):
        if key in vcpus:
            rows.add(metric, guest.domain, _size(vcpus[key]))


def _system(guest: Guest, info: Mapping[str, Any], rows: Sink) -> None:
    keys = ("os.id", "os.name", "os.version-id", "os.kernel-release", "os.machine")
    if any(key in info for key in keys):
        _fact(metrics.OS_INFO, guest, rows, *(_text(info, key) for key in keys))
    if "hostname" in info:
        _fact(metrics.HOSTNAME_INFO, guest, rows, _text(info, "hostname"))
    if "timezone.name" in info:
        _fact(metrics.TIMEZONE_INFO, guest, rows, _text(info, "timezone.name"))
    if "timezone.offset" in info:
        rows.add(metrics.TIMEZONE_OFFSET_SECONDS, guest.domain, info["timezone.offset"])


def _file_systems(guest: Guest, info: Mapping[str, Any], rows: Sink) -> None:
    shown = [each for each in _items(info, "fs") if each.get("fstype") not in _PSEUDO][:_MOST]
    for each in shown:
        values = (guest.name, _text(each, "name"), _text(each, "fstype"), _text(each, "mountpoint"))
        labels = Labels(metrics.FILESYSTEM_SIZE_BYTES.labels, values)
        if "total-bytes" in each:
            rows.add(metrics.FILESYSTEM_SIZE_BYTES, labels, each["total-bytes"])
        if "used-bytes" in each:
            rows.add(metrics.FILESYSTEM_USED_BYTES, labels, each["used-bytes"])
    disks = [(_text(each, "mountpoint"), disk) for each in shown for disk in _items(each, "disk")]
    for point, disk in disks[:_MOST]:
        _fact(metrics.FILESYSTEM_DISK_INFO, guest, rows, point, _text(disk, "alias"), _text(disk, "device"))


def _fact(metric: Metric, guest: Guest, rows: Sink, *values: str) -> None:
    rows.add(metric, Labels(metric.labels, (guest.name, *values)), 1)


def _text(values: Mapping[str, Any], key: str) -> str:
    return str(values.get(key, ""))[:_LONGEST]


def _items(values: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    """The members of a list in flat keys: `fs.0.name` of the kind `fs` becomes `name` of the first.

    `fs.count` is not asked: software inside the guest may choose any number.
    """
    items: dict[int, dict[str, Any]] = {}
    for key, value in values.items():
        start, _, rest = key.partition(".")
        number, _, field = rest.partition(".")
        if start == kind and field and number.isdecimal():
            items.setdefault(int(number), {})[field] = value
    return [items[number] for number in sorted(items)]


def _size(ranges: str) -> int:
    """How many numbers `0-2,5` means."""
    total = 0
    for each in ranges.split(",") if ranges else ():
        first, _, last = each.partition("-")
        total += int(last or first) - int(first) + 1
    return total


def describe(_guest: Guest, _root: Element, _rows: Sink) -> None:
    """Nothing: that descriptions are read is what tells which agents are connected."""


COLLECTOR = Collector(
    name="domain_agent",
    help="What agents inside guests tell: operating system, file systems, addresses, clock.",
    metrics=metrics.METRICS,
    feeds=(Feed(AgentCall(read_agent), collect), Feed(Description(), describe, interval=RARE)),
    interval=SLOW,
    cost="three calls for each guest whose agent is connected, answered by software inside the guest",
    queries=(
        (
            "File systems fuller than 90 %",
            "libvirt_domain_agent_filesystem_used_bytes / libvirt_domain_agent_filesystem_size_bytes > 0.9",
        ),
        ("Guests whose clock is wrong", "abs(libvirt_domain_agent_clock_offset_seconds) > 1"),
    ),
    notes=(
        "Needs `--libvirt.agent-uri` as well, such as `qemu:///system`: a second connection, with write access, as "
        "libvirt refuses these questions to a read-only one. Nothing else uses it, and without it nothing is asked.",
        "An agent that does not answer is asked again after pauses that double, from a minute on; agents that answer "
        "never wait for it.",
        f"Labels are cut at {_LONGEST} characters; of a guest, {_MOST} file systems, disks and addresses are shown.",
    ),
)
