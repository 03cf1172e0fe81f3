"""Every option, declared once: flags, environment, file keys and documentation follow from here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, NamedTuple, NewType, Protocol

from exporter.configuration.durations import StaleAfter

Seconds = NewType("Seconds", float)
Interval = NewType("Interval", float)
Count = NewType("Count", int)
CountOrZero = NewType("CountOrZero", int)
Text = NewType("Text", str)
Uri = NewType("Uri", str)
ListenAddress = NewType("ListenAddress", str)
UrlPath = NewType("UrlPath", str)
ExternalUrl = NewType("ExternalUrl", str)
LabelName = NewType("LabelName", str)
HostName = NewType("HostName", str)
Level = Literal["debug", "info", "warning", "error"]
Format = Literal["logfmt", "json", "console"]

PINNED = ("connection", "exporter")
ENVIRONMENT = "LIBVIRT_EXPORTER_"


class CollectorInfo(Protocol):
    """What a collector says of itself that makes its flags."""

    @property
    def name(self) -> str: ...
    @property
    def default(self) -> bool: ...
    @property
    def interval(self) -> float: ...
    @property
    def help(self) -> str: ...


class Option(NamedTuple):
    """One setting; `default` is written as a user would write it, None means not set."""

    name: str
    type: object
    default: str | bool | None
    metavar: str
    group: str
    help: str
    per_host: bool = False
    file_only: bool = False
    file_key: str = ""

    @property
    def flag(self) -> str:
        """The flag on the command line, without a value."""
        return f"--{self.name}"

    @property
    def variable(self) -> str:
        """The environment variable."""
        return ENVIRONMENT + re.sub(r"[.-]", "_", self.name).upper()

    @property
    def key(self) -> str:
        """Where it stands in the configuration file, nested at the dots."""
        return self.file_key or self.name


class Mode(NamedTuple):
    """A flag that does one thing and ends, instead of serving."""

    name: str
    metavar: str
    help: str


MODES = (
    Mode("once", "", "Collect once, print the exposition, end: to look at metrics without a server."),
    Mode("check", "", "Say what this host and connection can give: when something is missing."),
    Mode("list-metrics", "", "Print every metric declared, as TSV."),
    Mode("install-assets", "DIR", "Write alert rules, dashboards and units into DIR."),
    Mode("healthcheck", "", "Ask the running agent whether it lives: for container engines."),
    Mode("version", "", "Print the version."),
    Mode("help", "", "Print this text."),
)


def _filter(name: str, things: str) -> tuple[Option, Option]:
    kind, unset = re.Pattern[str], None
    return (
        Option(f"{name}.include", kind, unset, "REGEX", "filters", f"Only these {things}.", per_host=True),
        Option(f"{name}.exclude", kind, unset, "REGEX", "filters", f"Not these {things}.", per_host=True),
    )


GROUPS = {
    "libvirt": "Connection",
    "collectors": "Collectors",
    "filters": "Filters (regular expressions for the whole name; exclude wins over include)",
    "metadata": "Metadata of guests (in the file only)",
    "page": "Page",
    "web": "Web",
    "log": "Log",
    "config": "Configuration",
}

_TABLE = (
    Option("libvirt.uri", Uri, "qemu:///system", "URI", "libvirt",
           "Which libvirt to watch. Change it for another driver or a remote host.",
           per_host=True, file_key="libvirt.uri"),
    Option("demo", bool, False, "", "libvirt",
           "Serve the embedded demo host instead: to try things out without guests."),
    Option("libvirt.username", Text, None, "NAME", "libvirt",
           "Name for SASL. Set it when the daemon asks for one.", per_host=True),
    Option("libvirt.password-file", Path, None, "FILE", "libvirt",
           "File that holds the SASL password on its first line. Set it with the name.", per_host=True),
    Option("libvirt.agent-uri", Uri, None, "URI", "libvirt",
           "Second connection, with write access, for the collector domain_agent alone: "
           "libvirt refuses guest agent questions to a read-only one.", per_host=True),
    Option("libvirt.workers", Count, "4", "N", "libvirt",
           "Connections that ask side by side. Lower it to spare the daemon, raise it for many guests.",
           per_host=True),
    Option("libvirt.shard-size", Count, None, "N", "libvirt",
           "Most guests in one bulk call, chosen by itself if unset. Lower it where guests hang often.",
           per_host=True),
    Option("libvirt.deadline", Interval, None, "DURATION", "libvirt",
           "How long one call may take before it is given up; one interval if unset. Raise it on slow hosts.",
           per_host=True),
    Option("libvirt.max-set-aside", Count, "8", "N", "libvirt",
           "Hung guests at which no monitor is entered any more. Raise it with the daemon's max_workers.",
           per_host=True),
    Option("collector.disable-defaults", bool, False, "", "collectors",
           "Switch all off but those named. Use it to pay only for what you look at.", per_host=True),
    Option("collector.storage_volume.limit", Count, "10000", "N", "collectors",
           "Volumes shown of one pool at most. Raise it for pools that hold more.", per_host=True),
    *_filter("domain", "guests"),
    *_filter("disk", "disks, by target device"),
    *_filter("interface", "interfaces of guests, by target device"),
    *_filter("storage-pool", "storage pools"),
    *_filter("volume", "volumes of storage pools"),
    *_filter("network", "networks"),
    Option("metadata.namespaces", dict[str, Text], None, "PREFIX: URI", "metadata",
           "Namespaces that the XPaths name by prefix; nova, ovirt-vm, kubevirt and libosinfo are known.",
           per_host=True, file_only=True),
    Option("metadata.labels", dict[LabelName, Text], None, "LABEL: XPATH", "metadata",
           "Labels of libvirt_domain_metadata_info, each from the guest's XML, below the domain element.",
           per_host=True, file_only=True),
    Option("domain.metadata.include", dict[str, re.Pattern[str]], None, "XPATH: REGEX", "metadata",
           "Show only guests where each of these values matches.", per_host=True, file_only=True),
    Option("domain.metadata.exclude", dict[str, re.Pattern[str]], None, "XPATH: REGEX", "metadata",
           "Leave out guests where one of these values matches; wins over include.",
           per_host=True, file_only=True),
    Option("stale.after", StaleAfter, "3x", "AGE", "page",
           "Age at which figures leave the page: intervals (3x) or a duration, two intervals at least. "
           "Raise it to bridge longer gaps.", per_host=True),
    Option("series.limit", Count, "1000000", "N", "page",
           "Series of one collector at most; what is above is cut, counted and logged. "
           "Lower it to protect a small Prometheus.", per_host=True),
    Option("event.retention", Seconds, "10m", "DURATION", "page",
           "How long the event counters of a guest that is gone stay. "
           "Raise it above the scrape interval times three.", per_host=True),
    Option("web.listen-address", tuple[ListenAddress, ...], ":9177", "ADDRESS", "web",
           "Where to listen: :PORT (IPv4 and IPv6), HOST:PORT, [IPv6]:PORT or unix:/PATH (the units may write in "
           "/run/libvirt-exporter/ alone). May be repeated."),
    Option("web.telemetry-path", UrlPath, "/metrics", "PATH", "web",
           "Where the metrics are. Change it when a proxy expects them elsewhere."),
    Option("web.config.file", Path, None, "FILE", "web",
           "TLS, passwords and limits, in the format Prometheus exporters share. "
           "Set it whenever others reach the port. A client certificate is always verified: "
           "RequireAnyClientCert needs a client_ca_file as well."),
    Option("web.systemd-socket", bool, False, "", "web",
           "Listen on the socket that systemd hands over, instead of an address."),
    Option("web.external-url", ExternalUrl, None, "URL", "web",
           "Address under which others reach the agent. Set it behind a reverse proxy."),
    Option("web.route-prefix", UrlPath, None, "PATH", "web",
           "Prefix of all paths, that of the external URL if unset. Set / when the proxy strips it."),
    Option("web.max-requests", CountOrZero, "40", "N", "web",
           "Requests answered at once; more wait a second, then get 503. 0 sets no limit."),
    Option("log.level", Level, "info", "LEVEL", "log",
           "debug, info, warning or error. Set debug to see each collection."),
    Option("log.format", Format, None, "FORMAT", "log",
           "logfmt, json or console; unset: console on a terminal, else logfmt."),
    Option("log.addresses", bool, False, "", "log",
           "Show addresses and names of people in the log and the API. Off to keep them private."),
    Option("config.file", Path, None, "FILE", "config",
           "YAML file with all of these, nested at the dots, and with hosts. Needed for several hosts."),
)  # fmt: skip


def options(collectors: Iterable[CollectorInfo]) -> dict[str, Option]:
    """All options by name, those that follow from the collectors included."""
    found = {option.name: option for option in _TABLE}
    for info in collectors:
        name = f"collector.{info.name}"
        found[name] = Option(name, bool, None, "", "collectors", info.help, per_host=True, file_key=f"{name}.enabled")
        found[f"{name}.interval"] = Option(
            f"{name}.interval", Interval, None, "DURATION", "collectors", "", per_host=True
        )
    return found
