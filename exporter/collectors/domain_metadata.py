"""What other software wrote into the definition of guests: titles, OpenStack, libosinfo, your own."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from xml.etree.ElementTree import Element

from exporter.collectors.collector import RARE, Collector, Feed
from exporter.collectors.nova import Instance
from exporter.collectors.source import Description
from exporter.collectors.units import gibibytes, mebibytes
from exporter.exposition.labels import Labels
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import DOMAIN, Guest
from exporter.metadata import MetadataSettings

TITLE_INFO = Metric(
    "libvirt_domain_title_info",
    "info",
    "Title of the guest, absent without one (libvirt domain XML title).",
    labels=("domain", "title"),
    source="XMLDesc(0) title",
    note="METADATA_CHANGE events refresh it. Cut at 128 characters. The description is left out: free text.",
    set="default",
)
OPENSTACK_INFO = Metric(
    "libvirt_domain_openstack_info",
    "info",
    "OpenStack identity of the guest, absent for guests that Nova did not make (libvirt domain XML metadata "
    "of Nova 1.1, else 1.0).",
    labels=(
        "domain",
        "instance_name",
        "instance_id",
        "flavor_name",
        "user_name",
        "user_id",
        "project_name",
        "project_id",
    ),
    source="XMLDesc(0) metadata/{http://openstack.org/xmlns/libvirt/nova/1.1}instance, else 1.0; instance_id = uuid",
    note="Join: metric * on(instance, domain) group_left(project_name) libvirt_domain_openstack_info.",
    set="default",
)
OPENSTACK_ROOT_INFO = Metric(
    "libvirt_domain_openstack_root_info",
    "info",
    "Image or volume the OpenStack instance was made from (libvirt domain XML metadata of Nova root).",
    labels=("domain", "root_type", "root_uuid"),
    source="XMLDesc(0) metadata nova, element root: @type, @uuid",
    set="default",
)
OPENSTACK_PACKAGE_INFO = Metric(
    "libvirt_domain_openstack_package_info",
    "info",
    "Version of Nova that wrote the guest's definition (libvirt domain XML metadata of Nova package).",
    labels=("domain", "version"),
    source="XMLDesc(0) metadata nova instance/package/@version",
    note="Older than the Nova of the host: the guest was not started since the upgrade.",
    set="default",
)
OPENSTACK_CREATION_TIMESTAMP_SECONDS = Metric(
    "libvirt_domain_openstack_creation_timestamp_seconds",
    "gauge",
    "When Nova made the instance (libvirt domain XML metadata of Nova creationTime).",
    labels=DOMAIN,
    unit="seconds",
    source="XMLDesc(0) metadata nova instance/creationTime UTC -> Unix s",
    set="default",
)
OPENSTACK_FLAVOR_VCPUS = Metric(
    "libvirt_domain_openstack_flavor_vcpus",
    "gauge",
    "vCPUs of the instance's flavor (libvirt domain XML metadata of Nova flavor).",
    labels=DOMAIN,
    source="XMLDesc(0) metadata nova instance/flavor/vcpus",
    set="default",
)
OPENSTACK_FLAVOR_MEMORY_BYTES = Metric(
    "libvirt_domain_openstack_flavor_memory_bytes",
    "gauge",
    "Memory of the instance's flavor (libvirt domain XML metadata of Nova flavor).",
    labels=DOMAIN,
    unit="bytes",
    source="XMLDesc(0) metadata nova instance/flavor/memory MiB -> bytes",
    set="default",
)
OPENSTACK_FLAVOR_DISK_BYTES = Metric(
    "libvirt_domain_openstack_flavor_disk_bytes",
    "gauge",
    "Disk of the instance's flavor (libvirt domain XML metadata of Nova flavor).",
    labels=DOMAIN,
    unit="bytes",
    source="XMLDesc(0) metadata nova instance/flavor/disk GiB -> bytes",
    set="default",
)
OPENSTACK_FLAVOR_EPHEMERAL_BYTES = Metric(
    "libvirt_domain_openstack_flavor_ephemeral_bytes",
    "gauge",
    "Ephemeral of the instance's flavor (libvirt domain XML metadata of Nova flavor).",
    labels=DOMAIN,
    unit="bytes",
    source="XMLDesc(0) metadata nova instance/flavor/ephemeral GiB -> bytes",
    set="default",
)
OPENSTACK_FLAVOR_SWAP_BYTES = Metric(
    "libvirt_domain_openstack_flavor_swap_bytes",
    "gauge",
    "Swap of the instance's flavor (libvirt domain XML metadata of Nova flavor).",
    labels=DOMAIN,
    unit="bytes",
    source="XMLDesc(0) metadata nova instance/flavor/swap MiB -> bytes",
    set="default",
)
LIBOSINFO_INFO = Metric(
    "libvirt_domain_libosinfo_info",
    "info",
    "Operating system the guest was made for (libvirt domain XML metadata of libosinfo).",
    labels=("domain", "os_id"),
    source="XMLDesc(0) metadata/{http://libosinfo.org/xmlns/libvirt/domain/1.0}libosinfo/os/@id",
    set="default",
)
METADATA_INFO = Metric(
    "libvirt_domain_metadata_info",
    "info",
    "Labels from the guest's metadata that the configuration asks for (libvirt domain XML metadata).",
    labels=DOMAIN,
    source="XMLDesc(0) metadata, one XPath a label from the configuration file",
    note="Labels: domain and those configured, each sanitised and cut at 128 characters; nothing until configured.",
    set="default",
)
METRICS = (
    TITLE_INFO,
    OPENSTACK_INFO,
    OPENSTACK_ROOT_INFO,
    OPENSTACK_PACKAGE_INFO,
    OPENSTACK_CREATION_TIMESTAMP_SECONDS,
    OPENSTACK_FLAVOR_VCPUS,
    OPENSTACK_FLAVOR_MEMORY_BYTES,
    OPENSTACK_FLAVOR_DISK_BYTES,
    OPENSTACK_FLAVOR_EPHEMERAL_BYTES,
    OPENSTACK_FLAVOR_SWAP_BYTES,
    LIBOSINFO_INFO,
    METADATA_INFO,
)


_LONGEST = 128
_OSINFO = "{http://libosinfo.org/xmlns/libvirt/domain/1.0}"


def describe(guest: Guest, root: Element, rows: Sink) -> None:
    """Title, libosinfo and who the guest is in OpenStack, for guests that have them."""
    title = root.findtext("title")
    if title:
        rows.add(TITLE_INFO, Labels(TITLE_INFO.labels, (guest.name, title[:_LONGEST])), 1)
    system = root.find(f"metadata/{_OSINFO}libosinfo/{_OSINFO}os")
    if system is not None and system.get("id"):
        rows.add(LIBOSINFO_INFO, Labels(LIBOSINFO_INFO.labels, (guest.name, system.get("id", "")[:_LONGEST])), 1)
    instance = Instance.of(root)
    if instance is None:
        return
    identity = (
        instance.text("name"),
        root.findtext("uuid", ""),
        instance.attribute("flavor", "name"),
        instance.text("owner/user"),
        instance.attribute("owner/user", "uuid"),
        instance.text("owner/project"),
        instance.attribute("owner/project", "uuid"),
    )
    rows.add(OPENSTACK_INFO, Labels(OPENSTACK_INFO.labels, (guest.name, *identity)), 1)
    if instance.has("root"):
        values = (guest.name, instance.attribute("root", "type"), instance.attribute("root", "uuid"))
        rows.add(OPENSTACK_ROOT_INFO, Labels(OPENSTACK_ROOT_INFO.labels, values), 1)
    version = instance.attribute("package", "version")
    if version:
        rows.add(OPENSTACK_PACKAGE_INFO, guest.labels(OPENSTACK_PACKAGE_INFO.labels, version[:_LONGEST]), 1)


def describe_creation(guest: Guest, root: Element, rows: Sink) -> None:
    """When Nova made the instance: a feed of its own, so that an odd time costs nothing else."""
    instance = Instance.of(root)
    created = "" if instance is None else instance.text("creationTime")
    if created:
        moment = datetime.strptime(created, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        rows.add(OPENSTACK_CREATION_TIMESTAMP_SECONDS, guest.domain, int(moment.timestamp()))


def describe_flavor(guest: Guest, root: Element, rows: Sink) -> None:
    """The figures of the instance's flavor: a feed of its own, so that an odd one costs nothing else."""
    instance = Instance.of(root)
    if instance is None:
        return
    for path, metric, convert in (
        ("flavor/vcpus", OPENSTACK_FLAVOR_VCPUS, int),
        ("flavor/memory", OPENSTACK_FLAVOR_MEMORY_BYTES, mebibytes),
        ("flavor/disk", OPENSTACK_FLAVOR_DISK_BYTES, gibibytes),
        ("flavor/ephemeral", OPENSTACK_FLAVOR_EPHEMERAL_BYTES, gibibytes),
        ("flavor/swap", OPENSTACK_FLAVOR_SWAP_BYTES, mebibytes),
    ):
        size = instance.text(path)
        if size:
            rows.add(metric, guest.domain, convert(int(size)))


def describe_configured(metric: Metric, settings: MetadataSettings, guest: Guest, root: Element, rows: Sink) -> None:
    """The labels that the configuration asks for, for guests that have at least one of them."""
    values = [path.text(root) for path in settings.labels.values()]
    if any(values):
        rows.add(metric, Labels(metric.labels, (guest.name, *((value or "")[:_LONGEST] for value in values))), 1)


def configure(settings: MetadataSettings) -> Collector:
    """The collector with the labels of this configuration on its info metric."""
    metric = replace(METADATA_INFO, labels=(*DOMAIN, *settings.labels))
    return Collector(
        name="domain_metadata",
        help="What other software wrote into the definition of guests: titles, OpenStack, libosinfo, your own.",
        metrics=(*METRICS[:-1], metric),
        feeds=(
            Feed(Description(), describe),
            Feed(Description(), describe_creation),
            Feed(Description(), describe_flavor),
            Feed(Description(), partial(describe_configured, metric, settings)),
        ),
        interval=RARE,
        cost="one XMLDesc for a guest that changed, shared by all that read descriptions",
        queries=(
            (
                "CPU time by project",
                "sum by (project_name) (rate(libvirt_domain_info_cpu_time_seconds_total[5m])"
                " * on(instance, domain) group_left(project_name) libvirt_domain_openstack_info)",
            ),
        ),
        configure=configure,
    )


COLLECTOR = configure(MetadataSettings())
