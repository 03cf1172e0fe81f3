"""We only read: no call that libvirt marks as needing write access, and no privilege but the read-only socket."""

import ast
import csv
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import libvirt
import pytest

import exporter
from tests.figures import Measured
from tests.lab.agent import COMMAND
from tests.lab.guests import Guests
from tests.lab.libvirtd import Libvirtd
from tests.lab.polling import eventually
from tests.reliability.watching import Watch

_PACKAGE = Path(exporter.__file__).parent
_ELSEWHERE = {
    "demo.py",  # makes the demo host, which lives in this process
    "agentcalls.py",  # questions to guest agents, on a second connection that the user must ask for
}
_UNREADABLE_HERE = {
    "domain_address",  # libvirt 9 cannot read the neighbour table of a network namespace
}
_METHOD = re.compile(r"libvirtmod\.(vir\w+)\(")


def _write_calls() -> dict[str, set[str]]:
    """libvirt's own list (8.5.0): functions that a read-only connection is refused, and for some the flags with which
    alone they are."""
    with (Path(__file__).parent / "data" / "write_calls.tsv").open() as file:
        return {row["function"]: set(row["only_with"].split()) for row in csv.DictReader(file, delimiter="\t")}


def _functions() -> dict[str, set[str]]:
    """The functions of libvirt's library behind each method of its Python objects."""
    found: dict[str, set[str]] = {}
    for _, kind in inspect.getmembers(libvirt, inspect.isclass):
        for name, method in inspect.getmembers(kind, inspect.isfunction):
            found.setdefault(name, set()).update(_METHOD.findall(inspect.getsource(method)))
    return found


def _modules() -> Iterator[ast.Module]:
    for path in sorted(_PACKAGE.rglob("*.py")):
        if path.name not in _ELSEWHERE:
            yield ast.parse(path.read_text())


def _called_methods(module: ast.Module) -> Iterator[str]:
    """Names of methods handed to `call` and `optional`, and of those called on a connection itself."""
    for node in ast.walk(module):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr in ("call", "optional"):
            yield from (argument.attr for argument in node.args if isinstance(argument, ast.Attribute))
        elif _name(node.func.value) in ("libvirt", "_libvirt", "conn", "connection", "domain", "handle"):
            yield node.func.attr


def _name(node: ast.expr) -> str:
    """What a value is called where it is used, by itself or as an attribute."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


@pytest.fixture(scope="module")
def source_calls() -> set[str]:
    """Every method of libvirt's that our source calls on the main connection."""
    return {name for module in _modules() for name in _called_methods(module)}


@pytest.fixture(scope="module")
def everything(
    libvirt_host: Libvirtd, module_guests: Guests, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Watch]:
    """An agent with every collector there is, as a user without any privilege, on a host whose read-write socket is
    closed to it."""
    if not _readable(Path(COMMAND)):
        pytest.skip(f"an unprivileged user cannot read {COMMAND}")
    module_guests.crowd(2, disks=1, nics=1)
    module_guests.define(module_guests.idle("off"))
    watch = Watch(
        tmp_path_factory.mktemp("agent"), libvirt_host, interval=2.0, everything=True,
        enter=["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all", "--no-new-privs"],
    )  # fmt: skip
    yield watch
    watch.agent.stop()


def _readable(path: Path) -> bool:
    """Whether anybody may run a file."""
    real = path.resolve()
    return all(parent.stat().st_mode & 0o005 == 0o005 for parent in (real, *real.parents))


def test_source_calls_nothing_that_needs_write_access(source_calls: set[str]) -> None:
    """No method we call is one that libvirt refuses to a read-only connection whatever its flags."""
    functions, refused = _functions(), _write_calls()
    assert "domainListGetStats" in source_calls
    assert len(source_calls & functions.keys()) > 20
    for name in source_calls & functions.keys():
        always = {function for function in functions[name] if refused.get(function) == set()}
        assert not always, f"{name} needs write access"


def test_source_uses_no_flag_that_needs_write_access() -> None:
    """No flag with which libvirt refuses an otherwise harmless call is used."""
    flags = set().union(*_write_calls().values())
    used = {node.attr for module in _modules() for node in ast.walk(module) if isinstance(node, ast.Attribute)}
    assert not flags & used


def test_unprivileged_agent_collects_everything(everything: Watch) -> None:
    """The read-only socket is enough: every collector that is supported succeeds."""
    status = Path(f"/proc/{everything.agent.process.pid}/status").read_text()
    assert re.search(r"^Uid:\t65534\t", status, re.MULTILINE)
    assert re.search(r"^CapEff:\t0+$", status, re.MULTILINE)

    def succeeded() -> bool:
        found = everything.samples().by("collector", "libvirt_exporter_collector_success")
        failed = {name for name, success in found.items() if not success}
        assert not failed - _UNREADABLE_HERE, failed
        return len(found) > 10

    eventually(succeeded, within=10, what="every collector's success")


def test_agent_is_refused_nothing(everything: Watch, measured: Measured) -> None:
    """With every collector on, libvirt refuses no call for want of write access."""
    page = everything.samples()
    calls = page.by("call", "libvirt_exporter_call_duration_seconds_count")
    measured("kinds of calls made", f"{len(calls)}")
    refused = {labels["call"] for labels, _ in page.each("libvirt_exporter_call_errors_total", code="operation_denied")}
    assert not refused


def test_calls_made_are_calls_that_may_be_made(everything: Watch) -> None:
    """What was really called is on no list of refused functions either."""
    functions, refused = _functions(), _write_calls()
    made = everything.samples().by("call", "libvirt_exporter_call_duration_seconds_count").keys() - {"open"}
    assert "domainListGetStats" in made
    for name in made:
        always = {function for function in functions.get(name, ()) if refused.get(function) == set()}
        assert not always, f"{name} needs write access"


def test_connections_say_that_they_are_read_only(everything: Watch) -> None:
    """Every connection the page speaks of is read-only."""
    found = everything.samples().by("role", "libvirt_connection_read_only")
    assert found["worker"] == 1
    assert all(found.values())
