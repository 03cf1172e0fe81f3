"""Storage pools of a laboratory: directories, and a volume group that can be made to hang."""

import threading
from pathlib import Path
from typing import Any

from .guests import Guests
from .libvirtd import Libvirtd

_DIR = "<pool type='dir'><name>{name}</name><target><path>/var/lib/libvirt/{name}</path></target></pool>"
_FILE_SYSTEM = """\
<pool type='fs'>
  <name>{name}</name><source><device path='/dev/{name}'/></source><target><path>/var/lib/libvirt/{name}</path></target>
</pool>"""
_LOGICAL = "<pool type='logical'><name>group</name><source><name>group</name></source></pool>"
_VOLUME = """\
<volume>
  <name>{name}</name><capacity unit='MiB'>8</capacity><target><format type='{form}'/></target>
</volume>"""

# Stands where the volume manager's programs would, and does not answer while a file is there, as they do not
# while a disk array is gone.
_TOOL = """\
#!/bin/sh
while [ -e /var/lib/libvirt/array-gone ]; do sleep 0.1; done
case $0 in
  */vgs) echo 1073741824:536870912 ;;
  */pvs) echo /dev/array group ;;
esac
"""
_TOOLS = ("vgs", "lvs", "pvs", "vgchange", "vgscan")
_OVERLAY = "mount -t overlay -o lowerdir=/var/lib/libvirt/tools:/usr/sbin overlay /usr/sbin"


class Pools:
    """The pools of one private daemon."""

    def __init__(self, host: Libvirtd, guests: Guests) -> None:
        self._host = host
        self._guests = guests
        self._library = host.directory / "lib"

    def directory(self, name: str, *volumes: str, autostart: bool = False) -> Any:
        """Start a pool that is a directory, with these 8 MiB volumes: qcow2 if they are called so, else raw."""
        (self._library / name).mkdir()
        pool = self._guests.connection.storagePoolDefineXML(_DIR.format(name=name))
        pool.create()
        pool.setAutostart(int(autostart))
        for volume in volumes:
            pool.createXML(_VOLUME.format(name=volume, form="qcow2" if volume.endswith("qcow2") else "raw"))
        return pool

    def file_system(self, name: str, *volumes: str) -> Any:
        """Start a pool that is a file system of its own, with these 8 MiB volumes."""
        (self._library / name).mkdir()
        # libvirt leaves the mounting to whoever has done it already.
        self._host.run_inside(["mount", "-t", "tmpfs", "-o", "size=64m", f"/dev/{name}", f"/var/lib/libvirt/{name}"])
        pool = self._guests.connection.storagePoolDefineXML(_FILE_SYSTEM.format(name=name))
        pool.create()
        for volume in volumes:
            pool.createXML(_VOLUME.format(name=volume, form="raw"))
        pool.refresh()
        return pool

    def group(self) -> Any:
        """Start the pool `group`, a volume group of 1 GiB that is half full."""
        tools: Path = self._library / "tools"
        tools.mkdir()
        for name in _TOOLS:
            (tools / name).write_text(_TOOL)
            (tools / name).chmod(0o755)
        self._host.run_inside(["sh", "-euc", _OVERLAY])
        pool = self._guests.connection.storagePoolDefineXML(_LOGICAL)
        pool.create()
        return pool

    def hang(self) -> threading.Thread:
        """Let the volume group's array be gone and refresh the pool: the thread that waits for the end of that."""
        (self._library / "array-gone").touch()
        refreshing = threading.Thread(
            target=self._guests.connection.storagePoolLookupByName("group").refresh, daemon=True
        )
        refreshing.start()
        return refreshing

    def recover(self) -> None:
        """The array is there again."""
        (self._library / "array-gone").unlink(missing_ok=True)
