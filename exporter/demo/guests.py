"""The guests of the demo host: what each is, and how it behaves."""

from dataclasses import dataclass
from typing import Literal
from uuid import NAMESPACE_DNS, uuid5
from xml.etree import ElementTree

from exporter.demo.xml import element, text

Start = Literal["running", "paused", "off", "crashed", "saved"]

_FOLDER = "/var/lib/libvirt/images"
_OSINFO = "http://libosinfo.org/xmlns/libvirt/domain/1.0"
_DEBIAN = "http://debian.org/debian/12"
_WINDOWS = "http://microsoft.com/win/2k22"


@dataclass(frozen=True)
class Disk:
    """A disk by its target; requests are per second, on average, while the guest runs."""

    target: str
    gibibytes: int
    reads: float
    writes: float


@dataclass(frozen=True)
class DemoGuest:
    """One guest. `load` is the part of its vCPUs that is busy on average, `traffic` bytes a second over each interface;
    `lively` ones are started, paused and stopped while the demo runs."""

    name: str
    title: str
    vcpus: int
    mebibytes: int
    load: float
    traffic: float
    disks: tuple[Disk, ...]
    networks: tuple[str, ...] = ("default",)
    start: Start = "running"
    lively: bool = False
    autostart: bool = True
    system: str = _DEBIAN

    @property
    def uuid(self) -> str:
        """The same in every run, so that series go on after a restart."""
        return str(uuid5(NAMESPACE_DNS, f"{self.name}.demo.invalid"))

    def xml(self) -> str:
        """The domain XML that defines it."""
        root = element("domain", type="test")
        text(root, "name", self.name)
        text(root, "uuid", self.uuid)
        text(root, "title", self.title)
        metadata = element("metadata", root)
        ElementTree.register_namespace("libosinfo", _OSINFO)
        osinfo = element(f"{{{_OSINFO}}}libosinfo", metadata)
        element(f"{{{_OSINFO}}}os", osinfo, id=self.system)
        text(root, "memory", str(self.mebibytes), unit="MiB")
        text(root, "currentMemory", str(self.mebibytes * 3 // 4), unit="MiB")
        text(root, "vcpu", str(self.vcpus))
        text(element("cputune", root), "shares", str(256 if self.lively else 1024))
        system = element("os", root)
        text(system, "type", "hvm", arch="x86_64")
        text(root, "on_crash", "preserve")
        self._devices(element("devices", root))
        return ElementTree.tostring(root, encoding="unicode")

    def image(self, disk: Disk) -> str:
        """File name of the image behind a disk."""
        return f"{self.name}-{disk.target}.qcow2"

    def _devices(self, devices: ElementTree.Element) -> None:
        for disk in self.disks:
            node = element("disk", devices, type="file", device="disk")
            element("driver", node, name="qemu", type="qcow2")
            element("source", node, file=f"{_FOLDER}/{self.image(disk)}")
            element("target", node, dev=disk.target, bus="virtio")
            if self.lively:  # what comes and goes may not slow the others down
                limits = element("iotune", node)
                text(limits, "total_iops_sec", "500")
                text(limits, "total_bytes_sec", str(100 * 1024 * 1024))
        for number, network in enumerate(self.networks):
            node = element("interface", devices, type="network")
            digits = f"{int(self.uuid[:6], 16) ^ number:06x}"
            element("mac", node, address=f"52:54:00:{digits[:2]}:{digits[2:4]}:{digits[4:]}")
            element("source", node, network=network)
            # Names that begin with vnet belong to libvirt, which would give another.
            element("target", node, dev=f"tap{digits}{number}")
            element("model", node, type="virtio")
        channel = element("channel", devices, type="unix")
        element("source", channel, mode="bind", path=f"/run/libvirt/qemu/channel/{self.name}")
        element("target", channel, type="virtio", name="org.qemu.guest_agent.0")
        element("watchdog", devices, model="i6300esb", action="reset")
        element("memballoon", devices, model="virtio")
        element("backend", element("rng", devices, model="virtio"), model="random").text = "/dev/urandom"


GUESTS = (
    DemoGuest("web-1", "Shop, first front end", 2, 256, 0.35, 900e3, (Disk("vda", 20, 4, 12),), ("default", "backend")),
    DemoGuest("web-2", "Shop, second front end", 2, 256, 0.3, 750e3, (Disk("vda", 20, 4, 11),), ("default", "backend")),
    DemoGuest(
        "db-1",
        "Orders, primary database",
        4,
        768,
        0.55,
        400e3,
        (Disk("vda", 20, 2, 6), Disk("vdb", 200, 180, 240)),
        ("backend",),
    ),
    DemoGuest(
        "db-2",
        "Orders, standby database",
        4,
        768,
        0.15,
        250e3,
        (Disk("vda", 20, 2, 6), Disk("vdb", 200, 15, 190)),
        ("backend",),
    ),
    DemoGuest("cache-1", "Session cache", 1, 384, 0.2, 1500e3, (Disk("vda", 10, 1, 3),), ("backend",)),
    DemoGuest("mail", "Mail server", 1, 192, 0.08, 40e3, (Disk("vda", 60, 6, 14),)),
    DemoGuest("monitoring", "Prometheus and friends", 2, 384, 0.25, 120e3, (Disk("vda", 80, 8, 45),)),
    DemoGuest("directory", "Windows domain controller", 2, 512, 0.12, 25e3, (Disk("vda", 80, 7, 9),), system=_WINDOWS),
    DemoGuest("build-1", "Build runner", 4, 512, 0.8, 300e3, (Disk("vda", 60, 90, 160),), lively=True),
    DemoGuest("build-2", "Build runner", 4, 512, 0.75, 280e3, (Disk("vda", 60, 85, 150),), start="off", lively=True),
    DemoGuest("batch", "Nightly reports", 2, 384, 0.6, 60e3, (Disk("vda", 40, 70, 30),), lively=True),
    DemoGuest("staging", "Shop, next release", 2, 256, 0.1, 20e3, (Disk("vda", 20, 3, 5),), start="paused"),
    DemoGuest("legacy", "Old billing, to be replaced", 1, 128, 0.05, 5e3, (Disk("hda", 8, 1, 1),), start="crashed"),
    DemoGuest("laptop-sync", "File synchronisation", 1, 128, 0.05, 30e3, (Disk("vda", 100, 2, 4),), start="saved"),
    DemoGuest(
        "template",
        "Image that new guests are made of",
        1,
        128,
        0,
        0,
        (Disk("vda", 5, 0, 0),),
        start="off",
        autostart=False,
    ),
)
"""All of them, more often running than not, as on a host of a small company."""
