"""The laboratory's daemon seen by its administrator and by other clients."""

import re
import subprocess
import time

from tests.lab.libvirtd import Libvirtd


def stuck_workers(host: Libvirtd) -> int:
    """Ordinary workers of the daemon that are busy with a call."""
    said = host.run_inside(["virt-admin", "srv-threadpool-info", "libvirtd"])
    figures = {name: int(number) for name, number in re.findall(r"(\w+)\s*: (\d+)", said)}
    return figures["nWorkers"] - figures["freeWorkers"]


def other_client(host: Libvirtd, guest: str) -> float:
    """Seconds another client waits for statistics of a guest out of its monitor."""
    started = time.monotonic()
    subprocess.run(
        ["virsh", "--connect", host.admin_uri, "dommemstat", guest], check=True, capture_output=True, timeout=60
    )
    return time.monotonic() - started
