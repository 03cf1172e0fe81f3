"""One structured log pipeline for our lines, those of libraries and Python's warnings."""

from __future__ import annotations

import atexit
import contextlib
import json
import logging
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Literal, TextIO

import structlog
from structlog.processors import JSONRenderer, LogfmtRenderer, TimeStamper
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger

from exporter.boundedqueue import BoundedQueue

Format = Literal["logfmt", "json", "console"]
Counter = Callable[[str], None]

# What these say below their level is about their own working, at every run; skipped runs are counted instead.
_TALKATIVE = {"apscheduler": logging.ERROR, "asyncio": logging.WARNING}
_FIRST_KEYS = ("timestamp", "level", "event")
_WAITING_LINES = 10_000
_FLUSH_SECONDS = 1.0


def configure(
    level: str = "info",
    format: str | None = None,
    stream: TextIO | None = None,
    counter: Counter | None = None,
) -> None:
    """Sends every log line of the process to `stream` (stderr); may be called again to change any of it.

    `format` None means console on a terminal, else logfmt. `counter` is told the level of each line.
    """
    target = stream if stream is not None else sys.stderr
    chosen = format or ("console" if target.isatty() else "logfmt")
    _WRITER.start()
    handler = _Handler(target, chosen, counter)
    root = logging.getLogger()
    for old in [old for old in root.handlers if isinstance(old, _Handler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
    for name, lowest in _TALKATIVE.items():
        logging.getLogger(name).setLevel(max(lowest, root.level))
    logging.captureWarnings(True)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *_shared(), ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_uncaught_in_thread


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        TimeStamper(fmt="iso", utc=True),
    ]


def flush() -> None:
    """Wait until what was logged is written, but only for a moment: whoever reads it may have stopped."""
    _WRITER.flush(_FLUSH_SECONDS)


class _Writer:
    """Writes lines in a thread of its own, so that a reader who stops holds up nobody else. What is too much to wait is
    dropped, oldest first, and that is said when somebody reads again."""

    def __init__(self) -> None:
        self._lines: BoundedQueue[tuple[TextIO, str] | threading.Event] = BoundedQueue(_WAITING_LINES)
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to write; later calls do nothing."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="log", daemon=True)
            self._thread.start()
            atexit.register(flush)

    def put(self, stream: TextIO, line: str) -> None:
        """Have a line written."""
        self._lines.put((stream, line))

    def flush(self, seconds: float) -> None:
        """Wait until all lines that were put are written, for so long at most."""
        if self._thread is not None:
            written = threading.Event()
            self._lines.put(written)
            written.wait(seconds)

    def _run(self) -> None:
        said = 0
        while True:
            items = self._lines.take(None)
            dropped = self._lines.dropped
            if dropped > said:  # said now, because the queue has room
                structlog.get_logger().warning("log lines dropped", lines=dropped - said)
                said = dropped
            for item in items:
                if isinstance(item, threading.Event):
                    item.set()
                else:
                    _write(*item)


def _write(stream: TextIO, line: str) -> None:
    # The stream itself may be what fails; then there is nowhere left to say it.
    with contextlib.suppress(OSError, ValueError):
        stream.write(f"{line}\n")
        stream.flush()


_WRITER = _Writer()
"""The writer of this process."""


class _Handler(logging.Handler):
    """Hands each line to the writer, counts it, and never lets a line that cannot be written harm anybody."""

    def __init__(self, stream: TextIO, chosen: str, counter: Counter | None) -> None:
        super().__init__()
        self._stream = stream
        self._chosen = chosen
        self._counter = counter
        self.setFormatter(_formatter(chosen, stream))

    def emit(self, record: logging.LogRecord) -> None:
        if self._counter is not None:
            self._counter(record.levelname.lower())
        try:
            _WRITER.put(self._stream, self.format(record))
        except Exception:  # noqa: BLE001  whatever a value does when it is written
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  the name logging calls
        """Says in the same format that a line was lost, instead of logging's own traceback."""
        fields = {
            "level": "error",
            "event": "a log line could not be written",
            "logger": record.name,
            "error": type(sys.exception()).__name__,
        }
        line = json.dumps(fields) if self._chosen == "json" else LogfmtRenderer()(None, "", dict(fields))
        _WRITER.put(self._stream, line)


def _formatter(chosen: str, stream: TextIO) -> ProcessorFormatter:
    last: list[Processor]
    if chosen == "console":
        # The plain formatter shows no local variables: they can hold secrets.
        plain = structlog.dev.plain_traceback
        last = [_one_line, structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=plain)]
    elif chosen == "json":
        last = [structlog.processors.format_exc_info, _ordered, JSONRenderer(default=str)]
    else:
        last = [structlog.processors.format_exc_info, _ordered, _printable, LogfmtRenderer()]
    return ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_logger_name, *_shared()],
        processors=[ProcessorFormatter.remove_processors_meta, *last],
    )


def _ordered(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Time, level and event first, the rest as it was given."""
    first = {key: event[key] for key in _FIRST_KEYS if key in event}
    return {**first, **{_word(key): value for key, value in event.items() if key not in first}}


def _word(key: object) -> str:
    """A key that logfmt can carry."""
    return "_".join(str(key).split())


def _printable(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Values without control characters: a guest's name must not steer a terminal."""
    return {key: _escape(value, keep="\n") for key, value in event.items()}


def _one_line(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """As `_printable`, for a renderer that would let a newline in a value look like a line of ours."""
    return {key: value if key == "exc_info" else _escape(value, keep="") for key, value in event.items()}


def _escape(value: object, keep: str) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value)
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char == keep else repr(char)[1:-1] for char in text)


def _log_uncaught(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    structlog.get_logger().critical("uncaught exception", exc_info=(kind, error, traceback))


def _log_uncaught_in_thread(arguments: threading.ExceptHookArgs) -> None:
    name = arguments.thread.name if arguments.thread else "unknown"
    error = arguments.exc_value
    structlog.get_logger().critical("uncaught exception in a thread", thread=name, exc_info=error)
