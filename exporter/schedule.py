"""APScheduler, set up for polling: when each batch of a host runs, and what happens when it is late."""

import contextlib
import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from apscheduler.events import EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, EVENT_JOB_SUBMITTED, JobEvent
from apscheduler.executors.pool import BasePoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from structlog import get_logger

from exporter.collection.plan import Batch
from exporter.figures import SkipReason

_SPREAD_SECONDS = 0.03  # between the batches of a host that are to run soon
_AGAIN_SECONDS = 0.25
_CLOCK_LOOK = timedelta(seconds=1)
_STEP_SECONDS = 0.01  # by less, a clock is not set but made to run slower

Skipped = Callable[[Batch, SkipReason], None]

logger = get_logger()


class _Every(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """Due every so many seconds, counted from `first`, whenever it ran in between. Times that have passed by are left
    out in one step: APScheduler's own trigger goes through each of them, which takes all memory when a clock starts in
    1970."""

    def __init__(self, seconds: float, first: datetime) -> None:
        self._interval = timedelta(seconds=seconds)
        self._first = first

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
        return now + self._interval - (now - self._first) % self._interval


class _Threads(BasePoolExecutor):  # type: ignore[misc]  # APScheduler has no types
    """The threads of one host, all started at once, so that their number is the same for ever."""

    def __init__(self, host: str, count: int) -> None:
        pool = ThreadPoolExecutor(count, thread_name_prefix=f"{host}-collector")
        all_here = threading.Barrier(count)
        for _ in range(count):
            pool.submit(all_here.wait)
        super().__init__(pool)


class Schedule:
    """Runs batches at their intervals; each host has threads of its own, so that one that hangs holds up no other."""

    def __init__(self) -> None:
        # Wall time in UTC: the local zone would repeat or leave out an hour twice a year.
        self._scheduler = BackgroundScheduler(timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1})
        self._skipped: dict[str, tuple[Batch, Skipped]] = {}
        self._wanted: set[str] = set()  # jobs that were asked for while they ran
        self.delay = 0.0
        """By how many seconds the newest run started late."""
        self._stopped = threading.Event()
        self._clock = threading.Thread(target=self._watch_clock, name="clock", daemon=True)
        self._scheduler.add_listener(self._on_event, EVENT_JOB_MAX_INSTANCES | EVENT_JOB_MISSED)
        self._scheduler.add_listener(self._on_submitted, EVENT_JOB_SUBMITTED)

    def start(self) -> None:
        """Begin to run what was added, and what is added later."""
        self._scheduler.start()
        self._clock.start()

    def stop(self) -> None:
        """Start no more runs; those that go on are not waited for."""
        self._stopped.set()
        self._scheduler.shutdown(wait=False)

    def add_host(
        self,
        host: str,
        batches: Sequence[Batch],
        run: Callable[[Batch], None],
        skipped: Skipped,
        threads: int | None = None,
    ) -> None:
        """Run the batches of a host at their intervals, at times that are spread; for the first time when `soon` is
        called, which the host does as soon as it is connected. Each has a thread, unless `threads` are enough."""
        self._scheduler.add_executor(_Threads(host, threads or max(1, len(batches))), alias=host)
        for batch in batches:
            # Jitter would add up from run to run and stretch the interval; a random start does not.
            offset = random.uniform(0.5, 1.5) * batch.interval  # noqa: S311 spreads load, guards nothing
            start = datetime.now(UTC) + timedelta(seconds=offset)
            key = f"{host}/{batch.name}"
            self._skipped[key] = (batch, skipped)
            self._scheduler.add_job(
                run,
                _Every(batch.interval, start),
                args=[batch],
                id=key,
                executor=host,
                next_run_time=start,
                misfire_grace_time=max(1, int(batch.interval)),
            )

    def remove_host(self, host: str, batches: Sequence[Batch]) -> None:
        """Run nothing of a host any more."""
        for batch in batches:
            key = f"{host}/{batch.name}"
            self._skipped.pop(key, None)
            self._scheduler.remove_job(key)
        self._scheduler.remove_executor(host, shutdown=False)

    def soon(self, host: str, batches: Sequence[Batch]) -> None:
        """Run these batches of a host now, or right after the run that goes on, and then when they are due, so that
        what began together does not stay together."""
        for place, batch in enumerate(batches):
            key = f"{host}/{batch.name}"
            self._wanted.add(key)
            self._run_in(key, place * _SPREAD_SECONDS)

    def _run_in(self, key: str, seconds: float) -> None:
        # The host may have been removed meanwhile.
        with contextlib.suppress(JobLookupError):
            self._scheduler.modify_job(key, next_run_time=datetime.now(UTC) + timedelta(seconds=seconds))

    def _on_event(self, event: JobEvent) -> None:
        if event.code == EVENT_JOB_MAX_INSTANCES and event.job_id in self._wanted:
            self._run_in(event.job_id, _AGAIN_SECONDS)
            return
        found = self._skipped.get(event.job_id)
        if found is not None:
            batch, skipped = found
            skipped(batch, "running" if event.code == EVENT_JOB_MAX_INSTANCES else "late")

    def _on_submitted(self, event: JobEvent) -> None:
        self._wanted.discard(event.job_id)
        due = event.scheduled_run_times[-1]
        self.delay = max(0.0, (datetime.now(UTC) - due).total_seconds())

    def _watch_clock(self) -> None:
        """APScheduler knows the wall clock alone: when that is set back, due times are far away of a sudden."""
        ahead = time.time() - time.monotonic()
        while not self._stopped.wait(_CLOCK_LOOK.total_seconds()):
            before, ahead = ahead, time.time() - time.monotonic()
            if ahead < before - _STEP_SECONDS:
                self._heed_clock()

    def _heed_clock(self) -> None:
        """Have runs begin within an interval from now, at their places in it."""
        now = datetime.now(UTC)
        moved = 0
        for key, (batch, _) in list(self._skipped.items()):
            job = self._scheduler.get_job(key)
            interval = timedelta(seconds=batch.interval)
            # A moment more than the interval is a run that came to its end while we looked.
            if job is not None and job.next_run_time - now > interval + _CLOCK_LOOK:
                left = (job.next_run_time - now) % interval
                self._run_in(key, left.total_seconds())
                moved += 1
        if moved:
            logger.warning("clock was set back, runs are due by the new time", batches=moved)
