"""libvirt's errors as ours, and what a connection makes of them."""

from collections.abc import Iterator

import libvirt
import pytest

from exporter.errors import ExporterError
from exporter.hypervisor.calls import CallLog
from exporter.hypervisor.connection import Connection, Target
from exporter.hypervisor.errors import (
    Abandoned,
    CallFailed,
    ConnectFailed,
    ConnectionLost,
    HypervisorError,
    NotActive,
    NotFound,
    NotSupported,
    translate,
)
from exporter.hypervisor.eventloop import LOOP
from tests.replay.recorded import Recorded, refusal

_RPC, _QEMU = libvirt.VIR_FROM_RPC, libvirt.VIR_FROM_QEMU


@pytest.mark.parametrize(
    ("code", "domain", "kind"),
    [
        (libvirt.VIR_ERR_INTERNAL_ERROR, _RPC, ConnectionLost),  # the keepalive timed out
        (libvirt.VIR_ERR_SYSTEM_ERROR, _RPC, ConnectionLost),  # the daemon was killed
        (libvirt.VIR_ERR_INVALID_CONN, libvirt.VIR_FROM_NONE, ConnectionLost),
        (libvirt.VIR_ERR_SYSTEM_ERROR, _QEMU, CallFailed),  # one guest's monitor died
        (libvirt.VIR_ERR_OPERATION_INVALID, _QEMU, NotActive),  # the guest stopped meanwhile
        (libvirt.VIR_ERR_NO_DOMAIN, _QEMU, NotFound),
        (libvirt.VIR_ERR_NO_STORAGE_POOL, libvirt.VIR_FROM_STORAGE, NotFound),
        (libvirt.VIR_ERR_NO_SUPPORT, libvirt.VIR_FROM_TEST, NotSupported),
        (libvirt.VIR_ERR_OPERATION_DENIED, libvirt.VIR_FROM_NONE, NotSupported),  # not over a read-only connection
        (libvirt.VIR_ERR_ARGUMENT_UNSUPPORTED, _QEMU, NotSupported),
        (libvirt.VIR_ERR_NO_SUPPORT, _RPC, NotSupported),  # the daemon is too old to know the call
        (libvirt.VIR_ERR_RPC, _RPC, CallFailed),  # an answer that is too large for a message
    ],
)
def test_an_error_is_translated_by_its_code_and_where_it_came_from(
    code: int, domain: int, kind: type[HypervisorError]
) -> None:
    """The same code from the transport and from a guest means two things."""
    assert type(translate(refusal(code, "said so", domain), "do it")) is kind


def test_an_error_says_what_was_attempted_on_which_thing() -> None:
    """With libvirt's reason, and its names for code and domain."""
    error = translate(refusal(libvirt.VIR_ERR_OPERATION_TIMEOUT, "too slow", _QEMU), "call info of domain 'web-1'")
    assert str(error) == "could not call info of domain 'web-1': too slow"
    assert (error.code, error.domain) == ("operation_timeout", "qemu")


def test_what_we_ended_ourselves_is_no_answer_before_its_deadline() -> None:
    """Whatever libvirt said when its socket went away."""
    error = translate(refusal(libvirt.VIR_ERR_SYSTEM_ERROR, "End of file", _RPC), "call info", abandoned=True)
    assert isinstance(error, Abandoned)
    assert "deadline" in error.reason


def test_errors_of_the_hypervisor_are_errors_of_ours() -> None:
    """The command catches one root."""
    assert issubclass(HypervisorError, ExporterError)


@pytest.fixture
def connection() -> Iterator[Connection]:
    """A connection to libvirt's own test host."""
    made = Connection(Target("test:///default"), CallLog(), set(), lambda *_: None)
    made.open(5)
    yield made
    made.close()


def test_a_guest_that_is_not_there_is_not_found(connection: Connection) -> None:
    """By its uuid."""
    with pytest.raises(NotFound, match="domain 00000000"):
        connection.domain("00000000-0000-0000-0000-000000000000")


def test_what_a_driver_has_not_is_none_where_one_can_do_without(connection: Connection) -> None:
    """And no failure."""
    assert connection.optional(connection.libvirt.getMemoryStats, -1) is None
    assert connection.take_failures() == 0


def test_what_failed_is_none_and_counted_where_one_can_do_without(connection: Connection) -> None:
    """Other than what is not supported, and what is gone."""
    assert connection.optional(connection.libvirt.lookupByName, "nobody") is None
    assert connection.take_failures() == 0
    assert connection.optional(connection.libvirt.getCellsFreeMemory, 7, 1) is None
    assert (connection.take_failures(), connection.take_failures()) == (1, 0)


def test_a_read_only_connection_changes_nothing(connection: Connection) -> None:
    """libvirt refuses, whatever we would ask."""
    domain = connection.call(connection.libvirt.lookupByName, "test")
    with pytest.raises(NotSupported):
        connection.call(domain.destroy)


def test_a_closed_connection_is_lost(connection: Connection) -> None:
    """It says so without asking libvirt."""
    listing = connection.libvirt.listAllDomains
    connection.close()
    with pytest.raises(ConnectionLost):
        connection.call(listing, 0)


def test_a_host_that_cannot_be_opened_says_why() -> None:
    """With the URI."""
    made = Connection(Target("test:///does/not/exist.xml"), CallLog(), set(), lambda *_: None)
    with pytest.raises(ConnectFailed, match=r"open test:///does/not/exist\.xml read-only"):
        made.open(5)


def test_an_error_that_libvirt_forgot_is_known_all_the_same() -> None:
    """Garbage that is collected between a failed call and its exception may be an object of libvirt's, whose end is a
    call too."""
    LOOP.start()
    connection = Connection(Target("test:///default"), CallLog(), set(), lambda *_: None)
    connection.open(5)

    def fail_and_collect() -> None:
        try:
            connection.libvirt.lookupByName("nobody")
        except libvirt.libvirtError as error:
            error.err = None  # what is left when the end of another object came first
            raise

    with pytest.raises(NotFound):
        connection.call(fail_and_collect)
    connection.close()


def test_an_error_of_the_call_before_is_not_taken_for_this_one() -> None:
    """Nothing is known of a call that fails without a word."""
    LOOP.start()
    connection = Connection(Target("test:///default"), CallLog(), set(), lambda *_: None)
    connection.open(5)
    with pytest.raises(NotFound):
        connection.call(connection.libvirt.lookupByName, "nobody")

    def fail_silently() -> None:
        error = libvirt.libvirtError("without a word")
        error.err = None
        raise error

    with pytest.raises(CallFailed):
        connection.call(fail_silently)
    connection.close()


def test_what_one_guest_does_not_support_is_asked_of_the_others() -> None:
    """A disk of a kind without counters says nothing about the disks of another guest."""
    refusing = Recorded({"blockStats": {"error": [libvirt.VIR_ERR_OPERATION_UNSUPPORTED, "not for this disk"]}})
    answering = Recorded({"blockStats": (1, 2, 3, 4, -1)})
    target = Target("test:///recording", open_read_only=lambda _: Recorded({}))
    connection = Connection(target, CallLog(), set(), lambda *_: None)
    connection.open(5)
    assert connection.optional(refusing.blockStats, "vda") is None
    assert connection.optional(answering.blockStats, "vda") == (1, 2, 3, 4, -1)
    connection.close()


def test_what_is_not_supported_is_asked_once_by_all_connections_of_a_host() -> None:
    """They share what they learn, by call and flags."""
    asked: list[int] = []

    def statistics(flag: int) -> int:
        asked.append(flag)
        return refuse()

    def refuse() -> int:
        raise refusal(libvirt.VIR_ERR_NO_SUPPORT, "not here")

    target = Target("test:///recording", open_read_only=lambda _: Recorded({"getMemoryStats": statistics}))
    shared: set[tuple[object, ...]] = set()
    for _ in range(2):
        made = Connection(target, CallLog(), shared, lambda *_: None)
        made.open(5)
        for flag in (-1, -1, 0):
            with pytest.raises(NotSupported):
                made.call(made.libvirt.getMemoryStats, flag)
        made.close()
    assert asked == [-1, 0]
