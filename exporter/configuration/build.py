"""From flags, environment and file to settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from exporter.configuration.convert import convert
from exporter.configuration.file import HOST_KEYS, ConfigFile, HostEntry, read_config_file, show
from exporter.configuration.hosts import build_host
from exporter.configuration.options import CollectorInfo, HostName, LabelName, Option, Text, options
from exporter.configuration.sources import Layer, Values, read_environment
from exporter.configuration.uri import host_of
from exporter.errors import ConfigError
from exporter.settings import HostSettings, LogSettings, Settings, WebSettings

_DEMO_URI = "test:///default"
_FIXED_PATHS = ("/", "/probe", "/sd/hypervisors", "/sd/guests", "/api/v1/events", "/api/v1/events/stream",
                "/-/healthy", "/-/ready")  # fmt: skip


def build_settings(
    flags: Mapping[str, object], environment: Mapping[str, str], collectors: Sequence[CollectorInfo]
) -> Settings:
    """Reads environment and file, if one is named, and validates everything; errors are ConfigError."""
    known = options(collectors)
    layers = [
        Layer(flags, lambda option: option.flag),
        Layer(read_environment(environment, known), lambda option: option.variable),
    ]
    named = Values(known, layers)
    path = named.get("config.file")
    file = None
    if path is not None:
        file = read_config_file(path, named.key("config.file"), known)
        layers.append(Layer(file.values, lambda option: option.key, path.parent))
    values = Values(known, layers)
    entries = file.hosts if file is not None else None
    if _demo(values, None if entries is None else len(layers) - 1):
        hosts: tuple[HostSettings, ...] = (build_host(values, collectors, "demo", _DEMO_URI, {}),)
        multi, demo = False, True
    elif file is not None and entries is not None:
        hosts, multi, demo = _hosts(file, entries, known, layers, collectors), True, False
    else:
        uri = values.get("libvirt.uri")
        hosts = (build_host(values, collectors, host_of(uri) or "local", uri, {}),)
        multi, demo = False, False
    return Settings(
        hosts=hosts,
        multi=multi,
        demo=demo,
        web=_web(values),
        log=LogSettings(values.get("log.level"), values.get("log.format"), values.get("log.addresses")),
        config_file=path,
    )


def _demo(values: Values, rank_of_hosts: int | None) -> bool:
    """Whether the demo host replaces the real ones: the stronger source wins, equal ones are an error."""
    if not values.get("demo"):
        return False
    others = values.rank("libvirt.uri")
    if rank_of_hosts is not None:
        others = min(others, rank_of_hosts)
    if values.rank("demo") == others:
        raise values.error("demo", "true", "not together with libvirt.uri or hosts, whose place the demo host takes")
    return values.rank("demo") < others


def _hosts(
    file: ConfigFile,
    entries: Sequence[HostEntry],
    known: Mapping[str, Option],
    layers: Sequence[Layer],
    collectors: Sequence[CollectorInfo],
) -> tuple[HostSettings, ...]:
    common = Values(known, layers)
    if common.rank("libvirt.uri") < len(layers):
        raise common.error("libvirt.uri", common.get("libvirt.uri"), f"not together with hosts of {file.path}")
    hosts: list[HostSettings] = []
    for entry in entries:
        name = _typed(f"{entry.where}.name", entry.name, HostName)
        if any(host.name == name for host in hosts):
            raise ConfigError(f"{entry.where}.name", name, "each host needs a name of its own")
        if "libvirt.uri" not in entry.values:
            raise ConfigError(f"{entry.where}.uri", "nothing", "the libvirt URI of this host")
        own = Layer(entry.values, _speller(entry.where), file.path.parent)
        values = Values(known, [*layers[:-1], own, layers[-1]])
        hosts.append(build_host(values, collectors, name, values.get("libvirt.uri"), _labels(entry)))
    return tuple(hosts)


def _speller(where: str) -> Any:
    return lambda option: f"{where}.{HOST_KEYS.get(option.name, option.key)}"


def _labels(entry: HostEntry) -> dict[str, str]:
    where = f"{entry.where}.labels"
    if entry.labels is None:
        return {}
    if not isinstance(entry.labels, dict):
        raise ConfigError(where, show(where, entry.labels), "a mapping of LABEL: TEXT")
    return {
        _typed(where, label, LabelName): _typed(f"{where}.{label}", value, Text)
        for label, value in entry.labels.items()
    }


def _typed(key: str, raw: object, kind: Any) -> Any:
    try:
        return convert(raw, kind)
    except ValueError as error:
        raise ConfigError(key, show(key, raw), str(error)) from error


def _web(values: Values) -> WebSettings:
    path = values.get("web.telemetry-path")
    if path in _FIXED_PATHS:
        raise values.error(
            "web.telemetry-path", path, "a path that is not taken, not one of " + ", ".join(_FIXED_PATHS)
        )
    external = values.get("web.external-url")
    prefix = values.get("web.route-prefix") or (urlsplit(external).path if external else "")
    return WebSettings(
        listen_addresses=values.get("web.listen-address"),
        telemetry_path=path,
        config_file=values.get("web.config.file"),
        systemd_socket=values.get("web.systemd-socket"),
        external_url=external,
        route_prefix=prefix.rstrip("/"),
        max_requests=values.get("web.max-requests"),
    )
