"""Each log line, whoever wrote it, in the format asked for, without local variables."""

from __future__ import annotations

import io
import json
import logging
import re
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator

import pytest
import structlog

from exporter.logs import configure, flush
from tests.lab.polling import eventually

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    """Gives logging, structlog and the hooks back as they were."""
    root = logging.getLogger()
    handlers, level, hook, thread_hook = root.handlers[:], root.level, sys.excepthook, threading.excepthook
    yield
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)
    sys.excepthook, threading.excepthook = hook, thread_hook
    structlog.reset_defaults()


def written(log_format: str, level: str = "info") -> io.StringIO:
    stream = io.StringIO()
    # The test runner's own handlers would format each line first, and fail in their way.
    logging.getLogger().handlers.clear()
    configure(level, log_format, stream)
    return stream


def lines(stream: io.StringIO) -> list[str]:
    flush()
    return [STAMP.sub("NOW", line) for line in stream.getvalue().splitlines()]


def fail() -> None:
    secret = "hunter2-".upper()
    raise RuntimeError(f"no answer after {len(secret)} s")


def log_failure() -> None:
    try:
        fail()
    except RuntimeError:
        structlog.get_logger().exception("could not read", domain="web-1")


def test_logfmt_line() -> None:
    stream = written("logfmt")
    structlog.get_logger().info("host is back", uri="qemu:///system", after=1.5, name='we"b 1', gone=None)
    assert lines(stream) == [
        'timestamp=NOW level=info event="host is back" uri=qemu:///system after=1.5 name="we\\"b 1" gone='
    ]


def test_json_line() -> None:
    stream = written("json")
    structlog.get_logger().warning("host gone", uri="test:///default", tries=3)
    assert lines(stream) == [
        '{"timestamp": "NOW", "level": "warning", "event": "host gone", "uri": "test:///default", "tries": 3}'
    ]


def test_console_line() -> None:
    stream = written("console")
    structlog.get_logger().info("host is back", uri="qemu:///system")
    assert [" ".join(line.split()) for line in lines(stream)] == ["NOW [info ] host is back uri=qemu:///system"]


@pytest.mark.parametrize("log_format", ["logfmt", "json", "console"])
def test_an_exception_shows_its_way_but_no_local_variable(log_format: str) -> None:
    stream = written(log_format)
    log_failure()
    flush()
    text = stream.getvalue()
    assert "RuntimeError: no answer after 8 s" in text
    assert "in fail" in text
    assert "HUNTER2" not in text


@pytest.mark.parametrize("log_format", ["logfmt", "json"])
def test_an_exception_is_one_line(log_format: str) -> None:
    stream = written(log_format)
    log_failure()
    assert len(lines(stream)) == 1


@pytest.mark.parametrize("log_format", ["logfmt", "json", "console"])
def test_a_value_cannot_fake_a_line_or_steer_a_terminal(log_format: str) -> None:
    stream = written(log_format)
    structlog.get_logger().info("guest\nseen", domain="a\nlevel=error\x1b[31m\u2028\u0085")
    assert len(lines(stream)) == 1
    assert "\x1b" not in stream.getvalue()


def test_lines_of_libraries_come_the_same_way() -> None:
    stream = written("logfmt")
    logging.getLogger("aiohttp.server").error("bad %s", "request")
    assert lines(stream) == ['timestamp=NOW level=error event="bad request" logger=aiohttp.server']


def test_the_scheduler_is_heard_from_warnings_up() -> None:
    stream = written("logfmt", "debug")
    logging.getLogger("apscheduler.scheduler").warning("run skipped")
    logging.getLogger("apscheduler.scheduler").error("job failed")
    assert lines(stream) == ['timestamp=NOW level=error event="job failed" logger=apscheduler.scheduler']


def test_warnings_of_python_come_the_same_way() -> None:
    stream = written("json")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)
        logging.captureWarnings(True)
        warnings.warn("old way", stacklevel=1)
    (line,) = lines(stream)
    assert json.loads(line)["logger"] == "py.warnings"
    assert "old way" in json.loads(line)["event"]


def test_what_is_below_the_level_is_left_out() -> None:
    stream = written("logfmt", "warning")
    structlog.get_logger().info("not this")
    assert lines(stream) == []


def test_configuring_again_changes_and_does_not_double() -> None:
    old = written("logfmt")
    new = written("json", "debug")
    structlog.get_logger().debug("seen once")
    assert (len(lines(old)), len(lines(new))) == (0, 1)


def test_lines_are_counted_by_level() -> None:
    counted: list[str] = []
    configure("info", "logfmt", io.StringIO(), counted.append)
    structlog.get_logger().info("a")
    structlog.get_logger().debug("not written, not counted")
    logging.getLogger("other").error("b")
    assert counted == ["info", "error"]


@pytest.mark.parametrize("log_format", ["logfmt", "json", "console"])
def test_a_line_that_cannot_be_written_is_said_and_harms_nobody(log_format: str) -> None:
    class Unspeakable:
        def __str__(self) -> str:
            raise RuntimeError("not me")

        __repr__ = __str__

    stream = written(log_format)
    structlog.get_logger().info("here", thing=Unspeakable())
    logging.getLogger("other").info("%d", "x")
    assert ["could not be written" in line for line in lines(stream)] == [True, True]


def test_a_closed_stream_harms_nobody() -> None:
    stream = written("logfmt")
    stream.close()
    structlog.get_logger().info("to nobody")


class Blocked(io.StringIO):
    """A stream whose reader has stopped, until it goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = threading.Event()
        self.goes_on = threading.Event()

    def write(self, text: str) -> int:
        self.reached.set()
        assert self.goes_on.wait(60)
        return super().write(text)


@pytest.fixture
def blocked() -> Iterator[Blocked]:
    """Where lines go; its reader goes on after the test at the latest."""
    stream = Blocked()
    logging.getLogger().handlers.clear()
    configure("info", "logfmt", stream)
    yield stream
    stream.goes_on.set()
    flush()


def test_a_reader_who_stops_holds_up_nobody(blocked: Blocked) -> None:
    """Who logs goes on, and a flush gives up soon; what waited is written when somebody reads again."""
    logger = structlog.get_logger()
    logger.info("first")
    assert blocked.reached.wait(10)
    logger.info("second")
    flush()
    assert blocked.getvalue() == ""
    blocked.goes_on.set()
    assert [line.rpartition("=")[2] for line in lines(blocked)] == ["first", "second"]


def test_lines_that_nobody_reads_are_dropped_and_that_is_said(blocked: Blocked) -> None:
    """Memory does not grow while nobody reads, the newest lines are kept and the number of the others is known."""
    logger = logging.getLogger("chatter")
    logger.info("first")
    assert blocked.reached.wait(10)
    for number in range(10_100):
        logger.info("%d", number)
    blocked.goes_on.set()
    eventually(lambda: "log lines dropped" in blocked.getvalue(), within=30, what="word of the lost lines")
    written = lines(blocked)
    assert "event=first" in written[0]
    assert "event=100 " in written[1]
    assert written[-1].endswith("lines=100")


def test_an_uncaught_exception_is_one_line_too() -> None:
    script = """
import threading
from exporter.logs import configure
configure("info", "json")
thread = threading.Thread(target=lambda: 1 / 0, name="worker")
thread.start()
thread.join()
raise RuntimeError("the end")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    first, second = map(json.loads, done.stderr.splitlines())
    assert done.returncode == 1
    assert (first["event"], first["thread"]) == ("uncaught exception in a thread", "worker")
    assert second["exception"].endswith("RuntimeError: the end")
