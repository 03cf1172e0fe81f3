"""When a certificate ends, read from its PEM text."""

import ssl
from datetime import UTC, datetime

_SEQUENCE = 0x30
_CONTEXT_0 = 0xA0
_UTC_TIME = 0x17
_GENERALIZED_TIME = 0x18

_FOOTER = "-----END CERTIFICATE-----"


def not_after(pem: str) -> float:
    """Unix time, in seconds, at which the first certificate of a PEM text ends; raises ValueError.

    The ssl module tells this of a peer's certificate only, never of one's own.
    """
    start, end = pem.find("-----BEGIN CERTIFICATE-----"), pem.find(_FOOTER)
    if start < 0 or end < start:
        raise ValueError("no certificate in PEM form")
    try:
        return _not_after(ssl.PEM_cert_to_DER_cert(pem[start : end + len(_FOOTER)]))
    except IndexError as error:
        raise ValueError("certificate is cut off") from error


def _not_after(der: bytes) -> float:
    certificate = _inside(der, 0, _SEQUENCE)
    position = _inside(der, certificate, _SEQUENCE)
    if der[position] == _CONTEXT_0:  # version, absent in version 1
        position = _behind(der, position)
    for _ in range(3):  # serial number, signature algorithm, issuer
        position = _behind(der, position)
    begin = _inside(der, position, _SEQUENCE)
    return _time(der, _behind(der, begin))


def _header(der: bytes, position: int) -> tuple[int, int]:
    """Where the content of the element at `position` starts and ends."""
    length, start = der[position + 1], position + 2
    if length & 0x80:
        count = length & 0x7F
        length = int.from_bytes(der[start : start + count])
        start += count
    return start, start + length


def _inside(der: bytes, position: int, tag: int) -> int:
    if der[position] != tag:
        raise ValueError("not an X.509 certificate")
    return _header(der, position)[0]


def _behind(der: bytes, position: int) -> int:
    return _header(der, position)[1]


def _time(der: bytes, position: int) -> float:
    start, end = _header(der, position)
    text = der[start:end].decode("ascii")
    if der[position] == _UTC_TIME:
        text = ("19" if text >= "5" else "20") + text  # two digits mean 1950 to 2049
    elif der[position] != _GENERALIZED_TIME:
        raise ValueError("not an X.509 certificate")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp()
