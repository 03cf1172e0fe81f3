"""libvirt's test driver in this process: `test:///default` is one host that all connections of a process share."""

from typing import Any

import libvirt

from exporter.hypervisor.eventloop import LOOP

URI = "test:///default"

_GUEST = """\
<domain type='test'><name>{name}</name>{uuid}<memory>65536</memory><vcpu>1</vcpu><os><type>hvm</type></os></domain>"""

_POOL = "<pool type='dir'><name>{name}</name><target><path>/default</path></target></pool>"
_NETWORK = "<network><name>{name}</name><bridge name='{name}'/></network>"

_PORT = """\
<device><parent>scsi_host1</parent><capability type='scsi_host'><capability type='fc_host'>
<wwnn>1000000023452345</wwnn><wwpn>1000000023452346</wwpn></capability></capability></device>"""


class Driver:
    """A read-write connection to the host, which is new when it is the first connection of the process."""

    def __init__(self) -> None:
        LOOP.start()
        self.connection: Any = libvirt.open(URI)

    def define(self, name: str, uuid: str = "") -> Any:
        """Make a guest known, shut off."""
        return self.connection.defineXML(_GUEST.format(name=name, uuid=f"<uuid>{uuid}</uuid>" if uuid else ""))

    def start(self, name: str) -> Any:
        """Run a guest that is forgotten once it stops."""
        return self.connection.createXML(_GUEST.format(name=name, uuid=""))

    def pool(self, name: str) -> Any:
        """Make a pool known."""
        return self.connection.storagePoolDefineXML(_POOL.format(name=name))

    def network(self, name: str) -> Any:
        """Make a network known."""
        return self.connection.networkDefineXML(_NETWORK.format(name=name))

    def device(self) -> Any:
        """Make a virtual port of a SCSI host, which is there until it is destroyed."""
        return self.connection.nodeDeviceCreateXML(_PORT, 0)

    def close(self) -> None:
        """Remove every guest that was made and close the connection."""
        for domain in self.connection.listAllDomains():
            if domain.name() == "test":
                continue
            if domain.isActive():
                domain.destroy()
            if domain.name() in [each.name() for each in self.connection.listAllDomains()]:
                domain.undefine()
        self.connection.close()
