"""What guests are made of, written as libvirt domain XML."""

from dataclasses import dataclass, replace
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from .kernel import Linux


@dataclass(frozen=True)
class Disk:
    """One virtio disk backed by an image file."""

    path: Path
    format: str = "raw"
    bus: str = "virtio"
    iotune: str = ""
    """Children of `<iotune>`."""
    iothread: int | None = None
    error_policy: str | None = None
    readonly: bool = False


@dataclass(frozen=True)
class Guest:
    """One emulated guest; the defaults are the cheapest that starts."""

    name: str
    memory_mib: int = 16
    vcpus: int = 1
    disks: tuple[Disk, ...] = ()
    networks: tuple[str, ...] = ()
    """Names of libvirt networks, one for each virtio interface."""
    linux: Linux | None = None
    """What to boot; None boots nothing."""
    command_line: str = ""
    balloon_period: int = 0
    """Seconds between the guest's memory reports, 0 for none."""
    iothreads: int = 0
    watchdog: str = ""
    """What a run-out watchdog does: `none`, `reset`, `pause`...; empty for no such device."""
    agent_channel: bool = False
    metadata: str = ""
    """Children of `<metadata>`."""
    tuning: str = ""
    """Elements beside `<vcpu>`: cputune, memtune, blkiotune."""
    devices: str = ""
    """More elements of `<devices>`."""
    uuid: str = ""
    title: str = ""
    on_crash: str = "destroy"

    def with_disks(self, disks: tuple[Disk, ...]) -> "Guest":
        """The same guest with other disks."""
        return replace(self, disks=disks)

    def xml(self) -> str:
        """The domain XML."""
        boot = ""
        if self.linux is not None:
            boot = (
                f"<kernel>{self.linux.kernel}</kernel><initrd>{self.linux.initramfs}</initrd>"
                f"<cmdline>{escape('console=ttyS0 quiet ' + self.command_line)}</cmdline>"
            )
        parts = [
            "<domain type='qemu'>",
            f"<name>{escape(self.name)}</name>",
            f"<uuid>{self.uuid}</uuid>" if self.uuid else "",
            f"<title>{escape(self.title)}</title>" if self.title else "",
            f"<metadata>{self.metadata}</metadata>" if self.metadata else "",
            f"<memory unit='MiB'>{self.memory_mib}</memory>",
            f"<vcpu>{self.vcpus}</vcpu>",
            f"<iothreads>{self.iothreads}</iothreads>" if self.iothreads else "",
            self.tuning,
            f"<os><type arch='x86_64' machine='pc'>hvm</type>{boot}</os>",
            "<features><acpi/></features>",
            f"<on_crash>{self.on_crash}</on_crash>",
            "<devices>",
            *(self._disk(disk, number) for number, disk in enumerate(self.disks)),
            *(
                f"<interface type='network'><source network={quoteattr(name)}/><model type='virtio'/></interface>"
                for name in self.networks
            ),
            f"<serial type='pty'><log file='/var/log/libvirt/{self.name}-console.log'/></serial>" if self.linux else "",
            "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
            if self.agent_channel
            else "",
            f"<watchdog model='i6300esb' action='{self.watchdog}'/>" if self.watchdog else "",
            "<panic model='isa'/>" if self.linux else "",
            f"<memballoon model='virtio'><stats period='{self.balloon_period}'/></memballoon>"
            if self.balloon_period
            else "<memballoon model='virtio'/>",
            "<controller type='usb' model='none'/>",
            self.devices,
            "</devices></domain>",
        ]
        return "".join(parts)

    @staticmethod
    def _disk(disk: Disk, number: int) -> str:
        letter = "abcdefghijklmnopqrstuvwxyz"[number]
        target = f"{'vd' if disk.bus == 'virtio' else 'sd'}{letter}"
        thread = f" iothread='{disk.iothread}'" if disk.iothread else ""
        policy = f" error_policy='{disk.error_policy}'" if disk.error_policy else ""
        return (
            f"<disk type='file' device='disk'><driver name='qemu' type='{disk.format}'{thread}{policy}/>"
            f"<source file={quoteattr(str(disk.path))}/><target dev='{target}' bus='{disk.bus}'/>"
            f"{'<iotune>' + disk.iotune + '</iotune>' if disk.iotune else ''}"
            f"{'<readonly/>' if disk.readonly else ''}</disk>"
        )


NETWORK = """\
<network>
  <name>lab</name>
  <bridge name='lab0' stp='off' delay='0'/>
  <ip address='192.168.177.1' netmask='255.255.255.0'>
    <dhcp><range start='192.168.177.100' end='192.168.177.254'><lease expiry='24000' unit='hours'/></range></dhcp>
  </ip>
</network>
"""
"""An isolated network: guests and the laboratory's own network namespace talk on it, nobody else. Its leases outlive
the recordings that show them."""

GATEWAY = "192.168.177.1"
"""The laboratory's address on that network."""
