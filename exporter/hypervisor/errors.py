"""libvirt's errors as ours: translated here and nowhere else.

HypervisorError
├── ConnectFailed     a connection could not be opened
├── ConnectionLost    the connection ended, or there is none
│   └── Abandoned     we ended it, because a call missed its deadline
├── NotSupported      this driver, daemon or connection does not give that
├── NotFound          the guest, pool, network or device is gone
│   └── NotActive     it is there and off, or has just stopped
└── CallFailed        anything else libvirt said
"""

import libvirt

from exporter.errors import ExporterError
from exporter.hypervisor.enums import names
from exporter.hypervisor.lasterror import kept

# WARNING and ERROR are levels of severity, whose numbers are also those of codes.
_CODES = names("VIR_ERR_") | {libvirt.VIR_ERR_INTERNAL_ERROR: "internal_error", libvirt.VIR_ERR_NO_MEMORY: "no_memory"}
_DOMAINS = names("VIR_FROM_")

_NOT_SUPPORTED = {
    libvirt.VIR_ERR_NO_SUPPORT,
    libvirt.VIR_ERR_OPERATION_DENIED,
    libvirt.VIR_ERR_OPERATION_UNSUPPORTED,
    libvirt.VIR_ERR_ARGUMENT_UNSUPPORTED,
    libvirt.VIR_ERR_CONFIG_UNSUPPORTED,
    libvirt.VIR_ERR_NO_CONNECT,
}
_EVERYWHERE = {
    libvirt.VIR_ERR_NO_SUPPORT,
    libvirt.VIR_ERR_OPERATION_DENIED,
    libvirt.VIR_ERR_ARGUMENT_UNSUPPORTED,
    libvirt.VIR_ERR_NO_CONNECT,
}
_NOT_FOUND = {
    libvirt.VIR_ERR_NO_DOMAIN,
    libvirt.VIR_ERR_NO_STORAGE_POOL,
    libvirt.VIR_ERR_NO_STORAGE_VOL,
    libvirt.VIR_ERR_NO_NETWORK,
    libvirt.VIR_ERR_NO_INTERFACE,
    libvirt.VIR_ERR_NO_NODE_DEVICE,
    libvirt.VIR_ERR_NO_SECRET,
    libvirt.VIR_ERR_NO_NWFILTER,
}


class HypervisorError(ExporterError):
    """A call to libvirt did not give what it should.

    `attempted` says what was tried and on what, `code` and `domain` are libvirt's names in lower case, such as
    `operation_timeout` and `qemu`.
    """

    def __init__(self, attempted: str, reason: str, code: str = "", domain: str = "") -> None:
        self.attempted = attempted
        self.reason = reason
        self.code = code
        self.domain = domain
        super().__init__(f"could not {attempted}: {reason}")


class ConnectFailed(HypervisorError):
    """A connection could not be opened."""


class ConnectionLost(HypervisorError):
    """The connection ended before the call did, or there is none."""


class Abandoned(ConnectionLost):
    """The call missed its deadline, so its connection was shut down."""


class NotSupported(HypervisorError):
    """This driver, daemon or connection does not give that, or one thing does not.

    `everywhere` says that no other thing of the host gives it either, until the next reconnect.
    """

    everywhere = True


class NotFound(HypervisorError):
    """What was asked about is gone."""


class NotActive(NotFound):
    """What was asked about is there and does not run, so it has nothing to say."""


class CallFailed(HypervisorError):
    """libvirt answered with an error that says nothing about the connection."""


def translate(error: libvirt.libvirtError, attempted: str, *, abandoned: bool = False) -> HypervisorError:
    """The error of ours that a libvirt error means, after `attempted` ("read block statistics of domain 'web-1'")."""
    if error.err is None:
        error.err = kept()
    number = error.get_error_code()
    origin = error.get_error_domain()
    details = (attempted, _last_line(error.get_error_message() or str(error)), _CODES.get(number, "unknown"))
    domain = _DOMAINS.get(origin, "unknown")
    if abandoned:
        return Abandoned(attempted, "no answer before its deadline", details[2], domain)
    # Before the origin: that a daemon is too old for a call is said by RPC as well.
    if number in _NOT_SUPPORTED:
        refused = NotSupported(*details, domain)
        refused.everywhere = number in _EVERYWHERE
        return refused
    # A remote end that closes the connection speaks from RPC; the same code from QEMU is one guest's monitor. What RPC
    # calls an error of its own is a message that is too large.
    if number == libvirt.VIR_ERR_INVALID_CONN or (origin == libvirt.VIR_FROM_RPC and number != libvirt.VIR_ERR_RPC):
        return ConnectionLost(*details, domain)
    if number == libvirt.VIR_ERR_OPERATION_INVALID:
        return NotActive(*details, domain)
    if number in _NOT_FOUND:
        return NotFound(*details, domain)
    return CallFailed(*details, domain)


def _last_line(message: str) -> str:
    """libvirt hands on all that ssh said; its last line is the reason, what stands before is advice for a person."""
    return next((line for line in reversed(message.splitlines()) if line.strip()), message)
