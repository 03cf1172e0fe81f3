"""Whether a bulk answer is whole: with NOWAIT libvirt leaves out, without a word, what needs a monitor that is held."""

from collections.abc import Mapping

from exporter.guest import Guest
from exporter.hypervisor.record import Value

SURE = frozenset({"balloon"})
"""Groups of which every running guest gives something that needs its monitor."""

_FIRST_DISK = "block.0.rd.reqs"


def is_whole(guest: Guest, groups: frozenset[str], flat: Mapping[str, Value]) -> bool | None:
    """Whether the monitor of a running guest was entered for these groups; None if nothing of them would show it.

    Remembers whether the guest's disks show it, too: then it need not be asked for what is sure each time.
    """
    if groups >= SURE:
        whole = "balloon.rss" in flat
        if whole and "block" in groups:
            guest.disks_show = _FIRST_DISK in flat
        return whole
    if "block" in groups and guest.disks_show:
        return _FIRST_DISK in flat or not flat.get("block.count")
    return None
