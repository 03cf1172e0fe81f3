"""From the TLS part of the web configuration to a context for handshakes."""

import os
import ssl
import warnings
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import cast

from attrs import frozen

from exporter.web.certificate import not_after
from exporter.web.structure import SECRET, RefusedError
from exporter.web.tlsnames import CURVES, SUITES, SUITES_TLS13, VERSIONS
from exporter.web.webconfig import TLSServerConfig

_VERIFYING = {
    "RequireClientCert": ssl.CERT_REQUIRED,
    "RequireAnyClientCert": ssl.CERT_REQUIRED,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
}


@frozen
class TLS:
    """A context, the names clients may have (none: any), and the Unix time at which the certificate ends."""

    context: ssl.SSLContext
    allowed_sans: frozenset[str]
    expires: float

    def allows(self, peer: ssl.SSLObject) -> bool:
        """Whether the client of a finished handshake has an allowed name; none without a certificate."""
        if not self.allowed_sans:
            return True
        certificate = peer.getpeercert() or {}
        names = cast(tuple[tuple[str, str], ...], certificate.get("subjectAltName", ()))
        return any(_spelled(name) in self.allowed_sans for _, name in names)


def build_tls(config: TLSServerConfig, folder: Path) -> TLS | None:
    """The context a configuration asks for, None if it asks for no TLS; raises RefusedError.

    Everything is as strict as asked or stricter: a required client certificate is always verified, and of
    several curves only the first is used, for want of more in Python's ssl module.
    """
    if config == TLSServerConfig():
        return None
    certificate = _material(config, "cert", folder)
    key = _material(config, "key", folder)
    if not certificate:
        raise RefusedError("tls_server_config.cert_file", "missing", "one of cert and cert_file")
    if not key:
        raise RefusedError("tls_server_config.key_file", "missing", "one of key and key_file")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    _set_versions(context, config)
    _set_suites(context, config.cipher_suites)
    _set_curves(context, config.curve_preferences)
    if not config.prefer_server_cipher_suites:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    try:
        expires = not_after(certificate)
    except ValueError as error:
        shown = config.cert_file or SECRET
        raise RefusedError("tls_server_config.cert_file", shown, f"a certificate in PEM form: {error}") from error
    _load(context, config, certificate, key)
    _set_clients(context, config, folder)
    return TLS(context, frozenset(map(_spelled, config.client_allowed_sans)), expires)


def _material(config: TLSServerConfig, name: str, folder: Path) -> str:
    """PEM text written into the configuration, or that of the file named there; empty without either.

    Comments around it may be in any language: they become question marks, as the ssl module takes ASCII alone.
    """
    inline: str = getattr(config, name)
    named: str = getattr(config, f"{name}_file")
    key = f"tls_server_config.{name}_file"
    if inline and named:
        raise RefusedError(key, named, f"only one of {name} and {name}_file")
    if not named:
        return inline.encode("ascii", "replace").decode()
    file = folder / named
    try:
        return file.read_bytes().decode("utf-8", "replace").encode("ascii", "replace").decode()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "a path without zero bytes"
        raise RefusedError(key, file, f"a readable file in PEM form: {reason}") from error


def _spelled(name: str) -> str:
    """A name as it is compared: OpenSSL and people write the same IPv6 address in different ways."""
    try:
        return ip_address(name).compressed
    except ValueError:
        return name


def _load(context: ssl.SSLContext, config: TLSServerConfig, certificate: str, key: str) -> None:
    # The ssl module loads from files only: this one lives in memory, and no inline key touches a disk.
    descriptor = os.memfd_create("certificate", os.MFD_CLOEXEC)
    try:
        with open(descriptor, "wb", closefd=False) as file:
            file.write(f"{key}\n{certificate}\n".encode("ascii"))
        context.load_cert_chain(f"/proc/self/fd/{descriptor}", password=_no_password)
    except (OSError, ValueError) as error:
        shown = config.key_file or SECRET
        reason = getattr(error, "reason", None) or str(error)
        allowed = f"the unencrypted key of the certificate, in PEM form: {reason}"
        raise RefusedError("tls_server_config.key_file", shown, allowed) from error
    finally:
        os.close(descriptor)


def _no_password() -> str:
    raise ValueError("the key is encrypted")


def _set_versions(context: ssl.SSLContext, config: TLSServerConfig) -> None:
    lowest, highest = VERSIONS[config.min_version], VERSIONS[config.max_version]
    if lowest > highest:
        raise RefusedError("tls_server_config.max_version", config.max_version, f"{config.min_version} or newer")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # old versions are the user's own wish
        context.minimum_version = lowest
        context.maximum_version = highest


def _set_suites(context: ssl.SSLContext, suites: Sequence[str]) -> None:
    for suite in suites:
        if suite not in SUITES and suite not in SUITES_TLS13:
            allowed = ", ".join((*SUITES_TLS13, *SUITES))
            raise RefusedError("tls_server_config.cipher_suites", suite, f"some of {allowed}")
    old = [SUITES[suite] for suite in suites if suite in SUITES]
    if old:
        context.set_ciphers(":".join(old))
    elif suites:
        context.minimum_version = ssl.TLSVersion.TLSv1_3


def _set_curves(context: ssl.SSLContext, curves: Sequence[str]) -> None:
    for curve in curves:
        if curve not in CURVES:
            raise RefusedError("tls_server_config.curve_preferences", curve, f"some of {', '.join(CURVES)}")
    if curves:
        context.set_ecdh_curve(CURVES[curves[0]])


def _set_clients(context: ssl.SSLContext, config: TLSServerConfig, folder: Path) -> None:
    authority = _material(config, "client_ca", folder)
    asked: str = config.client_auth_type or "missing"
    mode = _VERIFYING.get(asked)
    if mode is None:
        if config.client_allowed_sans or (authority and asked != "RequestClientCert"):
            beside = "client_allowed_sans" if config.client_allowed_sans else "a client CA"
            allowed = f"RequireAndVerifyClientCert or VerifyClientCertIfGiven beside {beside}"
            raise RefusedError("tls_server_config.client_auth_type", asked, allowed)
        return
    if not authority:
        raise RefusedError("tls_server_config.client_ca_file", "missing", f"a CA: {asked} verifies here")
    try:
        context.load_verify_locations(cadata=authority)
    except ssl.SSLError as error:
        named = config.client_ca_file or SECRET
        raise RefusedError("tls_server_config.client_ca_file", named, "certificates in PEM form") from error
    context.verify_mode = mode
