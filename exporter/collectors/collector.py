"""What a collector is: its declaration, and the table of fields that most of them are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from exporter.collectors.source import Source
from exporter.exposition.labels import Labels
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import Guest
from exporter.metadata import MetadataSettings

FAST = 15.0
SLOW = 60.0
RARE = 300.0
"""Usual intervals in seconds: what moves, what moves little, and what comes out of descriptions."""


@dataclass(frozen=True, eq=False)
class Feed:
    """One need of a collector, and the pure function that turns what was gathered into samples.

    The arguments of `collect` follow from the source (see `source`). It returns nothing, or for feeds with `summarise`
    what one guest adds to the sum: `summarise(values by uuid, inventory, rows)` writes the rows that are about all
    guests (pools and networks: by name, see `ThingCall`). `interval` in seconds is for feeds slower than their
    collector; those name the metrics they write, so that the page says how often these are read.

    `made_of` takes what `collect` of a guest takes, without the rows, and gives all that it makes samples of beside the
    guest's name: as long as that is the same, what stands on the page stays, and `collect` is not called. None is never
    the same.
    """

    source: Source
    collect: Callable[..., Any]
    summarise: Callable[..., None] | None = None
    interval: float | None = None
    writes: tuple[Metric, ...] = ()
    made_of: Callable[..., object] | None = None

    def paced(self, interval: float) -> float:
        """Its interval in a collector of this one."""
        return max(interval, self.interval or 0.0)


def given(_guest: Guest, data: object) -> object:
    """For feeds whose samples are made of nothing but what was gathered."""
    return data


@dataclass(frozen=True, eq=False)
class Collector:
    """One subject of metrics, named like its file; `cost` says what a run costs in calls to libvirt, `fields` which
    fields of bulk statistics it understands, `queries` are (what for, PromQL) pairs for its page of documentation, and
    `notes` what that page says of all of it: what it needs, and what could not be run."""

    name: str
    help: str
    metrics: tuple[Metric, ...]
    feeds: tuple[Feed, ...]
    interval: float = FAST
    cost: str = ""
    fields: tuple["FieldTable", ...] = ()
    queries: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    configure: Callable[[MetadataSettings], "Collector"] | None = None
    """Makes the collector of a host whose users chose what it shows; None where there is nothing to choose."""

    @property
    def default(self) -> bool:
        """Whether it is on unless switched off."""
        return any(metric.set != "optional" for metric in self.metrics)


def not_run(why: str) -> str:
    """The note of a collector of which something could not be run."""
    return f"Not run: {why}. Written after the documentation, see [what was not run](../not-run.md)."


@dataclass(frozen=True)
class Field:
    """A field of libvirt's statistics that is one sample: its metric, and the conversion to its unit."""

    metric: Metric
    convert: Callable[[float], float] | None = None


class FieldTable:
    """What the fields of one group of statistics mean: adding a field of a new libvirt is one line.

    `group` is the first word of the keys, `known` are fields that are understood and are no samples (names, counts).
    """

    def __init__(self, group: str, fields: Mapping[str, Field], known: tuple[str, ...] = ()) -> None:
        self.group = group
        self.names = frozenset(fields) | frozenset(known)
        self._fields = {name: (field.metric, field.convert) for name, field in fields.items()}

    def write(self, values: Mapping[str, Any], labels: Labels, rows: Sink) -> None:
        """One sample for each value that has a field here."""
        look_up = self._fields.get
        add = rows.add
        for name, value in values.items():
            field = look_up(name)
            if field is not None:
                metric, convert = field
                add(metric, labels, convert(value) if convert else value)
