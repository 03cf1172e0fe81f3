"""Basic authentication against bcrypt hashes."""

import asyncio
import base64
import binascii
import enum
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import bcrypt

CHALLENGE = 'Basic realm="libvirt-exporter", charset="UTF-8"'

MAX_WAITING = 32
BCRYPT_BYTES = 72  # what bcrypt looks at; some versions of the library refuse more

_NO_DIGEST = b""


class Verdict(enum.Enum):
    """What becomes of a request."""

    GRANTED = enum.auto()
    REFUSED = enum.auto()
    BUSY = enum.auto()


class Users:
    """Checks passwords, one at a time and in a thread, so that guessing costs the others nothing.

    Every check that is not remembered takes the time of the dearest hash, whether the user exists or not.
    """

    def __init__(self, hashes: Mapping[str, str], executor: ThreadPoolExecutor) -> None:
        self._hashes = {user.encode(): value.encode() for user, value in hashes.items()}
        self._executor = executor
        self._highest = max((_cost(value) for value in self._hashes.values()), default=0)
        self._lock = asyncio.Lock()
        self._waiting = 0
        # Of passwords that were right only a keyed digest is kept, in memory.
        self._key = secrets.token_bytes(32)
        self._known: dict[bytes, bytes] = {}

    def known(self, authorization: str | None) -> Verdict | None:
        """The verdict on an Authorization header, None if a hash must be computed for it; without any users everyone is
        granted."""
        if not self._hashes:
            return Verdict.GRANTED
        credentials = _credentials(authorization)
        if credentials is None:
            return Verdict.REFUSED
        user, password = credentials
        if hmac.compare_digest(self._known.get(user, _NO_DIGEST), self._digest(password)):
            return Verdict.GRANTED
        return Verdict.BUSY if self._waiting >= MAX_WAITING else None

    async def check(self, authorization: str | None) -> Verdict:
        """The verdict, whatever it takes."""
        verdict, credentials = self.known(authorization), _credentials(authorization)
        if verdict is not None or credentials is None:
            return verdict or Verdict.REFUSED
        user, password = credentials
        self._waiting += 1
        try:
            async with self._lock:
                loop = asyncio.get_running_loop()
                right = await loop.run_in_executor(self._executor, self._compare, user, password)
        finally:
            self._waiting -= 1
        if not right:
            return Verdict.REFUSED
        self._known[user] = self._digest(password)
        return Verdict.GRANTED

    def _digest(self, password: bytes) -> bytes:
        return hmac.digest(self._key, password, hashlib.sha256)

    def _compare(self, user: bytes, password: bytes) -> bool:
        # bcrypt ends a password at a NUL: nothing behind one may be left out of the comparison.
        password, whole = password.replace(b"\0", b"?")[:BCRYPT_BYTES], b"\0" not in password
        known = self._hashes.get(user)
        right = bcrypt.checkpw(password, known or _fake(self._highest))
        # A cheaper hash is topped up: the costs c, c, c+1, ... highest-1 make one of the highest.
        for cost in range(_cost(known) if known else self._highest, self._highest):
            bcrypt.checkpw(password, _fake(cost))
        return right and known is not None and whole


def _credentials(authorization: str | None) -> tuple[bytes, bytes] | None:
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    user, colon, password = decoded.partition(b":")
    return (user, password) if colon else None


def _cost(bcrypt_hash: bytes) -> int:
    return int(bcrypt_hash[4:6])


def _fake(cost: int) -> bytes:
    """A hash of that cost which no password has."""
    return b"$2b$%02d$%s" % (cost, b"." * 53)
