"""A host for libvirt's test driver, with any number of running guests.

`python -m tests.bench.testdriver PATH GUESTS` writes it and says its URI.
"""

import argparse
from pathlib import Path
from uuid import NAMESPACE_DNS, uuid5
from xml.etree import ElementTree

from exporter.demo.xml import element, text


def write_host(path: Path, guests: int) -> None:
    """Write the file that the URI names."""
    node = element("node")
    for number in range(guests):
        node.append(_guest(number))
    ElementTree.ElementTree(node).write(path, encoding="utf-8")


def _guest(number: int) -> ElementTree.Element:
    name = f"guest-{number:05d}"
    root = element("domain", type="test")
    text(root, "name", name)
    text(root, "uuid", str(uuid5(NAMESPACE_DNS, name)))
    text(root, "memory", "262144")
    text(root, "vcpu", "2")
    text(element("os", root), "type", "hvm", arch="x86_64")
    devices = element("devices", root)
    for target in ("vda", "vdb"):
        disk = element("disk", devices, type="file", device="disk")
        element("source", disk, file=f"/var/lib/libvirt/images/{name}-{target}.qcow2")
        element("target", disk, dev=target, bus="virtio")
    for place in range(2):
        interface = element("interface", devices, type="network")
        element("source", interface, network="default")
        element("target", interface, dev=f"tap{number}-{place}")
    return root


def main() -> None:
    """Write a host for libvirt's test driver and say its URI."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.testdriver", description=main.__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("guests", type=int)
    chosen = parser.parse_args()
    write_host(chosen.path, chosen.guests)
    print(f"test://{chosen.path.absolute()}")


if __name__ == "__main__":
    main()
