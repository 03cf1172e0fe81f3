"""What every test may use, and which long tests run only when asked for."""

import os
import shutil
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.lab.guests import Guests
from tests.lab.libvirtd import Libvirtd

pytest_plugins = ["tests.figures"]

# How long an example takes says how busy the machine is.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

_LONG = {
    "soak": "a soak run of many minutes: scripts/test --soak",
    "ship": "a trial of the packages in a fresh root: scripts/test --ship",
}
_LABORATORY = [
    "libvirtd",
    "virtlogd",
    "virsh",
    "qemu-system-x86_64",
    "qemu-img",
    "dnsmasq",
    "unshare",
    "nsenter",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add one switch for each kind of long test."""
    for name, reason in _LONG.items():
        parser.addoption(f"--{name}", action="store_true", help=f"also run tests marked {name}: {reason}")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marks."""
    for name, reason in _LONG.items():
        config.addinivalue_line("markers", f"{name}: {reason}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip long tests nobody asked for, with the reason in the summary."""
    for item in items:
        for name, reason in _LONG.items():
            if item.get_closest_marker(name) and not config.getoption(f"--{name}"):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def libvirt_host() -> Iterator[Libvirtd]:
    """A private libvirt host, shared by the tests of a session."""
    yield from _host()


@pytest.fixture
def own_libvirt_host() -> Iterator[Libvirtd]:
    """A private libvirt host for one test that kills or stops it."""
    yield from _host()


def _host() -> Iterator[Libvirtd]:
    if os.geteuid() != 0:
        pytest.skip("a private libvirtd needs root for its namespaces")
    missing = [tool for tool in _LABORATORY if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"the laboratory lacks {', '.join(missing)}: run scripts/setup")
    host = Libvirtd()
    try:
        yield host.start()
    finally:
        host.stop()


@pytest.fixture
def guests(libvirt_host: Libvirtd) -> Iterator[Guests]:
    """The guests of the shared host, all of them removed after the test."""
    yield from _guests(libvirt_host)


@pytest.fixture
def own_guests(own_libvirt_host: Libvirtd) -> Iterator[Guests]:
    """The guests of the test's own host; they end with it."""
    made = Guests(own_libvirt_host)
    yield made
    made.close()


@pytest.fixture(scope="module")
def module_guests(libvirt_host: Libvirtd) -> Iterator[Guests]:
    """Guests of the shared host that the tests of one module share."""
    yield from _guests(libvirt_host)


def _guests(host: Libvirtd) -> Iterator[Guests]:
    made = Guests(host)
    try:
        yield made
    finally:
        made.clear()
        made.close()
