"""Objects that answer like libvirt's, out of a recording."""

from collections.abc import Callable, Mapping
from typing import Any

import libvirt

from exporter.hypervisor.groups import GROUPS


def refusal(code: int, message: str, domain: int = libvirt.VIR_FROM_NONE) -> libvirt.libvirtError:
    """The error libvirt-python would raise."""
    error = libvirt.libvirtError(message)
    error.err = (code, domain, message, libvirt.VIR_ERR_ERROR, None, None, None, -1, -1)
    return error


class Recorded:
    """One object of libvirt's: each answer is a value, or a function of the call's arguments.

    What was not recorded is not supported, and `{"error": [code, message]}` is raised.
    """

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self._answers = answers

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)

        def answer(*arguments: Any) -> Any:
            if name not in self._answers:
                raise refusal(libvirt.VIR_ERR_NO_SUPPORT, f"this function is not supported by the recording: {name}")
            found = self._answers[name]
            given = found(*arguments) if callable(found) else found
            if isinstance(given, Mapping) and "error" in given:
                raise refusal(*given["error"])
            return given

        answer.__name__ = name
        return answer


def _numbered(answers: Mapping[str, Any] | Any) -> Callable[..., Any]:
    """Answers that were recorded by the number of a CPU or cell."""
    return lambda number, *_: answers.get(str(number), {"error": [libvirt.VIR_ERR_INVALID_ARG, "not recorded"]})


class RecordedHost:
    """A virConnect made of one recording; `present` says which guests have not vanished since they were listed."""

    def __init__(self, recording: Mapping[str, Any], vanished: frozenset[str] = frozenset()) -> None:
        self._guests = {guest["uuid"]: guest for guest in recording["guests"]}
        self._vanished = vanished
        self._domains = {uuid: _domain(guest) for uuid, guest in self._guests.items()}
        self._uuids = {id(domain): uuid for uuid, domain in self._domains.items()}
        self._recording = recording

    def open(self, _uri: str) -> Recorded:
        """What libvirt.openReadOnly would give."""
        recording = self._recording
        node, versions = recording["node"], recording["versions"]
        return Recorded(
            {name: answer for name, answer in node.items() if not name.startswith("_")}
            | {
                "getType": versions["type"],
                "getURI": "test:///recording",
                "getLibVersion": versions["daemon"],
                "getVersion": versions["hypervisor"],
                "isSecure": 1,
                "isEncrypted": 0,
                "getCPUMap": lambda *_: node["getCPUMap"],
                "getCPUStats": _numbered(node["getCPUStats"]),
                "getMemoryStats": _numbered(node["getMemoryStats"]),
                "getFreePages": self._free_pages,
                "listAllDomains": self._list,
                "lookupByUUIDString": self._look_up,
                "domainListGetStats": self._statistics,
                "listAllStoragePools": lambda flags=0: [
                    _pool(pool) for pool in recording["pools"] if _is(pool, flags, _POOL_LISTINGS)
                ],
                "storagePoolLookupByName": lambda name: _pool(_named(recording["pools"], name)),
                "listAllNetworks": lambda flags=0: [
                    _network(network) for network in recording["networks"] if _is(network, flags, _NETWORK_LISTINGS)
                ],
                "networkLookupByName": lambda name: _network(_named(recording["networks"], name)),
                "listAllInterfaces": lambda flags=0: [
                    _described(each)
                    for each in recording["interfaces"]
                    if each["active"] or flags != libvirt.VIR_CONNECT_LIST_INTERFACES_ACTIVE
                ],
                "listAllDevices": lambda flags=0: [
                    _described(each) for each in recording["node_devices"] if _can(each["xml"], flags)
                ],
                "listAllNWFilters": lambda *_: [Recorded({"name": name}) for name in recording["filters"]],
                "listAllNWFilterBindings": lambda *_: [
                    Recorded({"portDev": name}) for name in recording["filter_bindings"]
                ],
                "listAllSecrets": lambda *_: [
                    Recorded({"UUIDString": each["uuid"], "usageType": each["usage_type"]})
                    for each in recording["secrets"]
                ],
            }
        )

    def _free_pages(self, sizes: list[int], *_: Any) -> dict[int, dict[int, int]]:
        found: dict[int, dict[int, int]] = {}
        for size in sizes:
            for cell, by_size in self._recording["node"]["getFreePages"].get(str(size), {}).items():
                found.setdefault(int(cell), {}).update({int(key): pages for key, pages in by_size.items()})
        return found

    def _list(self, flags: int = 0) -> list[Recorded]:
        return [self._domains[uuid] for uuid, guest in self._guests.items() if _stands_in(guest, flags)]

    def _look_up(self, uuid: str) -> Recorded:
        if uuid in self._vanished or uuid not in self._domains:
            raise refusal(libvirt.VIR_ERR_NO_DOMAIN, "Domain not found")
        return self._domains[uuid]

    def _statistics(self, domains: list[Recorded], stats: int, flags: int) -> list[tuple[Recorded, dict[str, Any]]]:
        groups = {group for group, bit in GROUPS.items() if bit & stats}
        answered = []
        for domain in domains:
            guest = self._guests[self._uuids[id(domain)]]
            flat = dict(guest["stats"])
            if flags & libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_BACKING:
                # Images behind a disk have numbers of their own, so those of the disks after it are others.
                flat = {key: each for key, each in flat.items() if not key.startswith("block.")}
                flat |= guest.get("stats_backing", {})
            answered.append((domain, {key: each for key, each in flat.items() if key.partition(".")[0] in groups}))
        return answered


_LISTINGS: tuple[tuple[int, Callable[[Mapping[str, Any]], bool]], ...] = (
    (libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE, lambda guest: guest["active"]),
    (libvirt.VIR_CONNECT_LIST_DOMAINS_INACTIVE, lambda guest: not guest["active"]),
    (libvirt.VIR_CONNECT_LIST_DOMAINS_PERSISTENT, lambda guest: guest["persistent"]),
    (libvirt.VIR_CONNECT_LIST_DOMAINS_AUTOSTART, lambda guest: guest["autostart"] == 1),
    (libvirt.VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE, lambda guest: guest["managed_save"] == 1),
    (libvirt.VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT, lambda guest: bool(guest["snapshots"])),
    (libvirt.VIR_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT, lambda guest: bool(guest["checkpoints"])),
)


def _stands_in(guest: Mapping[str, Any], flags: int) -> bool:
    return all(holds(guest) for flag, holds in _LISTINGS if flags & flag)


def _domain(guest: Mapping[str, Any]) -> Recorded:
    jobs = guest.get("jobStats", {})
    addresses = guest.get("interfaceAddresses", {})
    same = (
        *("info", "state", "memoryStats", "vcpus", "controlInfo", "diskErrors", "ioThreadInfo", "emulatorPinInfo"),
        *("migrateGetMaxDowntime", "migrateGetCompressionCache"),
    )
    return Recorded(
        {
            "UUIDString": guest["uuid"],
            "name": guest["name"],
            "ID": guest["id"],
            "isActive": int(guest["active"]),
            "isPersistent": int(guest["persistent"]),
            "isUpdated": guest.get("updated", 0),
            "autostart": guest["autostart"],
            "hasManagedSaveImage": guest["managed_save"],
            "XMLDesc": lambda *_: guest["xml"],
            "getCPUStats": lambda total, *_: guest["getCPUStats"]["total" if total else "each"],
            "messages": lambda flags=0: [
                text for text in guest.get("messages", ()) if not flags or text.startswith(_MESSAGES.get(flags, ""))
            ],
            "jobStats": lambda flags=0: jobs["completed" if flags else "current"],
            "interfaceAddresses": lambda source, *_: addresses["arp" if source == 2 else "lease"],
            "blockJobInfo": lambda disk, *_: guest["blockJobInfo"].get(disk, {}),
            "listAllSnapshots": lambda flags=0: [
                _snapshot(xml)
                for xml in guest["snapshots"]
                if "snapshot='external'" in xml or not flags & libvirt.VIR_DOMAIN_SNAPSHOT_LIST_EXTERNAL
            ],
            "listAllCheckpoints": lambda *_: [_snapshot(xml) for xml in guest["checkpoints"]],
        }
        | {name: _constant(guest[name]) for name in same if name in guest}
    )


_MESSAGES = {libvirt.VIR_DOMAIN_MESSAGE_TAINTING: "tainted", libvirt.VIR_DOMAIN_MESSAGE_DEPRECATION: "deprecated"}
_POOL_LISTINGS = {
    libvirt.VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE: "active",
    libvirt.VIR_CONNECT_LIST_STORAGE_POOLS_PERSISTENT: "persistent",
    libvirt.VIR_CONNECT_LIST_STORAGE_POOLS_AUTOSTART: "autostart",
}
_NETWORK_LISTINGS = {
    libvirt.VIR_CONNECT_LIST_NETWORKS_ACTIVE: "active",
    libvirt.VIR_CONNECT_LIST_NETWORKS_PERSISTENT: "persistent",
    libvirt.VIR_CONNECT_LIST_NETWORKS_AUTOSTART: "autostart",
}
_CAPABILITIES = {
    libvirt.VIR_CONNECT_LIST_NODE_DEVICES_CAP_SYSTEM: "system",
    libvirt.VIR_CONNECT_LIST_NODE_DEVICES_CAP_PCI_DEV: "pci",
    libvirt.VIR_CONNECT_LIST_NODE_DEVICES_CAP_NET: "net",
    libvirt.VIR_CONNECT_LIST_NODE_DEVICES_CAP_STORAGE: "storage",
    libvirt.VIR_CONNECT_LIST_NODE_DEVICES_CAP_SCSI_HOST: "scsi_host",
    libvirt.VIR_CONNECT_LIST_NODE_DEVICES_CAP_FC_HOST: "fc_host",
    libvirt.VIR_CONNECT_LIST_NODE_DEVICES_CAP_VPORTS: "vport_ops",
}


def _is(item: Mapping[str, Any], flags: int, listings: Mapping[int, str]) -> bool:
    return all(item[key] for flag, key in listings.items() if flags & flag)


def _can(xml: str, flags: int) -> bool:
    return not flags or f"<capability type='{_CAPABILITIES.get(flags)}'" in xml


def _named(items: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(item for item in items if item["name"] == name)


def _snapshot(xml: str) -> Recorded:
    return Recorded({"getName": xml.partition("<name>")[2].partition("</name>")[0], "getXMLDesc": xml})


def _constant(answer: Any) -> Callable[..., Any]:
    return lambda *_: answer


def _described(item: Mapping[str, Any], more: Mapping[str, Any] | None = None) -> Recorded:
    return Recorded(
        {
            "name": item["name"],
            "isActive": int(item.get("active", True)),
            "XMLDesc": lambda *_: item["xml"],
            "UUIDString": item.get("uuid", ""),
            "isPersistent": int(item.get("persistent", True)),
            "autostart": item.get("autostart", 0),
        }
        | dict(more or {})
    )


def _pool(pool: Mapping[str, Any]) -> Recorded:
    return _described(
        pool,
        {
            "info": pool["info"],
            "numOfVolumes": len(pool["volumes"]),
            "listAllVolumes": lambda *_: [_described(each, {"info": each["info"]}) for each in pool["volumes"]],
        },
    )


def _network(network: Mapping[str, Any]) -> Recorded:
    return _described(
        network,
        {
            "bridgeName": lambda: network["xml"].partition("bridge name='")[2].partition("'")[0],
            "DHCPLeases": lambda *_: network["leases"],
            "listAllPorts": lambda *_: [_described({"name": "", "xml": xml}) for xml in network["ports"]],
        },
    )
