"""Pools, volumes and networks of the demo host, beside those that libvirt's test host has from the start."""

from dataclasses import dataclass
from xml.etree import ElementTree

from exporter.demo.guests import GUESTS
from exporter.demo.xml import element, text


@dataclass(frozen=True)
class DemoPool:
    """One storage pool; `active` ones are started."""

    name: str
    kind: str
    path: str
    source: str = ""
    active: bool = True

    def xml(self) -> str:
        """The XML that defines it."""
        root = element("pool", type=self.kind)
        text(root, "name", self.name)
        if self.source:
            source = element("source", root)
            if self.kind == "netfs":
                element("host", source, name=self.source)
                element("dir", source, path="/export/backup")
            else:
                text(source, "name", self.source)
        text(element("target", root), "path", self.path)
        return ElementTree.tostring(root, encoding="unicode")


@dataclass(frozen=True)
class DemoNetwork:
    """One isolated network; `active` ones are started."""

    name: str
    bridge: str
    address: str
    active: bool = True

    def xml(self) -> str:
        """The XML that defines it."""
        root = element("network")
        text(root, "name", self.name)
        element("bridge", root, name=self.bridge)
        element("ip", root, address=self.address, netmask="255.255.255.0")
        return ElementTree.tostring(root, encoding="unicode")


POOLS = (
    DemoPool("images", "dir", "/var/lib/libvirt/images"),
    DemoPool("ssd", "logical", "/dev/ssd", source="ssd"),
    DemoPool("backup", "netfs", "/srv/backup", source="backup.demo.invalid", active=False),
)

NETWORKS = (
    DemoNetwork("backend", "virbr1", "10.20.0.1"),
    DemoNetwork("lab", "virbr2", "10.30.0.1", active=False),
)


def volumes() -> list[str]:
    """XML of the volumes in the pool `images`: one for each disk of a guest that fits into libvirt's test pool."""
    found = []
    room = 100
    for guest in GUESTS:
        for disk in guest.disks:
            if disk.gibibytes <= room:
                room -= disk.gibibytes
                root = element("volume")
                text(root, "name", guest.image(disk))
                text(root, "capacity", str(disk.gibibytes), unit="GiB")
                text(root, "allocation", str(max(1, disk.gibibytes // 2)), unit="GiB")
                found.append(ElementTree.tostring(root, encoding="unicode"))
    return found
