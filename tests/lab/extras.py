"""What a laboratory's host has beside guests, networks and pools: secrets, jobs, disks too small to be true."""

import os
import threading
from pathlib import Path
from typing import Any

import libvirt

from .definitions import Disk
from .guests import Guests
from .images import qcow2
from .libvirtd import Libvirtd

_CEPH = "<secret ephemeral='no' private='yes'><usage type='ceph'><name>{name}</name></usage></secret>"
_PULL = """\
<domainbackup mode='pull'>
  <server transport='unix' socket='/var/lib/libvirt/{name}.sock'/>
  <disks><disk name='{disk}' backup='yes' type='file'><scratch file='/var/lib/libvirt/{name}.scratch'/></disk></disks>
</domainbackup>"""
_CHECKPOINT = "<domaincheckpoint><name>{name}</name></domaincheckpoint>"


def secret(guests: Guests, name: str) -> Any:
    """Make a secret for a Ceph client, without a value."""
    return guests.connection.secretDefineXML(_CEPH.format(name=name))


def backup(domain: Any, disk: str) -> None:
    """Begin a backup that somebody could fetch, so that it runs until it is aborted."""
    domain.backupBegin(_PULL.format(name=domain.name(), disk=disk), _CHECKPOINT.format(name="backup-1"))


class SlowSave:
    """A guest that is being saved into a pipe which nobody empties, so that the job runs until `close`.

    The guest must have booted: memory without content is saved before the pipe is full.
    """

    def __init__(self, host: Libvirtd, name: str) -> None:
        self.error = ""
        self._connection: Any = libvirt.open(host.admin_uri)
        self._name = name
        pipe = host.directory / "lib" / f"{name}.pipe"
        os.mkfifo(pipe)
        self._reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        self._thread = threading.Thread(target=self._save, daemon=True)
        self._thread.start()

    def _save(self) -> None:
        try:
            self._connection.lookupByName(self._name).save(f"/var/lib/libvirt/{self._name}.pipe")
        except libvirt.libvirtError as error:
            self.error = str(error)

    def close(self) -> None:
        """Close the pipe: the save fails, and the guest is what it was."""
        os.close(self._reader)
        self._thread.join(30)
        self._connection.close()


def crowded_disk(host: Libvirtd, name: str) -> Disk:
    """A 64 MiB disk whose image stands on a file system of 512 KiB, so that its guest stops for lack of space."""
    folder = Path("/var/lib/libvirt") / name
    image = qcow2(host.directory / "lib" / f"{name}.qcow2")
    host.run_inside(["mkdir", str(folder)])
    host.run_inside(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)])
    host.run_inside(["cp", f"/var/lib/libvirt/{image.name}", str(folder)])
    return Disk(folder / image.name, "qcow2")
