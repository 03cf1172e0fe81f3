"""The validated configuration, as frozen objects; what cannot be is a ConfigError."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from attrs import field, frozen

from exporter.configuration.durations import StaleAfter
from exporter.errors import ConfigError
from exporter.filters import Filters
from exporter.metadata import MetadataSettings


@frozen
class LogSettings:
    """How the log is written; `format` None means console on a terminal, else logfmt."""

    level: str = "info"
    format: str | None = None
    addresses: bool = False


@frozen
class WebSettings:
    """Where and how the agent answers; `route_prefix` is empty, or starts with a slash and ends without."""

    listen_addresses: tuple[str, ...] = (":9177",)
    telemetry_path: str = "/metrics"
    config_file: Path | None = None
    systemd_socket: bool = False
    external_url: str | None = None
    route_prefix: str = ""
    max_requests: int = 40


@frozen
class HostSettings:
    """One libvirt host; durations in seconds, `collectors` holds the interval of each one that is on."""

    name: str
    uri: str
    username: str | None = None
    password_file: Path | None = None
    agent_uri: str | None = None
    labels: Mapping[str, str] = field(factory=dict)
    workers: int = 4
    shard_size: int | None = None
    deadline: float = 15.0
    max_set_aside: int = 8
    stale_after: StaleAfter = field(factory=lambda: StaleAfter(intervals=3))
    collectors: Mapping[str, float] = field(factory=dict)
    filters: Filters = field(factory=Filters)
    metadata: MetadataSettings = field(factory=MetadataSettings)
    series_limit: int = 1_000_000
    volume_limit: int = 10_000
    event_retention: float = 600.0

    def password(self) -> str:
        """The SASL password, empty without a file for it; ConfigError when the file cannot be read."""
        if self.password_file is None:
            return ""
        try:
            return self.password_file.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
        except OSError as error:
            reason = f"a file that can be read ({error.strerror})"
            raise ConfigError("libvirt.password-file", self.password_file, reason) from error
        except UnicodeDecodeError as error:
            raise ConfigError("libvirt.password-file", self.password_file, "a text in UTF-8") from error


@frozen
class Settings:
    """All of it; `multi` says that the hosts stand in a file and are served at /probe."""

    hosts: tuple[HostSettings, ...]
    multi: bool = False
    demo: bool = False
    web: WebSettings = field(factory=WebSettings)
    log: LogSettings = field(factory=LogSettings)
    config_file: Path | None = None
