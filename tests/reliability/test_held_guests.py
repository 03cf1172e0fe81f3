"""Guests that somebody else's call or a long job holds: we go round them and say so."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from exporter.hypervisor.setaside import HANGING_SECONDS
from tests.figures import Measured
from tests.lab.definitions import Disk
from tests.lab.extras import backup
from tests.lab.guests import Guests
from tests.lab.images import qcow2
from tests.lab.libvirtd import Libvirtd
from tests.lab.polling import eventually
from tests.lab.readonly import readonly
from tests.lab.watch import Watch as InProcess
from tests.lab.watch import watch as in_process
from tests.reliability.conftest import StartWatch
from tests.reliability.watching import MONITOR_FREE, Watch

COUNT, INTERVAL = 4, 2.0
HELD = "idle-1"
OTHERS = {f"idle-{number}" for number in range(COUNT)} - {HELD}
GRACE = 4.0
"""Seconds of room for a busy machine."""


@pytest.fixture(scope="module")
def crowd(module_guests: Guests) -> None:
    """Four paused guests."""
    module_guests.crowd(COUNT, disks=1, nics=1, vcpus=1)


@contextmanager
def _client(host: Libvirtd, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    """Another client, with write access, in the middle of a command."""
    with subprocess.Popen(
        ["virsh", "--connect", host.admin_uri, *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as client:
        try:
            yield client
        finally:
            client.terminate()


def _control_state(host: Libvirtd, name: str) -> int:
    with readonly(host.uri) as connection:
        state: int = connection.lookupByName(name).controlInfo()[0]
        return state


def _oldest_other(watch: Watch) -> float:
    ages = watch.ages()
    return max(ages.get(name, float("inf")) for name in OTHERS)


@pytest.mark.usefixtures("crowd")
def test_guest_that_hangs_in_another_clients_call(
    libvirt_host: Libvirtd, watch: StartWatch, measured: Measured
) -> None:
    """NOWAIT goes round it from the first cycle: no call of ours hangs, it is named all the same, and whole again
    after SIGCONT."""
    libvirt_host.signal_guest(HELD, signal.SIGSTOP)
    try:
        with _client(libvirt_host, "domblkinfo", HELD, "vda"):
            eventually(lambda: _control_state(libvirt_host, HELD) == 2, within=20, what="an occupied monitor")
            watching = watch(libvirt_host, interval=INTERVAL)
            eventually(
                lambda: watching.figure("libvirt_domain_timed_out", domain=HELD) == 1, within=20, what="its name"
            )
            page = watching.samples()
            assert page.names(domain=HELD) >= MONITOR_FREE
            assert page.value("libvirt_domain_stats_partial", domain=HELD) == 1
            assert page.value("libvirt_connection_closes_total", role="worker", reason="abandoned") == 0
            assert _oldest_other(watching) < 2 * INTERVAL + GRACE
    finally:
        libvirt_host.signal_guest(HELD, signal.SIGCONT)
    took = watching.wait_fresh(within=30, guests=COUNT)
    measured("whole after", f"{took:.1f} s at an interval of {INTERVAL:g} s")
    assert took < 2 * INTERVAL + GRACE


@pytest.mark.usefixtures("crowd")
def test_guest_that_hangs_while_its_memory_is_not_due(libvirt_host: Libvirtd) -> None:
    """Its disks show as well that its monitor was not entered: it is named at once, and what it had of memory goes."""
    statistics = ("domain_memory", "domain_block", "domain_health")
    memory, block = "libvirt_domain_memory_stats_rss_bytes", "libvirt_domain_block_stats_read_requests_total"
    with in_process(libvirt_host.uri, *statistics, paces={"domain_memory": 600.0}) as watching:
        watching.run()
        libvirt_host.signal_guest(HELD, signal.SIGSTOP)
        try:
            with _client(libvirt_host, "domblkinfo", HELD, "vda"):
                eventually(lambda: _control_state(libvirt_host, HELD) == 2, within=20, what="an occupied monitor")
                time.sleep(HANGING_SECONDS)
                watching.run()
                assert watching.value("libvirt_domain_timed_out", domain=HELD) == 1
                assert watching.value("libvirt_domain_stats_partial", domain=HELD) == 1
                watching.run()
                assert {name: watching.value(name, domain=HELD) for name in (memory, block)} == {
                    memory: None,
                    block: None,
                }
                assert len(watching.samples(memory)) == COUNT - 1
        finally:
            libvirt_host.signal_guest(HELD, signal.SIGCONT)
        eventually(lambda: _control_state(libvirt_host, HELD) == 0, within=20, what="a free monitor")
        watching.run()
        assert watching.value("libvirt_domain_stats_partial", domain=HELD) == 0
        assert len(watching.samples(memory)) == COUNT


@pytest.mark.usefixtures("crowd")
def test_guest_found_hung_by_a_single_call(libvirt_host: Libvirtd, watch: StartWatch) -> None:
    """With collectors that ask guest by guest it is set aside too, and costs one abandoned call at most in each of
    the daemon's kinds of call."""
    watching = watch(libvirt_host, interval=INTERVAL, everything=True)
    libvirt_host.signal_guest(HELD, signal.SIGSTOP)
    try:
        eventually(
            lambda: watching.figure("libvirt_exporter_domains_set_aside") == 1, within=30, what="the guest set aside"
        )
        asked = watching.figure("libvirt_connection_closes_total", role="worker", reason="abandoned")
        assert asked <= 2
        watching.wait_fresh_of(OTHERS, within=3 * INTERVAL + GRACE)
        assert watching.figure("libvirt_connection_closes_total", role="worker", reason="abandoned") == asked
    finally:
        libvirt_host.signal_guest(HELD, signal.SIGCONT)
    watching.wait_fresh(within=30, guests=COUNT)


class _Job:
    """A long job of another client: it writes into a pipe, `{pipe}` in its command, that nobody empties until
    `finish`."""

    def __init__(self, host: Libvirtd, *command: str) -> None:
        self._pipe = host.directory / f"{command[0]}.pipe"
        os.mkfifo(self._pipe)
        self._reading = os.open(self._pipe, os.O_RDONLY | os.O_NONBLOCK)
        self._client = subprocess.Popen(
            ["virsh", "--connect", host.admin_uri, *(word.format(pipe=self._pipe) for word in command)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def finish(self) -> None:
        """Empty the pipe and wait for the client, whatever it made of a file that cannot be read again."""
        os.set_blocking(self._reading, True)
        threading.Thread(target=self._drain, daemon=True).start()
        self._client.communicate(timeout=60)
        os.close(self._reading)

    def _drain(self) -> None:
        while os.read(self._reading, 1 << 20):
            pass


def _oldest_beside_job(watching: Watch, name: str) -> str:
    """How old the figures of any guest became in three intervals, while a job holds one that is not taken for hung."""
    oldest = 0.0
    until = time.monotonic() + 3 * INTERVAL
    while time.monotonic() < until:
        oldest = max(oldest, *watching.ages().values())
    page = watching.samples()
    assert oldest < 2 * INTERVAL + GRACE
    assert page.value("libvirt_domain_timed_out", domain=name) == 0
    assert page.value("libvirt_domain_stats_partial", domain=name) == 0
    assert page.value("libvirt_connection_closes_total", role="worker", reason="abandoned") == 0
    return f"{oldest:.1f} s at an interval of {INTERVAL:g} s"


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize(
    "command",
    [
        ("dump", HELD, "{pipe}", "--memory-only"),
        ("snapshot-create-as", HELD, "--memspec", "{pipe},snapshot=external", "--diskspec", "vda,snapshot=no"),
        ("save", HELD, "{pipe}"),
    ],
    ids=["dump", "snapshot", "save"],
)
def test_job_that_holds_a_guest(
    libvirt_host: Libvirtd, module_guests: Guests, watch: StartWatch, measured: Measured, command: tuple[str, ...]
) -> None:
    """While a guest's memory is dumped, kept as a snapshot or saved it is not taken for hung, and its own and all
    others' figures stay complete and fresh. An agent that is asked to end does so."""
    watching, ending = watch(libvirt_host, interval=INTERVAL), watch(libvirt_host, interval=INTERVAL)
    watching.wait_fresh(within=20, guests=COUNT)
    job = _Job(libvirt_host, *command)
    try:
        with readonly(libvirt_host.uri) as connection:
            domain = connection.lookupByName(HELD)
            eventually(lambda: domain.jobInfo()[0] != 0, within=20, what="the job")
        measured(f"{command[0]}: oldest figures", _oldest_beside_job(watching, HELD))
        measured(f"{command[0]}: stopped after", f"{ending.stop():.2f} s")
    finally:
        job.finish()
        domain = module_guests.connection.lookupByName(HELD)
        if not domain.isActive():
            libvirt_host.run_inside(["virsh", "start", "--paused", HELD])
    watching.wait_fresh(within=30, guests=COUNT)


@pytest.mark.usefixtures("crowd")
def test_backup_that_nobody_fetches(
    libvirt_host: Libvirtd, module_guests: Guests, watch: StartWatch, measured: Measured
) -> None:
    """A backup runs for as long as it takes whoever fetches it: everything stays complete and fresh beside it."""
    disk = Disk(qcow2(module_guests.images / "backed-up.qcow2"), "qcow2")
    domain = module_guests.start_paused(module_guests.idle("backed-up", disks=0, nics=0).with_disks((disk,)))
    try:
        watching, ending = watch(libvirt_host, interval=INTERVAL), watch(libvirt_host, interval=INTERVAL)
        watching.wait_fresh(within=20, guests=COUNT + 1)
        backup(domain, "vda")
        measured("oldest figures", _oldest_beside_job(watching, "backed-up"))
        assert domain.jobInfo()[0] != 0, "the backup was over"
        measured("stopped after", f"{ending.stop():.2f} s")
    finally:
        module_guests.remove([domain])


@pytest.mark.usefixtures("crowd")
def test_two_agents_in_step(libvirt_host: Libvirtd) -> None:
    """NOWAIT goes round a guest that another client is asking at this moment; one that always asks at the same moment
    takes nothing away from us for good, nor we from it."""
    statistics = ("domain_memory", "domain_vcpu", "domain_block", "domain_health")
    together = threading.Barrier(2)
    partial: list[float] = []

    def ask(watching: InProcess) -> None:
        for _ in range(15):
            together.wait(timeout=60)
            watching.run(*statistics)
            partial.extend(watching.samples("libvirt_domain_stats_partial").values())

    with in_process(libvirt_host.uri, *statistics) as one, in_process(libvirt_host.uri, *statistics) as other:
        for each in (one, other):
            each.run(*statistics)
        with ThreadPoolExecutor(2) as executor:
            for done in [executor.submit(ask, each) for each in (one, other)]:
                done.result()
    assert len(partial) == 2 * 15 * COUNT
    assert sum(partial) <= len(partial) / 20  # room for a busy machine; a third without asking again
