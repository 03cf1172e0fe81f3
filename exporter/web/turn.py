"""One request on its way: what it comes to, how long that takes, and the place it holds meanwhile."""

import time
from collections.abc import Mapping
from http import HTTPStatus

from exporter.web.metrics import WebMetrics
from exporter.web.routes import OTHER
from exporter.web.slots import Place

_READER_SECONDS = 1.0


class Turn:
    """Begun when the request is there, ended when its answer is sent or given up; then it counts."""

    def __init__(self, metrics: WebMetrics, headers: Mapping[str, str]) -> None:
        """`headers` are those that every response has."""
        self.headers = headers
        self.path = OTHER
        self.status: int = HTTPStatus.BAD_REQUEST.value
        self.place: Place | None = None
        self._metrics = metrics
        self._began = time.perf_counter()

    def wait_for_reader(self) -> None:
        """The client takes its time: that costs memory and no work, and must not keep the others waiting for long."""
        if self.place is not None:
            self.place.give_back_after(_READER_SECONDS)

    def end(self) -> None:
        """Give the place back, and count."""
        if self.place is not None:
            self.place.give_back()
        self._metrics.answered(self.path, self.status, time.perf_counter() - self._began)
