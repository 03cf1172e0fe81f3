"""The demo host: libvirt's test driver inside this process, with guests that live.

The one place that opens a connection for writing, and only to `test:///default`, which the connections of a process
share: what happens here is what the agent's read-only connection then sees.
"""

import random
import threading
from typing import Any

import libvirt
import structlog

from exporter.demo.connection import DemoConnection
from exporter.demo.guests import GUESTS, DemoGuest
from exporter.demo.host import NETWORKS, POOLS, volumes

_URI = "test:///default"
_STEP_SECONDS = 5.0
_CRASH = libvirt.VIR_DUMP_CRASH

logger = structlog.get_logger()


def open_demo(uri: str) -> DemoConnection:
    """A read-only connection to the demo host, with the host's invented figures."""
    return DemoConnection(libvirt.openReadOnly(uri))


class DemoHost:
    """Makes the guests, pools and networks, and lets guests start, pause and stop until it is stopped."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)  # noqa: S311 chooses what happens next, guards nothing
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._live, name="demo", daemon=True)
        self._connection: Any = None

    def start(self) -> None:
        """Fill the host, and begin to change it every few seconds; must precede the agent's own connection."""
        self._connection = libvirt.open(_URI)
        for domain in self._connection.listAllDomains():
            self._remove(domain)
        for pool in POOLS:
            self._begin(self._connection.storagePoolDefineXML(pool.xml()), pool.active)
        images = self._connection.storagePoolLookupByName("images")
        for volume in volumes():
            images.createXML(volume)
        for network in NETWORKS:
            self._begin(self._connection.networkDefineXML(network.xml()), network.active)
        for guest in GUESTS:
            self._make(guest)
        logger.warning("demo host: guests are simulated and their figures invented", guests=len(GUESTS))
        self._thread.start()

    def stop(self) -> None:
        """Let nothing happen any more, and give the host up."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()
        self._connection.close()

    def step(self) -> str:
        """Let one thing happen to one lively guest: what it was, for the log."""
        plan = self._random.choice([guest for guest in GUESTS if guest.lively])
        domain = self._connection.lookupByUUIDString(plan.uuid)
        state = domain.state()[0]
        if state == libvirt.VIR_DOMAIN_PAUSED:
            domain.resume()
            return f"{plan.name} resumed"
        if state != libvirt.VIR_DOMAIN_RUNNING:
            domain.create()
            return f"{plan.name} started"
        match self._random.choices(("balloon", "suspend", "shutdown", "crash"), (5, 3, 3, 1))[0]:
            case "suspend":
                domain.suspend()
                return f"{plan.name} paused"
            case "shutdown":
                domain.shutdown()
                return f"{plan.name} shut down"
            case "crash":
                domain.coreDump("/dev/null", _CRASH)
                return f"{plan.name} crashed"
            case _:
                share = self._random.uniform(0.5, 1.0)
                domain.setMemory(int(plan.mebibytes * 1024 * share))
                return f"{plan.name} got another amount of memory"

    def _live(self) -> None:
        while not self._stopped.wait(_STEP_SECONDS):
            try:
                logger.debug("demo", happened=self.step())
            except libvirt.libvirtError as error:
                logger.warning("demo host did not change", error=str(error))

    def _make(self, guest: DemoGuest) -> None:
        domain = self._connection.defineXML(guest.xml())
        domain.setAutostart(int(guest.autostart))
        if guest.start == "off":
            return
        domain.create()
        match guest.start:
            case "paused":
                domain.suspend()
            case "crashed":
                domain.coreDump("/dev/null", _CRASH)
            case "saved":
                domain.managedSave(0)

    @staticmethod
    def _begin(thing: Any, active: bool) -> None:
        thing.setAutostart(int(active))
        if active:
            thing.create()

    @staticmethod
    def _remove(domain: Any) -> None:
        if domain.isActive():
            domain.destroy()
        if domain.isPersistent():
            domain.undefine()
