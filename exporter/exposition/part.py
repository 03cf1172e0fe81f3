"""The part of a page that one collector owns."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache

from exporter.exposition.head import head
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Rows
from exporter.exposition.segment import Segment

HOST = ""
"""Subject of rows that are about the host and not about a guest."""


@lru_cache(4096)
def _heads(metric: Metric, phrase: str) -> tuple[Segment, Segment]:
    """The lines before the samples in both formats, text first: the same for all hosts."""
    return Segment(head(metric, "text", phrase)), Segment(head(metric, "openmetrics", phrase))


class Block:
    """The samples of one subject from one feed, by the part's metrics, how many there are and were left out, until
    when they may be shown, and what they were `made_of`, if that is all that they depend on."""

    __slots__ = ("duplicates", "expires", "invalid", "made_of", "series", "written")

    def __init__(self, written: tuple[bytes, ...], rows: Rows, expires: float, made_of: object) -> None:
        self.written = written
        self.series = rows.series
        self.duplicates = rows.duplicates
        self.invalid = rows.invalid
        self.expires = expires
        self.made_of = made_of


class Part:
    """Samples of one collector, by feed and subject: replaced subject by subject, published as a whole.

    `phrase` is added to the help of each metric, to that of some another one of `phrases`. `series_limit` is how many
    series may be published (0: any number). Times are monotonic seconds. What `published` holds is replaced in one step
    and may be read by any thread; the rest is called under the page's lock.
    """

    def __init__(
        self,
        metrics: Sequence[Metric],
        *,
        phrase: str,
        phrases: Mapping[Metric, str] | None = None,
        series_limit: int,
        clock: Callable[[], float],
    ) -> None:
        others = phrases or {}
        self._metrics = tuple(metrics)
        self._columns = {metric: column for column, metric in enumerate(self._metrics)}
        self._clock = clock
        self._series_limit = series_limit
        self._blocks: defaultdict[int, dict[str, Block]] = defaultdict(dict)
        self._heads = [_heads(metric, others.get(metric, phrase)) for metric in self._metrics]
        self._nothing = (b"",) * len(self._metrics)
        self._segments: list[Segment | None] = [None] * len(self._metrics)
        self.series = 0
        self.duplicates = 0
        """Series left out because the same name and labels were there before."""
        self.invalid = 0
        """Series and subjects left out because what was gathered of them made no sense."""
        self.cut = 0
        """Series beyond the limit."""
        self.expires = float("inf")
        """When the first of what is published becomes too old."""
        self.withdrawn = False
        """Whether there are samples and all of them are too old to be shown."""
        self.published: tuple[tuple[Segment, Segment, Segment], ...] = ()

    def lines(self, name: str) -> bytes:
        """The samples of a metric as published last, in the text format; empty if it is not one of this part."""
        columns = [column for metric, column in self._columns.items() if metric.name == name]
        return b"".join([segment.data for column in columns if (segment := self._segments[column]) is not None])

    def put(self, feed: int, subject: str, rows: Rows, expires: float, made_of: object = None) -> None:
        """Replace the samples of a subject from a feed; with what they were made of they can be repeated."""
        found = rows.written()
        if not (found or rows.duplicates or rows.invalid):
            self.drop(feed, subject)  # most guests have nothing to say in some parts
            return
        columns = list(self._nothing)
        for metric, data in found.items():
            columns[self._columns[metric]] = data
        self._blocks[feed][subject] = Block(tuple(columns), rows, expires, made_of)

    def confirm(self, feed: int, subject: str, expires: float) -> bool:
        """What is there of a subject is still true; False if nothing is there."""
        block = self._blocks[feed].get(subject)
        if block is None:
            return False
        block.expires = expires
        return True

    def repeat(self, feed: int, subject: str, expires: float, made_of: object) -> bool:
        """What is there of a subject is still true if it was made of the same; False if it was not."""
        block = self._blocks[feed].get(subject)
        return block is not None and block.made_of == made_of and self.confirm(feed, subject, expires)

    def drop(self, feed: int, subject: str) -> None:
        """Take the samples of a subject from a feed away."""
        self._blocks[feed].pop(subject, None)

    def forget(self, subjects: Collection[str]) -> bool:
        """Take subjects away, from every feed; whether there was any. Takes effect with the next `publish`."""
        found = False
        for blocks in self._blocks.values():
            for subject in blocks.keys() & subjects:
                del blocks[subject]
                found = True
        return found

    def publish(self) -> None:
        """Write the part anew from what was put, leaving out what is too old or beyond the limit of series."""
        now = self._clock()
        written = [block for blocks in self._blocks.values() for block in blocks.values()]
        blocks = [block for block in written if block.expires > now]
        self.withdrawn = bool(written) and not blocks
        self.expires = min((block.expires for block in blocks), default=float("inf"))
        self.series = sum(block.series for block in blocks)
        self.duplicates = sum(block.duplicates for block in blocks)
        self.invalid = sum(block.invalid for block in blocks)
        self.cut = 0
        if self._series_limit and self.series > self._series_limit:
            blocks = self._within_limit(blocks)
        # One walk over what lies scattered in memory, however many metrics there are.
        pieces = [piece for block in blocks for piece in block.written]
        for column in range(len(self._metrics)):
            data = b"".join(pieces[column :: len(self._metrics)])
            segment = self._segments[column]
            # What has not changed is not compressed again: the facts out of XML rarely do.
            if segment is None or segment.data != data:
                self._segments[column] = Segment(data) if data else None
        self.published = tuple(
            (text, openmetrics, segment)
            for (text, openmetrics), segment in zip(self._heads, self._segments, strict=True)
            if segment is not None
        )

    def _within_limit(self, blocks: list[Block]) -> list[Block]:
        kept = []
        series = 0
        for block in blocks:
            if series + block.series <= self._series_limit:
                kept.append(block)
                series += block.series
        self.cut = self.series - series
        self.series = series
        return kept
