"""The page of one host: parts already written and compressed, handed out without touching libvirt."""

import threading
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from exporter.exposition.head import END, Form
from exporter.exposition.part import Part
from exporter.exposition.segment import HEADER, Segment, trailer

LIVE_SECONDS = 1.0
"""For how long the exporter's figures about itself are handed out again."""


@dataclass(frozen=True, slots=True)
class _Joined:
    """All parts one behind the other, with what a gzip trailer needs to know of them."""

    segments: tuple[Segment, ...]
    deflated: bytes
    crc: int
    size: int


class Page:
    """Joins the parts of a host, once for each change; `live` writes the exporter's own rows of the moment.

    Any thread may publish and render.
    """

    def __init__(
        self,
        parts: Mapping[str, Part],
        known: Mapping[str, bool],
        live: Callable[[Form, frozenset[str] | None], bytes],
        clock: Callable[[], float],
    ) -> None:
        self._parts = parts
        self._known = known
        self._write_live = live
        self._clock = clock
        self._lock = threading.Lock()
        self._joined: dict[Form, _Joined] = {}
        self._live: dict[Form, tuple[float, Segment]] = {}
        self._expires = float("inf")

    def collectors(self) -> Mapping[str, bool]:
        """Every collector there is, and whether it is on."""
        return self._known

    @contextmanager
    def writing(self) -> Iterator[Mapping[str, Part]]:
        """Hold the parts, to put something on them; `publish` shows it."""
        with self._lock:
            yield self._parts

    def publish(self, *names: str) -> None:
        """Write these parts anew, and join again the forms somebody has asked for."""
        with self._lock:
            for name in names:
                self._parts[name].publish()
            self._expires = min((part.expires for part in self._parts.values()), default=float("inf"))
            for form in self._joined:
                self._joined[form] = self._join(form)

    def forget(self, subjects: Collection[str]) -> None:
        """Guests are gone: take them off every part at once."""
        with self._lock:
            changed = [name for name, part in self._parts.items() if part.forget(subjects)]
        if changed:
            self.publish(*changed)

    def render(self, form: Form, gzip: bool, collectors: frozenset[str] | None = None) -> Sequence[bytes]:
        """The page in pieces that are sent one behind the other; only these collectors, if any are named."""
        self._withdraw()
        if collectors is None:
            joined, live = self._whole(form), self._live_segment(form)
        else:
            joined, live = self._join(form, collectors), self._written_live(form, collectors)
        if not gzip:
            return [b"".join([*(segment.data for segment in joined.segments), live.data])]
        crc = zlib.crc32(live.data, joined.crc)
        return [HEADER, joined.deflated, live.deflated, trailer(crc, joined.size + len(live.data))]

    def lines(self, name: str) -> bytes:
        """The samples of one metric in the text format; empty if there are none."""
        self._withdraw()
        return b"".join([part.lines(name) for part in self._parts.values()])

    def _withdraw(self) -> None:
        """Leave out what has become too old."""
        # Whoever holds the lock is about to publish; a scrape does not wait for that.
        if self._clock() > self._expires and self._lock.acquire(blocking=False):
            self._lock.release()
            self.publish(*self._parts)

    def _whole(self, form: Form) -> _Joined:
        joined = self._joined.get(form)
        if joined is None:
            with self._lock:
                joined = self._joined[form] = self._join(form)
        return joined

    def _live_segment(self, form: Form) -> Segment:
        now = self._clock()
        written = self._live.get(form)
        if written is None or now - written[0] >= LIVE_SECONDS:
            written = self._live[form] = (now, self._written_live(form, None))
        return written[1]

    def _written_live(self, form: Form, collectors: frozenset[str] | None) -> Segment:
        return Segment(self._write_live(form, collectors) + (END if form == "openmetrics" else b""))

    def _join(self, form: Form, collectors: frozenset[str] | None = None) -> _Joined:
        head = 0 if form == "text" else 1
        segments = tuple(
            segment
            for name, part in self._parts.items()
            if collectors is None or name in collectors
            for family in part.published
            for segment in (family[head], family[2])
        )
        crc = size = 0
        for segment in segments:
            crc = zlib.crc32(segment.data, crc)
            size += len(segment.data)
        return _Joined(segments, b"".join([segment.deflated for segment in segments]), crc, size)
