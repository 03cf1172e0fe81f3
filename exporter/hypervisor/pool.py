"""The worker threads of a host, each with a connection of its own, and the way back after the host was gone."""

import contextlib
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Container
from concurrent.futures import Future
from typing import Literal, TypeVar
from urllib.parse import urlsplit

import structlog

from exporter.hypervisor.calls import CallLog
from exporter.hypervisor.connection import Connection, Target
from exporter.hypervisor.errors import ConnectFailed, ConnectionLost
from exporter.hypervisor.pauses import IN_PROCESS, Pauses

T = TypeVar("T")
Role = Literal["worker", "event", "agent"]

_OPEN_DEADLINE = 10.0
_LOOK_SECONDS = 0.5
_SETTLED_SECONDS = 10.0
"""After so long a connection counts as one that works."""

logger = structlog.get_logger()


class RoleFigures:
    """What happened to the connections of one role; read without a lock."""

    def __init__(self) -> None:
        self.attempts = 0
        self.failures = 0
        self.established_at: float | None = None
        self.open = 0
        self.closes: Counter[str] = Counter()


class _Task:
    """A function to run on some connection of the host, and where its outcome goes."""

    def __init__(self, function: Callable[[Connection], object]) -> None:
        self.function = function
        self.future: Future[object] = Future()

    def refuse(self, reason: str) -> None:
        """Let it fail without running it."""
        if self.future.set_running_or_notify_cancel():
            self.future.set_exception(ConnectionLost("reach libvirt", reason, "no_connect"))


class WorkerPool:
    """`workers` bulk lanes that share a queue, and one lane for short calls that must never wait behind them.

    The short lane also finds out that the host is gone, tries to reach it again (pauses double from 1 s to 60 s, to
    5 s for a local daemon, with jitter; a local socket that appears or is replaced ends the pause), and calls
    `on_change(up)` from its thread.
    """

    def __init__(
        self,
        name: str,
        target: Target,
        workers: int,
        calls: CallLog,
        on_change: Callable[[bool], None],
        role: Role = "worker",
    ) -> None:
        self.name = name
        self.target = target
        self.calls = calls
        self.up = False
        self.reason = "not connected yet"
        self.failed_attempts = 0
        """Attempts to reach the host that failed since it was last up."""
        self.figures: dict[Role, RoleFigures] = {role: RoleFigures()}
        self.in_process = urlsplit(target.uri).scheme.partition("+")[0] in IN_PROCESS
        self.unsupported: set[tuple[object, ...]] = set()
        self.lanes = 1 if self.in_process else workers
        self._on_change = on_change
        self._role: Role = role
        self._stopping = threading.Event()
        self._short: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._bulk: queue.SimpleQueue[_Task | None] = self._short if self.in_process else queue.SimpleQueue()
        self._busy = 0
        self._present: Container[str] | None = None
        self._connected_at = 0.0
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run_short, name=f"{name}-short", daemon=True)]
        if not self.in_process:
            self._threads += [
                threading.Thread(target=self._run_bulk, name=f"{name}-worker-{number}", daemon=True)
                for number in range(workers)
            ]

    def start(self) -> None:
        """Start the threads; the short lane begins to connect."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ask the threads to end, and answer whoever waits; a thread inside a call ends when that is ended."""
        self._stopping.set()
        self._refuse_waiting()
        for _ in self._threads:
            self._short.put(None)
            self._bulk.put(None)

    @property
    def threads(self) -> int:
        """Threads of this pool, which never changes."""
        return len(self._threads)

    @property
    def busy(self) -> int:
        """Threads that run a task."""
        return self._busy

    @property
    def waiting(self) -> int:
        """Tasks that no thread has taken yet."""
        return self._bulk.qsize() + (0 if self.in_process else self._short.qsize())

    def submit(self, function: Callable[[Connection], T]) -> "Future[T]":
        """Run a function on the next free bulk connection; its future raises ConnectionLost while the host is down."""
        return self._put(self._bulk, function)

    def submit_short(self, function: Callable[[Connection], T]) -> "Future[T]":
        """Run a function of short calls, which libvirt serves even while its ordinary workers are stuck."""
        return self._put(self._short, function)

    def keep_domains(self, present: Container[str]) -> None:
        """Let every connection go of guests that are not among these uuids, before its next task."""
        self._present = present

    def _put(self, to: "queue.SimpleQueue[_Task | None]", function: Callable[[Connection], T]) -> "Future[T]":
        task = _Task(function)
        to.put(task)
        if self._stopping.is_set():
            self._refuse_waiting()
        return task.future  # type: ignore[return-value]  # the future holds what the function returns

    def _refuse_waiting(self) -> None:
        """Nobody takes tasks any more: those that no thread has taken fail."""
        for waiting in {self._short, self._bulk}:
            ends = 0
            with contextlib.suppress(queue.Empty):
                while True:
                    task = waiting.get_nowait()
                    if task is None:
                        ends += 1
                    else:
                        task.refuse("it is not watched any more")
            for _ in range(ends):
                waiting.put(None)

    def open(self, role: Role) -> Connection:
        """A new connection for a role; raises ConnectFailed."""
        figures = self.figures.setdefault(role, RoleFigures())

        def closed(_connection: Connection, reason: str) -> None:
            with self._lock:
                figures.closes[reason] += 1
                figures.open -= 1
                if not figures.open:
                    figures.established_at = None
            self._short.put(_Task(lambda _: None))  # wakes the short lane, which looks whether the host is gone

        connection = Connection(self.target, self.calls, self.unsupported, closed)
        with self._lock:
            figures.attempts += 1
        try:
            connection.open(_OPEN_DEADLINE)
        except ConnectFailed:
            with self._lock:
                figures.failures += 1
            connection.discard()
            raise
        with self._lock:
            figures.established_at = time.time()
            figures.open += 1
        return connection

    def _run_bulk(self) -> None:
        structlog.contextvars.bind_contextvars(host=self.name)
        connection: Connection | None = None
        while (task := self._bulk.get()) is not None:
            if self._stopping.is_set():
                task.refuse("it is not watched any more")
            else:
                connection = self._attend(task, connection)
            del task  # or what it came to, which is all of a shard, would stay until the next one
        if connection:
            connection.close()

    def _attend(self, task: _Task, connection: Connection | None) -> Connection | None:
        """Run a task, on a new connection if the old one ended; the connection to go on with."""
        if not task.future.set_running_or_notify_cancel():
            return connection
        with self._lock:
            self._busy += 1
        try:
            if connection is None or not connection.alive:
                if connection:
                    connection.close()
                    connection = None
                if not self.up:
                    raise ConnectionLost("reach libvirt", self.reason, "no_connect")
                connection = self.open(self._role)
            if self._present is not None:
                connection.forget_domains(self._present)
            task.future.set_result(task.function(connection))
        except BaseException as error:  # noqa: BLE001 whatever it is belongs to whoever waits for the future
            task.future.set_exception(error)
        finally:
            with self._lock:
                self._busy -= 1
        return connection

    def _run_short(self) -> None:
        structlog.contextvars.bind_contextvars(host=self.name)
        connection: Connection | None = None
        pauses = Pauses(self.target.uri)
        while not self._stopping.is_set():
            try:
                connection = self._keep_connected(connection, pauses)
                # Whatever ends the connection puts a task here: while there is one, nothing has to be looked at.
                task = self._short.get(timeout=None if connection else _LOOK_SECONDS)
            except queue.Empty:
                continue
            except Exception:
                # A mistake of ours, or no thread or memory to be had, costs this attempt, never the host.
                logger.exception("connecting failed unexpectedly", host=self.name)
                self._stopping.wait(_LOOK_SECONDS)
                continue
            if task is None:
                continue
            if connection is not None and connection.alive:
                self._attend(task, connection)
            else:
                task.refuse(self.reason)
            del task  # as above
        if connection:
            connection.close()

    def _keep_connected(self, connection: Connection | None, pauses: Pauses) -> Connection | None:
        """The connection of the short lane as it is, or a new one in the place of one that ended; None while down."""
        if connection is not None:
            if connection.alive:
                return connection
            self._went_down(f"connection lost ({connection.ended or 'broken'})")
            # A daemon that takes us in and fails at once is not reached, however often it takes us in.
            if time.monotonic() - self._connected_at > _SETTLED_SECONDS:
                pauses.reset()
            else:
                pauses.lengthen()
            connection.close()
        return self._connect(pauses)

    def _connect(self, pauses: Pauses) -> Connection | None:
        """One attempt, if it is time for one; None until it worked."""
        if not pauses.over():
            return None
        try:
            connection = self.open(self._role)
        except ConnectFailed as error:
            pauses.lengthen()
            if self.reason != error.reason:
                self.reason = error.reason
                logger.warning("host unreachable", host=self.name, uri=self.target.uri, error=str(error))
            self.failed_attempts += 1  # last: whoever waits for it has the last word in the log
            return None
        self._connected_at = time.monotonic()
        self.failed_attempts = 0
        self.unsupported.clear()
        self.up = True
        self.reason = ""
        logger.info("host connected", host=self.name, uri=self.target.uri)
        self._on_change(True)
        return connection

    def _went_down(self, reason: str) -> None:
        self.up = False
        self.reason = reason
        logger.warning("host lost", host=self.name, uri=self.target.uri, reason=reason)
        self._on_change(False)
