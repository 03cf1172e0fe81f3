"""What the web side needs of the rest: pages that are already written."""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

Form = Literal["text", "openmetrics"]


class Page(Protocol):
    """Everything known of one host, or of the agent itself."""

    def render(self, form: Form, gzip: bool, collectors: frozenset[str] | None = None) -> Sequence[bytes]:
        """Chunks already written (and already compressed); sum of len() is the Content-Length.

        `collectors` leaves only the parts of these collectors. Nothing is computed from libvirt.
        """

    def collectors(self) -> Mapping[str, bool]:
        """Every known collector name, and whether it is enabled."""


class Site(Protocol):
    """All pages there are."""

    def page(self, target: str | None) -> Page | None:
        """The page of a target, None for an unknown one; the target None is the telemetry path itself."""

    def targets(self) -> Sequence[str]:
        """Host names for /probe; empty when the telemetry path holds the only host."""

    def ready(self) -> bool:
        """Whether every enabled collector has run and libvirt is there."""
