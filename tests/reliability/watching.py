"""An agent at a quick pace, and what its page says of its health."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from exporter.collectors.registry import COLLECTORS
from tests.lab.agent import Agent
from tests.lab.libvirtd import Libvirtd
from tests.lab.polling import eventually
from tests.lab.samples import Samples

MONITOR_FREE = {
    "libvirt_domain_state",
    "libvirt_domain_info_state",
    "libvirt_domain_info_cpu_time_seconds_total",
    "libvirt_domain_vcpu_time_seconds_total",
    "libvirt_domain_interface_stats_receive_bytes_total",
    "libvirt_domain_timed_out",
}
"""Some of what a guest keeps that does not answer."""

STOP_SECONDS = 5.0

_NEEDS_MORE = {"domain_agent"}
"""Collectors that need more than the read-only connection."""


def at_pace(seconds: float, *, everything: bool = False) -> list[str]:
    """Flags that run the collectors that are on, or `everything` there is, every so many seconds."""
    chosen = [each for each in COLLECTORS if each.default or (everything and each.name not in _NEEDS_MORE)]
    switched = [f"--collector.{collector.name}" for collector in chosen if not collector.default]
    return switched + [f"--collector.{collector.name}.interval={seconds:g}s" for collector in chosen]


class Watch:
    """An agent that watches a laboratory every `interval` seconds."""

    def __init__(
        self,
        directory: Path,
        host: Libvirtd | str,
        *flags: str,
        interval: float = 3.0,
        everything: bool = False,
        environment: Mapping[str, str] | None = None,
        enter: Sequence[str] = (),
        ready: bool = True,
    ) -> None:
        self.interval = interval
        uri = host if isinstance(host, str) else host.uri
        every = at_pace(interval, everything=everything)
        self.agent = Agent(
            directory,
            f"--libvirt.uri={uri}",
            *every,
            *flags,
            environment=environment,
            enter=enter,
            ready_within=60 if ready else None,
        )

    def samples(self) -> Samples:
        """The page of this moment."""
        return Samples.parse(self.agent.page())

    def figure(self, name: str, **labels: str) -> float:
        """One figure of this moment."""
        return self.samples().value(name, **labels)

    def ages(self) -> dict[str, float]:
        """For how many seconds each guest's complete statistics have been true."""
        now = time.time()
        return {
            name: now - asked
            for name, asked in self.samples().by("domain", "libvirt_domain_stats_timestamp_seconds").items()
        }

    def threads(self) -> int:
        """Threads of the process, as the kernel counts them."""
        return sum(1 for _ in Path(f"/proc/{self.agent.process.pid}/task").iterdir())

    def descriptors(self) -> int:
        """Open file descriptors of the process."""
        return sum(1 for _ in Path(f"/proc/{self.agent.process.pid}/fd").iterdir())

    def logged(self, text: str) -> list[str]:
        """Lines of the log with this text in them."""
        return [line for line in self.agent.log_lines() if text in line]

    def wait_up(self, up: bool, *, within: float) -> float:
        """Wait until the page says that libvirt answers, or does not; the seconds it took."""
        started = time.monotonic()
        eventually(lambda: self.figure("libvirt_up") == int(up), within=within, what=f"libvirt_up {int(up)}")
        return time.monotonic() - started

    def wait_fresh(self, *, within: float, guests: int, since: float | None = None) -> float:
        """Wait until all guests have complete statistics asked for after this call (or Unix time); the seconds."""
        started, wanted = time.monotonic(), time.time() if since is None else since

        def fresh() -> bool:
            asked = self.samples().by("domain", "libvirt_domain_stats_timestamp_seconds")
            return len(asked) == guests and min(asked.values()) > wanted

        eventually(fresh, within=within, every=0.2, what=f"fresh statistics of {guests} guests")
        return time.monotonic() - started

    def wait_fresh_of(self, names: set[str], *, within: float) -> None:
        """Wait until these guests have complete statistics asked for after this call."""
        wanted = time.time()

        def fresh() -> bool:
            asked = self.samples().by("domain", "libvirt_domain_stats_timestamp_seconds")
            return all(asked.get(name, 0.0) > wanted for name in names)

        eventually(fresh, within=within, every=0.2, what=f"fresh statistics of {len(names)} guests")

    def slowest_page(self, times: int = 50) -> float:
        """The slowest of so many scrapes, in seconds."""
        took = []
        for _ in range(times):
            started = time.monotonic()
            self.agent.page()
            took.append(time.monotonic() - started)
        return max(took)

    def stop(self) -> float:
        """Ask the agent to end, see that it did so in time and with success; the seconds it took."""
        started = time.monotonic()
        code = self.agent.stop(within=30)
        took = time.monotonic() - started
        assert code == 0, f"exit code {code}: {self.agent.log_lines()[-20:]}"
        assert took < STOP_SECONDS, f"stopped after {took:.1f} s"
        return took
