"""Settings of one host out of the values that hold for it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from exporter.configuration.options import PINNED, CollectorInfo
from exporter.configuration.sources import Values
from exporter.errors import ConfigError
from exporter.filters import Filters, NameFilter
from exporter.metadata import NAMESPACES, MetadataMatch, MetadataSettings, XPath
from exporter.settings import HostSettings

_AGENT_COLLECTOR = "domain_agent"
_USUAL_INTERVAL = 15.0


def build_host(
    values: Values, collectors: Sequence[CollectorInfo], name: str, uri: str, labels: Mapping[str, str]
) -> HostSettings:
    """One host; ConfigError where its values do not go together."""
    enabled = _collectors(values, collectors)
    username, password_file = values.get("libvirt.username"), values.get("libvirt.password-file")
    if password_file is not None and username is None:
        raise values.error("libvirt.password-file", password_file, "needs libvirt.username beside it")
    host = HostSettings(
        name=name,
        uri=uri,
        username=username,
        password_file=password_file,
        agent_uri=values.get("libvirt.agent-uri"),
        labels=labels,
        workers=values.get("libvirt.workers"),
        shard_size=values.get("libvirt.shard-size"),
        deadline=values.get("libvirt.deadline") or min(enabled.values(), default=_USUAL_INTERVAL),
        max_set_aside=values.get("libvirt.max-set-aside"),
        stale_after=values.get("stale.after"),
        collectors=enabled,
        filters=Filters(
            domain=_filter(values, "domain"),
            disk=_filter(values, "disk"),
            interface=_filter(values, "interface"),
            storage_pool=_filter(values, "storage-pool"),
            volume=_filter(values, "volume"),
            network=_filter(values, "network"),
        ),
        metadata=_metadata(values),
        series_limit=values.get("series.limit"),
        volume_limit=values.get("collector.storage_volume.limit"),
        event_retention=values.get("event.retention"),
    )
    # Read for the sake of its errors: at start and at a reload, not when a connection breaks one night.
    host.password()
    return host


def _collectors(values: Values, collectors: Sequence[CollectorInfo]) -> dict[str, float]:
    """Interval in seconds of each collector that is on, in the order of the registry."""
    bare = values.get("collector.disable-defaults")
    enabled = {}
    for info in collectors:
        switch = f"collector.{info.name}"
        wanted = values.get(switch)
        interval = values.get(f"{switch}.interval")
        if info.name in PINNED:
            if wanted is False:
                raise values.error(switch, "false", "cannot be switched off, the page cannot be judged without it")
            wanted = True
        if wanted is None:
            wanted = info.default and not bare
        if wanted:
            enabled[info.name] = interval or info.interval
    if _AGENT_COLLECTOR in enabled and values.get("libvirt.agent-uri") is None:
        raise values.error(
            f"collector.{_AGENT_COLLECTOR}",
            "true",
            "needs libvirt.agent-uri, a second connection with write access",
        )
    return enabled


def _filter(values: Values, thing: str) -> NameFilter:
    return NameFilter(values.get(f"{thing}.include"), values.get(f"{thing}.exclude"), thing)


def _metadata(values: Values) -> MetadataSettings:
    namespaces = {**NAMESPACES, **(values.get("metadata.namespaces") or {})}
    labels = values.get("metadata.labels") or {}
    if "domain" in labels:
        raise ConfigError(f"{values.key('metadata.labels')}.domain", labels["domain"], "this label is there already")
    return MetadataSettings(
        namespaces=namespaces,
        labels={
            label: _xpath(f"{values.key('metadata.labels')}.{label}", path, namespaces)
            for label, path in labels.items()
        },
        include=_matches(values, "domain.metadata.include", namespaces),
        exclude=_matches(values, "domain.metadata.exclude", namespaces),
    )


def _matches(values: Values, name: str, namespaces: Mapping[str, str]) -> tuple[MetadataMatch, ...]:
    patterns: dict[str, re.Pattern[str]] = values.get(name) or {}
    key = values.key(name)
    return tuple(MetadataMatch(_xpath(key, path, namespaces), pattern) for path, pattern in patterns.items())


def _xpath(key: str, path: Any, namespaces: Mapping[str, str]) -> XPath:
    try:
        return XPath.parse(path, namespaces)
    except ValueError as error:
        raise ConfigError(key, path, str(error)) from error
