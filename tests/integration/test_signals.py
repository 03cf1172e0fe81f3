"""What the running command does when it is sent a signal."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.agent import Agent, run_once
from tests.lab.hostfile import host_xml
from tests.lab.polling import eventually
from tests.lab.samples import Samples

RELOADED = "configuration reloaded"
REFUSED = "configuration not reloaded"


class Served:
    """An agent with a configuration file."""

    def __init__(self, directory: Path) -> None:
        (directory / "host.xml").write_text(host_xml(3))
        self.uri = f"test://{directory}/host.xml"
        self.file = directory / "agent.yml"
        self.write("")
        self.agent = Agent(directory, f"--config.file={self.file}")

    def write(self, more: str) -> None:
        """What stands in the file beside the host's URI."""
        self.file.write_text(f"libvirt: {{uri: '{self.uri}'}}\n{more}")

    def reload(self, words: str) -> None:
        """Ask for a reload and wait until the log says what came of it."""
        before = self._count(words)
        self.agent.process.signal(signal.SIGHUP)
        eventually(lambda: self._count(words) == before + 1, within=20, what=words)

    def _count(self, words: str) -> int:
        return sum(words in line for line in self.agent.log_lines())

    def guests(self) -> set[str]:
        """Names of the guests on the page."""
        return set(self.page().by("domain", "libvirt_domain_info"))

    def page(self) -> Samples:
        """The page of this moment."""
        return Samples.parse(self.agent.page())


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """An agent beside a test host of three guests."""
    made = Served(tmp_path)
    yield made
    made.agent.stop()


def test_sighup_takes_the_file_as_it_stands_now(served: Served) -> None:
    """A guest that is excluded leaves the page, and comes back with the next reload."""
    everyone = served.guests()
    left_out = sorted(everyone)[0]
    served.write(f"domain: {{exclude: '{left_out}'}}\n")
    served.reload(RELOADED)
    eventually(lambda: served.guests() == everyone - {left_out}, within=20, what="the other guests")
    served.write("")
    served.reload(RELOADED)
    eventually(lambda: served.guests() == everyone, within=20, what="all guests")


def test_sighup_with_a_broken_file_keeps_what_is_there(served: Served) -> None:
    """The log names key, value and what is allowed, and a metric says that the file is not the one in use."""
    served.write("domain: {include: 'web-('}\n")
    served.reload(REFUSED)
    assert any("domain.include: web-(" in line for line in served.agent.log_lines())
    success = "libvirt_exporter_config_last_reload_success"
    eventually(lambda: served.page().value(success) == 0, within=10, what="the metric")
    assert served.page().value("libvirt_exporter_config_reload_failures_total") == 1
    assert len(served.guests()) == 3
    served.write("")
    served.reload(RELOADED)
    eventually(lambda: served.page().value(success) == 1, within=10, what="the metric")


def test_sighup_without_a_change_leaves_connections_alone(served: Served) -> None:
    """The host is not opened again."""
    before = served.page().value("libvirt_connection_attempts_total", role="worker")
    served.reload(RELOADED)
    assert served.page().value("libvirt_connection_attempts_total", role="worker") == before


def test_sighup_takes_a_new_password_from_the_same_file(served: Served, tmp_path: Path) -> None:
    """Passwords change while their file keeps its name."""
    password = tmp_path / "password"
    password.write_text("old\n")
    served.file.write_text(f"libvirt: {{uri: '{served.uri}', username: monitor, password-file: '{password}'}}\n")
    served.reload(RELOADED)
    connected = sum("host connected" in line for line in served.agent.log_lines())
    password.write_text("new\n")
    served.reload(RELOADED)
    eventually(
        lambda: sum("host connected" in line for line in served.agent.log_lines()) > connected,
        within=20, what="a new connection",
    )  # fmt: skip


def test_sigusr1_says_what_every_thread_does(served: Served) -> None:
    """A line a thread, with its name and where it stands."""
    served.agent.process.signal(signal.SIGUSR1)

    def lines() -> list[str]:
        return [line for line in served.agent.log_lines() if "event=stack" in line or " stack " in line]

    threads = eventually(lambda: found if len(found := lines()) > 3 else None, within=20, what="stacks")
    assert any("thread=MainThread" in line and "agent.py" in line for line in threads)
    assert any("thread=web" in line for line in threads)


def test_sigint_ends_it_as_sigterm_does(served: Served) -> None:
    """With success, as a person at a terminal expects."""
    served.agent.process.signal(signal.SIGINT)
    assert served.agent.process.wait(within=10) == 0
    assert "SIGINT" in served.agent.process.output()


def test_once_is_for_one_host(tmp_path: Path) -> None:
    """Several have pages of their own."""
    file = tmp_path / "agent.yml"
    file.write_text("hosts: [{name: one, uri: 'test:///default'}, {name: two, uri: 'test:///default'}]\n")
    code, output, said = run_once("--once", f"--config.file={file}")
    assert (code, output) == (2, "")
    assert said.startswith("libvirt-exporter: --once: 2 hosts: one host, by --libvirt.uri")
    assert said.count("\n") == 1
