"""The web configuration file that Prometheus exporters share: TLS, users, headers, rate limit."""

import re
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from attrs import field, frozen

from exporter.errors import ConfigError
from exporter.web.structure import RefusedError, structure

FLAG = "--web.config.file"

ClientAuth = Literal[
    "",
    "NoClientCert",
    "RequestClientCert",
    "RequireClientCert",
    "RequireAnyClientCert",
    "VerifyClientCertIfGiven",
    "RequireAndVerifyClientCert",
]
Version = Literal["TLS10", "TLS11", "TLS12", "TLS13"]

_BCRYPT = re.compile(r"\$2[aby]\$(0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}

# Header name -> values allowed, none for any.
_HEADERS: dict[str, tuple[str, ...]] = {
    "Content-Security-Policy": (),
    "X-Frame-Options": ("deny", "sameorigin"),
    "X-Content-Type-Options": ("nosniff",),
    "X-XSS-Protection": (),
    "Strict-Transport-Security": (),
}


@frozen
class TLSServerConfig:
    """`tls_server_config`; paths are as written, relative to the file."""

    cert: str = ""
    key: str = ""
    client_ca: str = ""
    cert_file: str = ""
    key_file: str = ""
    client_ca_file: str = ""
    client_auth_type: ClientAuth = ""
    client_allowed_sans: tuple[str, ...] = ()
    min_version: Version = "TLS12"
    max_version: Version = "TLS13"
    cipher_suites: tuple[str, ...] = ()
    prefer_server_cipher_suites: bool = True
    curve_preferences: tuple[str, ...] = ()


@frozen
class HTTPServerConfig:
    """`http_server_config`; http2 is accepted and changes nothing, as we speak HTTP/1.1 only."""

    http2: bool = True
    headers: Mapping[str, str] = field(factory=dict)


@frozen
class RateLimitConfig:
    """`rate_limit`; an interval of 0 is no limit."""

    interval: str | int = 0
    burst: int = 0


@frozen
class WebConfig:
    """The whole file."""

    tls_server_config: TLSServerConfig | None = None
    http_server_config: HTTPServerConfig = field(factory=HTTPServerConfig)
    basic_auth_users: Mapping[str, str] = field(factory=dict)
    rate_limit: RateLimitConfig = field(factory=RateLimitConfig)


class _StrictLoader(yaml.SafeLoader):
    """Refuses a key that stands twice, where YAML would silently take the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"the key {key} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


def read_web_config(path: Path) -> WebConfig:
    """What the file says, validated as far as it can be without the files it names; raises ConfigError."""
    try:
        raw = yaml.load(path.read_bytes(), _StrictLoader)  # noqa: S506 - a safe loader, made stricter
    except OSError as error:
        raise ConfigError(FLAG, path, f"a readable file is needed: {error.strerror}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        # A date that is none is a ValueError, too many brackets are a RecursionError.
        raise ConfigError(FLAG, path, f"YAML is needed: {' '.join(str(error).split())}") from error
    if raw is None:
        return WebConfig()
    try:
        config = structure(raw, WebConfig)
        _check_users(config.basic_auth_users)
        _check_headers(config.http_server_config.headers)
        interval_seconds(config.rate_limit)
    except RefusedError as refused:
        raise ConfigError(f"{FLAG} {path}: {refused.key}", refused.shown, refused.allowed) from refused
    except RecursionError as error:
        raise ConfigError(FLAG, path, "nothing may be inside itself") from error
    return config


def interval_seconds(limit: RateLimitConfig) -> float:
    """Seconds between two requests; raises RefusedError."""
    text = str(limit.interval)
    if text == "0":
        return 0.0
    parts = _DURATION.findall(text)
    if not parts or "".join(map("".join, parts)) != text:
        raise RefusedError("rate_limit.interval", text, "a duration such as 1s, 500ms or 1m30s, or 0 for no limit")
    if limit.burst < 1:
        raise RefusedError("rate_limit.burst", limit.burst, "a whole number, 1 or more")
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def _check_users(users: Mapping[str, str]) -> None:
    for user, value in users.items():
        key = f"basic_auth_users.{user}"
        if not user.isprintable() or not user or ":" in user:
            raise RefusedError(key, user, "a user name of printable characters, without a colon")
        if not _BCRYPT.fullmatch(value):
            raise RefusedError(key, "(not shown)", "a bcrypt hash, $2a$, $2b$ or $2y$, as htpasswd -nBC 10 gives")


def _check_headers(headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        key = f"http_server_config.headers.{name}"
        if name not in _HEADERS:
            raise RefusedError(key, value, f"only {', '.join(_HEADERS)}")
        allowed = _HEADERS[name]
        if value and allowed and value.lower() not in allowed:
            raise RefusedError(key, value, f"one of {', '.join(allowed)}")
        if not value.isprintable() or not value.isascii():
            raise RefusedError(key, repr(value), "printable ASCII on one line")
