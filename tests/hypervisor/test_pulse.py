"""When a daemon counts as one that answers."""

import pytest

from exporter.hypervisor.calls import CallLog
from exporter.hypervisor.errors import CallFailed, ConnectFailed, ConnectionLost, HypervisorError
from exporter.hypervisor.pulse import keepalive


def _answered(error: HypervisorError) -> bool:
    log = CallLog()
    with pytest.raises(type(error)), log.watched("getLibVersion", 10, lambda: None):
        raise error
    return log.answered > 0


@pytest.mark.parametrize("kind", [ConnectFailed, ConnectionLost])
def test_a_call_that_is_given_up_is_no_answer(kind: type[HypervisorError]) -> None:
    """A daemon that hangs does not seem to answer because its connections are ended."""
    assert not _answered(kind("ask", "no answer before its deadline"))


def test_an_error_is_an_answer() -> None:
    """Whoever refuses is there."""
    assert _answered(CallFailed("ask", "internal error"))


@pytest.mark.parametrize("interval", [3.0, 4.5, 6.0, 15.0, 60.0])
def test_keepalive_ends_calls_within_two_intervals(interval: float) -> None:
    """libvirt ends a connection after three times the seconds it is given."""
    assert 3 * keepalive(interval) <= 2 * interval
