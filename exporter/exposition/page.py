"""The page of one host: parts already written and compressed, handed out without touching libvirt."""

import threading
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property

from exporter.exposition.head import END, Form
from exporter.exposition.part import Part
from exporter.exposition.segment import HEADER, Segment, trailer

LIVE_SECONDS = 5.0
"""For how long the exporter's figures of the moment are handed out again; then a scrape writes them, if nobody did."""

KEPT_SECONDS = 3.0
"""After how long they are written anew, so that no scrape has to: waking up for it costs more than writing."""

RUNS_SECONDS = 5.0
"""How often the figures about runs are written anew, at most: where there are many batches, one ends each second."""

QUIET_SECONDS = 60.0
"""After how long they are although nothing ran: they hold what calls came to, and those are made for events, too."""

ASKED_SECONDS = 300.0
"""For how long a form and selection that nobody asks for is kept ready."""

VIEWS = 8
"""How many of them are kept ready."""

_PIECE = 64 * 1024  # bytes; each piece costs a send of its own, and a larger one is not worth a copy

Selection = frozenset[str] | None
"""Names of collectors; None is all of them."""

Write = Callable[[Form, Selection], bytes]


@dataclass(frozen=True, slots=True, eq=False)
class _Joined:
    """Parts one behind the other, with what a gzip trailer needs to know of them."""

    segments: tuple[Segment, ...]
    deflated: tuple[bytes, ...]
    crc: int
    size: int


@dataclass(frozen=True)
class _Shown:
    """A page as it is handed out, put together once for however many ask."""

    joined: _Joined
    runs: Segment
    live: Segment

    @cached_property
    def plain(self) -> tuple[bytes, ...]:
        """Its pieces as they were written."""
        return tuple(segment.data for segment in (*self.joined.segments, self.runs, self.live))

    @cached_property
    def compressed(self) -> tuple[bytes, ...]:
        """Its pieces as one gzip member."""
        own = (self.runs, self.live)
        crc, size = _checked(own, self.joined.crc, self.joined.size)
        return (HEADER, *self.joined.deflated, *(segment.deflated for segment in own), trailer(crc, size))


@dataclass(slots=True)
class _View:
    """What is handed out to those who ask for one form of some collectors; `asked` is when somebody last did."""

    joined: _Joined
    runs: Segment
    live: Segment
    live_at: float
    asked: float
    _shown: _Shown | None = None

    def join(self, joined: _Joined) -> None:
        """Hand out these parts; what was handed out last would keep the old ones in memory."""
        self.joined = joined
        self._shown = None

    def shown(self) -> _Shown:
        """What is there now; any thread may have replaced a part of it since it was last put together."""
        shown = self._shown
        if not shown or (shown.joined, shown.runs, shown.live) != (self.joined, self.runs, self.live):
            shown = self._shown = _Shown(self.joined, self.runs, self.live)
        return shown


class _Held(AbstractContextManager[Mapping[str, Part]]):
    """The parts under their lock; a generator for each of the many puts would cost more than a put."""

    def __init__(self, lock: threading.Lock, parts: Mapping[str, Part]) -> None:
        self._lock = lock
        self._parts = parts

    def __enter__(self) -> Mapping[str, Part]:
        self._lock.acquire()
        return self._parts

    def __exit__(self, *_error: object) -> None:
        self._lock.release()


def _nothing(_form: Form, _collectors: Selection) -> bytes:
    return b""


class Page:
    """Joins the parts of a host, once for each change and form that is asked for, so that a scrape finds bytes.

    `runs` writes the exporter's own rows that change when something ran, once in `runs_seconds` at most; `live` the few
    that must be of the moment.
    Any thread may publish and render; somebody must `keep` the page about once a second.
    """

    def __init__(
        self,
        parts: Mapping[str, Part],
        known: Mapping[str, bool],
        live: Write,
        clock: Callable[[], float],
        runs: Write = _nothing,
        runs_seconds: float = RUNS_SECONDS,
    ) -> None:
        self._parts = parts
        self._known = known
        self._write_live = live
        self._write_runs = runs
        self._runs_seconds = runs_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._held = _Held(self._lock, parts)
        self._joining = threading.Lock()
        self._views: dict[tuple[Form, Selection], _View] = {}
        self._expires = float("inf")
        self._told = float("-inf")
        self._untold = False

    def collectors(self) -> Mapping[str, bool]:
        """Every collector there is, and whether it is on."""
        return self._known

    def writing(self) -> AbstractContextManager[Mapping[str, Part]]:
        """Hold the parts, to put something on them; `publish` shows it."""
        return self._held

    def publish(self, *names: str) -> None:
        """Write these parts anew, and join again what of them somebody asks for."""
        with self._lock:
            for name in names:
                self._parts[name].publish()
            self._expires = min((part.expires for part in self._parts.values()), default=float("inf"))
        # With a lock of its own, so that joining a large page keeps nobody from writing.
        with self._joining:
            for (form, collectors), view in self._asked().items():
                if collectors is None or not collectors.isdisjoint(names):
                    view.join(self._join(form, collectors))

    def note_run(self, *, others: bool) -> None:
        """Something ran, or did not: that is told at once, unless `others` still run or something was told lately."""
        self._untold = True
        if not others and self._clock() - self._told >= self._runs_seconds:
            self.tell_runs()

    def tell_runs(self) -> None:
        """Write anew what the exporter says of its runs."""
        with self._joining:
            self._told, self._untold = self._clock(), False
            for key, view in self._asked().items():
                view.runs = Segment(self._write_runs(*key))

    def forget(self, subjects: Collection[str]) -> None:
        """Guests are gone: take them off every part at once."""
        with self._lock:
            changed = [name for name, part in self._parts.items() if part.forget(subjects)]
        if changed:
            self.publish(*changed)

    def outdate(self) -> None:
        """What is told of the moment is no longer so: whoever comes next, a scrape or `keep`, writes it anew."""
        for view in list(self._views.values()):
            view.live_at = float("-inf")

    def keep(self) -> None:
        """What is due without a run: tell the moment, leave out what has become too old, tell that nothing ran."""
        now = self._clock()
        with self._joining:
            for key, view in self._asked().items():
                if now - view.live_at >= KEPT_SECONDS:
                    view.live_at = now  # before it is written, so that what changes meanwhile is not missed
                    view.live = self._live(*key)
        withdrawn = now > self._expires
        if withdrawn:
            self.publish(*[name for name, part in self._parts.items() if now > part.expires])
        if withdrawn or now - self._told >= (self._runs_seconds if self._untold else QUIET_SECONDS):
            self.tell_runs()

    def render(self, form: Form, gzip: bool, collectors: Selection = None) -> Sequence[bytes]:
        """The page in pieces that are sent one behind the other; only these collectors, if any are named."""
        now = self._clock()
        view = self._views.get((form, collectors)) or self._new_view(form, collectors)
        view.asked = now
        if now - view.live_at >= LIVE_SECONDS:
            view.live_at = now
            view.live = self._live(form, collectors)
        return view.shown().compressed if gzip else view.shown().plain

    def lines(self, name: str) -> bytes:
        """The samples of one metric in the text format; empty if there are none."""
        return b"".join([part.lines(name) for part in self._parts.values()])

    def _new_view(self, form: Form, collectors: Selection) -> _View:
        with self._joining:
            if len(self._views) >= VIEWS:
                del self._views[min(self._views, key=lambda key: self._views[key].asked)]
            now = self._clock()
            runs = Segment(self._write_runs(form, collectors))
            view = _View(self._join(form, collectors), runs, self._live(form, collectors), now, now)
            self._views[form, collectors] = view
            return view

    def _asked(self) -> dict[tuple[Form, Selection], _View]:
        """What somebody asked for lately; the rest is forgotten."""
        since = self._clock() - ASKED_SECONDS
        self._views = {key: view for key, view in self._views.items() if view.asked >= since}
        return self._views

    def _live(self, form: Form, collectors: Selection) -> Segment:
        return Segment(self._write_live(form, collectors) + (END if form == "openmetrics" else b""))

    def _join(self, form: Form, collectors: Selection) -> _Joined:
        head = 0 if form == "text" else 1
        segments = tuple(
            segment
            for name, part in self._parts.items()
            if collectors is None or name in collectors
            for family in part.published
            for segment in (family[head], family[2])
        )
        return _Joined(segments, tuple(_deflated(segments)), *_checked(segments, 0, 0))


def _deflated(segments: Iterable[Segment]) -> Iterator[bytes]:
    """The segments compressed, small ones put together."""
    small: list[bytes] = []
    for segment in segments:
        if len(segment.deflated) < _PIECE:
            small.append(segment.deflated)
            continue
        yield b"".join(small)
        yield segment.deflated
        small = []
    yield b"".join(small)


def _checked(segments: Iterable[Segment], crc: int, size: int) -> tuple[int, int]:
    """Checksum and size after these segments."""
    for segment in segments:
        crc = zlib.crc32(segment.data, crc)
        size += len(segment.data)
    return crc, size
