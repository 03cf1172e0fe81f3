"""Fields of bulk statistics that a newer libvirt gives and this exporter does not know."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

import structlog

from exporter.hypervisor.record import Record

logger = structlog.get_logger()


class KnownFields:
    """The fields that some collector understands, by group; those of numbered devices under `block.<n>`.

    A field is its name, with `<n>` for every number in it (`bank.<n>.bytes`), or `*.sum` for all that end so, whose
    names are the kernel's.
    """

    def __init__(self, names: Mapping[str, Collection[str]]) -> None:
        self._names = {group: frozenset(fields) for group, fields in names.items()}
        # What was found to be understood, spelled as libvirt does: the usual case is one difference of sets.
        self._understood: defaultdict[str, set[str]] = defaultdict(set)
        self._seen: set[str] = set()
        self._logged: set[str] = set()
        for group, fields in names.items():
            self._understood[group].update(fields)

    def note_unknown(self, record: Record, unknown: dict[str, set[str]]) -> None:
        """Put fields that are not understood into `unknown`, by group, and log each once.

        Only keys that never came before are looked at: one guest gives what the others give.
        """
        if self._seen.issuperset(record.keys):
            return
        self._seen.update(record.keys)
        for group, fields in record.scalars.items():
            self._note(group, group, fields, unknown)
        for group, devices in record.numbered.items():
            for fields in devices.values():
                self._note(group, f"{group}.<n>", fields, unknown)

    def _note(self, group: str, path: str, fields: Mapping[str, object], unknown: dict[str, set[str]]) -> None:
        understood = self._understood[path]
        for name in fields.keys() - understood:
            plain = without_numbers(name)
            if self._understands(path, (plain, f"*.{plain.rpartition('.')[2]}")):
                understood.add(name)
                continue
            key = f"{path}.{plain}"
            unknown.setdefault(group, set()).add(key)
            if key not in self._logged:
                self._logged.add(key)
                logger.info("statistic not known to this exporter", key=key)

    def _understands(self, path: str, spellings: Iterable[str]) -> bool:
        names = self._names.get(path, frozenset())
        return any(spelling in names for spelling in spellings)


def without_numbers(name: str) -> str:
    """The name with `<n>` for every number in it."""
    return ".".join("<n>" if word.isdecimal() else word for word in name.split("."))
