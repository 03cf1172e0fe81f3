"""Keeps pages true while nobody writes on them."""

import threading

import structlog

from exporter.exposition.page import Page

_LOOK_SECONDS = 1.0

logger = structlog.get_logger()


class Keeper:
    """One thread that takes what is too old off every page: no scrape has to, and no run needs to come back for it."""

    def __init__(self) -> None:
        self._pages: list[Page] = []
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="keeper", daemon=True)

    def watch(self, page: Page) -> None:
        """Look after one more page."""
        self._pages = [*self._pages, page]

    def unwatch(self, page: Page) -> None:
        """Leave a page alone from now on."""
        self._pages = [each for each in self._pages if each is not page]

    def start(self) -> None:
        """Begin to look after the pages."""
        self._thread.start()

    def stop(self) -> None:
        """Look after nothing any more."""
        self._stopped.set()

    def _keep(self) -> None:
        while not self._stopped.wait(_LOOK_SECONDS):
            for page in self._pages:
                try:
                    page.keep()
                except Exception:
                    # A mistake of ours costs this page a second, never the others.
                    logger.exception("page not kept")
