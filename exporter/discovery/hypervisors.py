"""The hosts of this agent as targets."""

from collections.abc import Iterable
from typing import Any

from exporter.discovery.place import Place
from exporter.settings import HostSettings

_ROLE = "__meta_libvirt_role"


def hypervisors(hosts: Iterable[HostSettings], place: Place, *, multi: bool, telemetry_path: str) -> list[Any]:
    """One group for each host: the agent's address, the path of the host's page, and the labels its configuration
    gives it. With several hosts `instance` is the name of the host, as all have the same address, unless its
    configuration says otherwise; and the agent's own page, which is none of a host's, is a target too."""
    groups = []
    for host in hosts:
        labels = {
            **({"instance": host.name} if multi else {}),
            **host.labels,
            "__scheme__": place.scheme,
            "__metrics_path__": place.prefix + ("/probe" if multi else telemetry_path),
            "__meta_libvirt_host": host.name,
            _ROLE: "host",
        }
        if multi:
            labels["__param_target"] = host.name
        groups.append({"targets": [place.address], "labels": labels})
    if multi:
        groups.append(
            {
                "targets": [place.address],
                "labels": {
                    "instance": place.address,
                    "__scheme__": place.scheme,
                    "__metrics_path__": place.prefix + telemetry_path,
                    _ROLE: "agent",
                },
            }
        )
    return groups
