"""Hosts of any size for libvirt's test driver: `test:///FILE` with as many guests as wanted.

`python -m tests.lab.hostfile COUNT > host.xml` writes one.
"""

import sys
from uuid import UUID

_DOMAIN = """\
<domain type="test" xmlns:test="http://libvirt.org/schemas/domain/test/1.0">{runstate}
<name>guest-{number:05}</name><uuid>{uuid}</uuid>
<memory unit="MiB">512</memory><currentMemory unit="MiB">256</currentMemory><vcpu>{vcpus}</vcpu>
<os><type>hvm</type></os><devices>{devices}</devices></domain>
"""
_DISK = (
    '<disk type="file" device="disk"><source file="/images/{number:05}-{target}.qcow2"/>'
    '<target dev="{target}" bus="virtio"/></disk>'
)
_INTERFACE = '<interface type="network"><source network="default"/><target dev="tap{number:05}{letter}"/></interface>'
_NETWORK = '<network><name>default</name><bridge name="virbr0"/></network>'
_SHUT_OFF = "<test:runstate>5</test:runstate>"


def host_xml(count: int, *, disks: int = 2, interfaces: int = 2, vcpus: int = 2, off_every: int = 0) -> str:
    """XML of a host with `count` guests, of which each `off_every`th is shut off (0: none)."""
    domains = []
    for number in range(1, count + 1):
        devices = "".join(_DISK.format(number=number, target=f"vd{chr(97 + disk)}") for disk in range(disks))
        devices += "".join(_INTERFACE.format(number=number, letter=chr(97 + each)) for each in range(interfaces))
        runstate = _SHUT_OFF if off_every and number % off_every == 0 else ""
        uuid = UUID(int=number)
        domains.append(
            _DOMAIN.format(number=number, uuid=uuid, vcpus=vcpus, devices=devices, runstate=runstate).replace("\n", "")
        )
    return "<node>\n" + "\n".join(domains) + f"\n{_NETWORK}\n</node>\n"


if __name__ == "__main__":
    print(host_xml(int(sys.argv[1])), end="")
