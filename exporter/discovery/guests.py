"""The running guests of a host as targets, for an exporter that runs inside each of them."""

from collections import defaultdict
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from exporter.collectors.domain_address import ADDRESS_INFO
from exporter.collectors.domain_interface_info import SOURCE_INFO, STATS_INFO
from exporter.collectors.domain_metadata import METADATA_INFO, OPENSTACK_INFO, TITLE_INFO
from exporter.exposition.page import Page
from exporter.guest import Guest
from exporter.hypervisor.enums import STATES
from exporter.overview.samples import samples

_Labels = dict[str, str]
_META = "__meta_libvirt_"


def guests(host: str, page: Page, inventory: Iterable[Guest], port: int) -> list[Any]:
    """One group for each running guest with an address: leases before ARP, IPv4 before IPv6.

    Everything comes from what the collectors domain_address, domain_interface_info and domain_metadata put on the page;
    what is not known has no label.
    """
    addresses = _by_guest(page, ADDRESS_INFO)
    interfaces = _by_guest(page, SOURCE_INFO)
    bridges = _by_guest(page, STATS_INFO)
    metadata = {metric: _by_guest(page, metric) for metric in (TITLE_INFO, OPENSTACK_INFO, METADATA_INFO)}
    groups = []
    for guest in inventory:
        usable = sorted((each for each in addresses[guest.name] if _usable(each["address"])), key=_preference)
        if not _running(guest) or not usable:
            continue
        chosen = usable[0]
        device = chosen["target_device"]
        labels = {
            "host": host,
            "name": guest.name,
            "uuid": guest.uuid,
            "state": STATES.get(guest.state, "unknown") if guest.state is not None else "",
            "interface": device,
            "mac_address": chosen["mac_address"],
            "address_source": chosen["source"],
            "addresses": ",".join(each["address"] for each in usable),
            "network": _of_device(interfaces[guest.name], device, "network"),
            "bridge": _of_device(bridges[guest.name], device, "source_bridge"),
            **_facts("", metadata[TITLE_INFO][guest.name]),
            **_facts("openstack_", metadata[OPENSTACK_INFO][guest.name]),
            **_facts("metadata_", metadata[METADATA_INFO][guest.name]),
        }
        address = chosen["address"]
        target = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        groups.append({"targets": [target], "labels": {_META + key: text for key, text in labels.items() if text}})
    return groups


def _running(guest: Guest) -> bool:
    """Whether something in it could answer; Xen calls a running guest that has nothing to do blocked."""
    return guest.active and (guest.state is None or STATES.get(guest.state) in {"running", "blocked"})


def _by_guest(page: Page, metric: Any) -> defaultdict[str, list[_Labels]]:
    found: defaultdict[str, list[_Labels]] = defaultdict(list)
    for labels, _one in samples(page, metric):
        found[labels["domain"]].append(labels)
    return found


def _parsed(address: str) -> IPv4Address | IPv6Address:
    return ip_address(address.partition("%")[0])


def _usable(address: str) -> bool:
    """Whether somebody else could send to it."""
    parsed = _parsed(address)
    return not (parsed.is_loopback or parsed.is_link_local or parsed.is_unspecified or parsed.is_multicast)


def _preference(labels: _Labels) -> tuple[bool, bool, str]:
    return (labels["source"] != "lease", _parsed(labels["address"]).version != 4, labels["address"])


def _of_device(interfaces: Iterable[_Labels], device: str, label: str) -> str:
    return next((each[label] for each in interfaces if each["target_device"] == device), "")


def _facts(prefix: str, found: list[_Labels]) -> _Labels:
    return {prefix + key: text for labels in found[:1] for key, text in labels.items() if key != "domain"}
