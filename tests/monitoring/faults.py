"""Real faults of a host, each with the alerts it must raise, and how it is repaired."""

import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tests.lab.definitions import Disk
from tests.lab.guests import Guests
from tests.lab.libvirtd import Libvirtd
from tests.lab.polling import eventually

POOL = """\
<pool type='dir'><name>{name}</name><target><path>{path}</path></target></pool>
"""
NETWORK = """\
<network>
  <name>{name}</name><bridge name='{name}' stp='off' delay='0'/>
  <ip address='192.168.{third}.1' netmask='255.255.255.0'>
    <dhcp><range start='192.168.{third}.10' end='192.168.{third}.12'/></dhcp>
  </ip>
</network>
"""
_PINNED = "<cputune><vcpupin vcpu='0' cpuset='{cpus}'/><emulatorpin cpuset='{cpus}'/></cputune>"


@dataclass(frozen=True)
class Fault:
    """`subject` is the guest, pool or network hit; `raises` its own alert, `consequences` what may follow from it."""

    title: str
    subject: str
    raises: str
    inject: Callable[[], Any]
    repair: Callable[[], Any]
    consequences: frozenset[str] = frozenset()
    harmless: str = ""
    """The subject of a twin of the fault that must not raise its alert, and `twin` what it is."""
    twin: str = ""


@dataclass
class Stage:
    """A host with everything that the faults need, healthy at first."""

    host: Libvirtd
    guests: Guests
    hogs: list[subprocess.Popen[bytes]] = field(default_factory=list)
    dump: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def set(self) -> None:
        """Define and start guests, pools and networks, and wait until the guests have booted."""
        self._tmpfs("full", "16m")
        self._tmpfs("pool", "8m")
        guests = self.guests
        for name in ("killed", "stopped"):
            guests.start(guests.idle(name, disks=1, nics=1, vcpus=1, tuning=self._elsewhere))
        guests.start_paused(guests.idle("paused", disks=1, nics=1, vcpus=1))
        guests.define(guests.idle("off", disks=1, nics=1, vcpus=1))
        healthy = guests.linux("healthy", options="lab.agent", agent_channel=True, tuning=self._elsewhere)
        guests.start(healthy)
        guests.start(guests.linux("autostart", "idle", tuning=self._elsewhere)).setAutostart(True)
        guests.start(guests.linux("dumped", "idle", tuning=self._elsewhere))
        guests.define(guests.linux("starved", "busy", tuning=_PINNED.format(cpus="0")))
        self.host.run_inside(["qemu-img", "create", "-q", "-f", "qcow2", f"{self._path('full')}/disk.qcow2", "64M"])
        disk = Disk(self._path("full") / "disk.qcow2", "qcow2")
        self.full = guests.linux("full", disks=(disk,), tuning=self._elsewhere)
        for name in ("images", "archive"):
            self._pool(name)
        for number, name in enumerate(("lan", "crowded")):
            self._network(name, 180 + number)
        for name in ("healthy", "autostart", "dumped"):
            guests.wait_booted(name, within=150)
        self._dump()

    def faults(self) -> list[Fault]:
        """Every fault that the host survives: all can be made at once."""
        guests, host = self.guests, self.host
        return [
            Fault(
                "`kill -9` of a QEMU",
                "killed",
                "LibvirtDomainCrashed",
                lambda: host.signal_guest("killed", signal.SIGKILL),
                lambda: self._domain("killed").create(),
                harmless="off",
                twin="a guest that was never started",
            ),
            Fault(
                "a guest boots from an image on a full file system",
                "full",
                "LibvirtDomainPausedOnIOError",
                self._fill,
                self._empty,
                frozenset({"LibvirtDomainDiskErrors"}),
                harmless="paused",
                twin="a guest that somebody paused",
            ),
            Fault(
                "`SIGSTOP` of a QEMU",
                "stopped",
                "LibvirtDomainUnresponsive",
                lambda: host.signal_guest("stopped", signal.SIGSTOP),
                lambda: host.signal_guest("stopped", signal.SIGCONT),
            ),
            Fault(
                "an autostart guest is shut down from inside",
                "autostart",
                "LibvirtDomainUnexpectedlyOff",
                lambda: self._domain("autostart").shutdown(),
                lambda: self._domain("autostart").create(),
                harmless="off",
                twin="a guest without autostart that is off",
            ),
            Fault(
                "the host's CPU is taken from a guest's vCPU",
                "starved",
                "LibvirtDomainVcpuStarved",
                self._starve,
                self._feed,
                harmless="dumped",
                twin="an idle guest on another CPU",
            ),
            Fault(
                "a pool is filled, and refreshed",
                "images",
                "LibvirtStoragePoolNearlyFull",
                lambda: self._written("pool", 7_900),
                lambda: self._removed("pool"),
                frozenset({"LibvirtStoragePoolFullWithinADay"}),
            ),
            Fault(
                "an autostart pool is stopped",
                "archive",
                "LibvirtStoragePoolInactive",
                lambda: guests.connection.storagePoolLookupByName("archive").destroy(),
                lambda: guests.connection.storagePoolLookupByName("archive").create(),
            ),
            Fault(
                "an autostart network is stopped",
                "lan",
                "LibvirtNetworkInactive",
                lambda: guests.connection.networkLookupByName("lan").destroy(),
                lambda: guests.connection.networkLookupByName("lan").create(),
            ),
            Fault(
                "a DHCP range is used up",
                "crowded",
                "LibvirtDHCPRangeNearlyUsedUp",
                self._crowd,
                self._disperse,
            ),
        ]

    def end_dump(self) -> None:
        """End the job of the guest that is dumped: with its reader gone nobody takes what is written."""
        self._end(self.dump)

    def end(self) -> None:
        """End what was started beside the guests."""
        self._end(self.hogs)
        self._end(self.dump)

    @property
    def _elsewhere(self) -> str:
        """Keeps a guest off the CPU that one is to lose, if the machine has another."""
        count = os.cpu_count() or 1
        return _PINNED.format(cpus=f"1-{count - 1}") if count > 1 else ""

    def _dump(self) -> None:
        """Have a guest dumped to where 128 KiB a second are read, so that the job goes on."""
        pipe = str(self._path("dump"))
        self.host.run_inside(["mkfifo", pipe])
        reader = ["sh", "-c", f"while dd bs=64k count=1 of=/dev/null status=none; do sleep 0.5; done < {pipe}"]
        writer = ["virsh", "--quiet", "dump", "--live", "dumped", pipe]
        self.dump += [subprocess.Popen(self.host.enter(argv)) for argv in (reader, writer)]

    @staticmethod
    def _end(processes: list[subprocess.Popen[bytes]]) -> None:
        for process in processes:
            for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
                os.kill(int(child), signal.SIGKILL)
            process.wait(timeout=20)
        processes.clear()

    def _domain(self, name: str) -> Any:
        return self.guests.connection.lookupByName(name)

    def _path(self, name: str) -> Any:
        return self.host.directory / name

    def _tmpfs(self, name: str, size: str) -> None:
        self.host.run_inside(["mkdir", "-p", str(self._path(name))])
        self.host.run_inside(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(self._path(name))])

    def _pool(self, name: str) -> None:
        path = self._path("pool" if name == "images" else name)
        self.host.run_inside(["mkdir", "-p", str(path)])
        pool = self.guests.connection.storagePoolDefineXML(POOL.format(name=name, path=path))
        pool.setAutostart(True)
        pool.create()

    def _network(self, name: str, third: int) -> None:
        network = self.guests.connection.networkDefineXML(NETWORK.format(name=name, third=third))
        network.setAutostart(True)
        network.create()

    def _written(self, name: str, kib: int) -> None:
        filler = f"{self._path(name)}/filler"
        self.host.run_inside(["dd", "if=/dev/zero", f"of={filler}", "bs=1024", f"count={kib}", "status=none"])
        self._refresh()

    def _removed(self, name: str) -> None:
        self.host.run_inside(["rm", f"{self._path(name)}/filler"])
        self._refresh()

    def _refresh(self) -> None:
        self.guests.connection.storagePoolLookupByName("images").refresh()

    def _fill(self) -> None:
        self._written("full", 16_000)
        self.guests.start(self.full)

    def _empty(self) -> None:
        self._removed("full")
        self._domain("full").resume()

    def _starve(self) -> None:
        hog = ["taskset", "--cpu-list", "0", "sh", "-c", "while :; do :; done"]
        self.hogs += [subprocess.Popen(self.host.enter(hog)) for _ in range(2)]
        self._domain("starved").create()

    def _feed(self) -> None:
        self._domain("starved").destroy()
        self._end(self.hogs)

    def _crowd(self) -> None:
        inside = self.host.run_inside
        inside(["ip", "link", "add", "client", "type", "veth", "peer", "name", "port"])
        inside(["ip", "link", "set", "port", "master", "crowded", "up"])
        inside(["ip", "link", "set", "client", "up"])
        for number in range(3):
            eventually(partial(self._lease, f"0x3d:0100000000{number:02}"), within=30, what="a lease")

    def _lease(self, identity: str) -> bool:
        """Ask for an address as a client of that identity; whether there was one."""
        ask = ["busybox", "udhcpc", "-i", "client", "-f", "-q", "-n", "-s", "/bin/true", "-x", identity]
        return subprocess.run(self.host.enter(ask), check=False, capture_output=True, timeout=30).returncode == 0

    def _disperse(self) -> None:
        """Give the network more addresses, as the runbook says."""
        network = self.guests.connection.networkLookupByName("crowded")
        network.destroy()
        wider = network.XMLDesc(0).replace("192.168.181.12", "192.168.181.99")
        self.guests.connection.networkDefineXML(wider).create()
