"""Who may ask and how often: the web configuration in use, read again when its files change."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import structlog
from attrs import field, frozen

from exporter.errors import ConfigError
from exporter.web.basicauth import Users
from exporter.web.metrics import WebMetrics
from exporter.web.ratelimit import RateLimiter
from exporter.web.structure import RefusedError
from exporter.web.tls import TLS, build_tls
from exporter.web.webconfig import FLAG, TLSServerConfig, WebConfig, interval_seconds, read_web_config

logger = structlog.get_logger()

CHECK_SECONDS = 1.0

_Signature = tuple[tuple[int, int, int] | None, ...]


@frozen
class AccessState:
    """One reading of the configuration."""

    users: Users
    limiter: RateLimiter
    tls: TLS | None = None
    headers: Mapping[str, str] = field(factory=dict)


class Access:
    """Holds the last good reading. Belongs to the thread of the event loop, but for its making."""

    def __init__(self, file: Path | None, metrics: WebMetrics, clock: Callable[[], float] = time.monotonic) -> None:
        """Reads the file; raises ConfigError."""
        self._file = file
        self._metrics = metrics
        self._clock = clock
        self._executor = ThreadPoolExecutor(1, "web-password")
        self._files: tuple[Path, ...] = () if file is None else (file,)
        self._certified = False
        self._state = self._read()
        self._seen = self._signature()
        self._checked = clock()

    def current(self) -> AccessState:
        """What holds now; looks at most once a second whether a file changed."""
        if self._files and self._clock() - self._checked >= CHECK_SECONDS:
            self._checked = self._clock()
            if self._signature() != self._seen:
                self.reload()
        return self._state

    def reload(self) -> None:
        """Read everything again; what cannot be used is logged and counted, and the old reading stays."""
        if self._file is None:
            return
        before, seen = self._files, self._signature()
        try:
            self._state = self._read()
        except ConfigError as error:
            logger.error("web configuration not reloaded, the old one stays", reason=str(error))
            self._metrics.reloads.refused()
            return
        except Exception:
            # A mistake of ours must not cost the connection that happened to notice the new file.
            logger.exception("web configuration not reloaded, the old one stays")
            self._metrics.reloads.refused()
            return
        finally:
            # Of before the reading, so that what changes meanwhile is read once more.
            self._seen = seen if self._files == before else self._signature()
        logger.info("web configuration reloaded", file=str(self._file))

    def close(self) -> None:
        """End the thread that checks passwords."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _read(self) -> AccessState:
        if self._file is None:
            return AccessState(Users({}, self._executor), RateLimiter(0, 0))
        config = read_web_config(self._file)
        # Known before they are read, so that a repaired file is noticed although it never was good.
        self._files = (self._file, *self._named(config))
        try:
            tls = build_tls(config.tls_server_config or TLSServerConfig(), self._file.parent)
        except RefusedError as refused:
            raise ConfigError(f"{FLAG} {self._file}: {refused.key}", refused.shown, refused.allowed) from refused
        if tls is not None:
            self._metrics.certificate_expiry.labels("web").set(tls.expires)
        elif self._certified:
            self._metrics.certificate_expiry.remove("web")
        self._certified = tls is not None
        self._metrics.reloads.read()
        return AccessState(
            Users(config.basic_auth_users, self._executor),
            RateLimiter(interval_seconds(config.rate_limit), config.rate_limit.burst),
            tls,
            {name: value for name, value in config.http_server_config.headers.items() if value},
        )

    def _named(self, config: WebConfig) -> tuple[Path, ...]:
        tls = config.tls_server_config
        if self._file is None or tls is None:
            return ()
        names = (tls.cert_file, tls.key_file, tls.client_ca_file)
        return tuple(self._file.parent / name for name in names if name)

    def _signature(self) -> _Signature:
        return tuple(_stat(file) for file in self._files)


def _stat(file: Path) -> tuple[int, int, int] | None:
    try:
        status = file.stat()
    except (OSError, ValueError):  # no path has a zero byte
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size
