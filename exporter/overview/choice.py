"""What a reader asked a table for: part of a name, a state, an order, a page."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from urllib.parse import urlencode


@dataclass(frozen=True)
class Choice:
    """Part of a name or uuid, a state, an order (a leading minus turns it), a page from 1; `usual` is the order of
    those who ask for none."""

    search: str = ""
    state: str = ""
    sort: str = "name"
    page: int = 1
    usual: str = "name"

    @staticmethod
    def read(asked: Callable[[str], str | None], columns: Collection[str], usual: str = "name") -> "Choice":
        """From query parameters; what makes no sense is as if it was not there."""
        sort = asked("sort") or ""
        page = asked("page") or ""
        return Choice(
            search=(asked("q") or "").strip()[:200],
            state=(asked("state") or "").strip()[:40],
            sort=sort if sort.removeprefix("-") in columns else usual,
            page=int(page) if page.isascii() and page.isdecimal() and 0 < len(page) < 7 else 1,
            usual=usual,
        )

    @property
    def column(self) -> str:
        """The column sorted by."""
        return self.sort.removeprefix("-")

    @property
    def turned(self) -> bool:
        """Whether the largest comes first."""
        return self.sort.startswith("-")

    def sorted_by(self, sort: str) -> "Choice":
        """The same in another order, from its first page."""
        return replace(self, sort=sort, page=1)

    def on_page(self, page: int) -> "Choice":
        """The same on another page."""
        return replace(self, page=page)

    def link(self, host: str | None) -> str:
        """Its address, relative to the page."""
        asked = {
            "host": host or "",
            "q": self.search,
            "state": self.state,
            "sort": "" if self.sort == self.usual else self.sort,
            "page": "" if self.page == 1 else str(self.page),
        }
        return "?" + urlencode({name: value for name, value in asked.items() if value})
