"""Containers of a laboratory's libvirtd: a driver that has no bulk statistics."""

import shutil
from pathlib import Path
from typing import Any

import libvirt

from .libvirtd import Libvirtd

HELPER = Path("/usr/lib/libvirt/libvirt_lxc")
"""What comes with the driver."""

_CONTAINER = """\
<domain type='lxc'>
  <name>{name}</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
  <os><type>exe</type><init>/bin/busybox</init><initarg>sleep</initarg><initarg>600</initarg></os>
  <devices>
    <filesystem type='mount'><source dir='/var/lib/libvirt/{name}'/><target dir='/'/></filesystem>
    <interface type='network'><source network='lab'/></interface>
    <console type='pty'/>
  </devices>
</domain>"""

# Where versions 1 and 2 of control groups are mounted side by side, libvirt cannot give a container the second.
_ONE_VERSION = "! mountpoint -q /sys/fs/cgroup/unified || umount /sys/fs/cgroup/unified"


def lxc(uri: str) -> str:
    """The URI of a laboratory's host for clients of its containers."""
    return uri.replace("qemu", "lxc", 1).replace("/system", "/", 1)


def container(host: Libvirtd, name: str) -> Any:
    """Start a container that sleeps, on the network `lab`; its connection stays open as long as the domain is held."""
    host.run_inside(["sh", "-c", _ONE_VERSION])
    root = host.directory / "lib" / name
    for folder in ("bin", "dev", "etc", "proc", "sys", "tmp"):
        (root / folder).mkdir(parents=True)
    shutil.copy("/bin/busybox", root / "bin" / "busybox")
    connection = libvirt.open(lxc(host.admin_uri))
    domain = connection.defineXML(_CONTAINER.format(name=name))
    domain.create()
    return domain
