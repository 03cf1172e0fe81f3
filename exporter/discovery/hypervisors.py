"""The hosts of this agent as targets."""

from collections.abc import Iterable
from typing import Any

from exporter.discovery.place import Place
from exporter.settings import HostSettings


def hypervisors(hosts: Iterable[HostSettings], place: Place, *, multi: bool, telemetry_path: str) -> list[Any]:
    """One group for each host: the agent's address, the path of the host's page, and the labels its configuration
    gives it. With several hosts `instance` is the name of the host, as all have the same address."""
    groups = []
    for host in hosts:
        labels = {
            **host.labels,
            "__scheme__": place.scheme,
            "__metrics_path__": place.prefix + ("/probe" if multi else telemetry_path),
            "__meta_libvirt_host": host.name,
        }
        if multi:
            labels |= {"__param_target": host.name, "instance": host.name}
        groups.append({"targets": [place.address], "labels": labels})
    return groups
