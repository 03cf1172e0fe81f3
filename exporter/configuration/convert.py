"""Raw values of flags, variables and YAML into typed ones.

What cannot be is a ValueError whose text says what is allowed.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

from cattrs import Converter

from exporter.configuration.durations import DURATION, StaleAfter, parse_duration
from exporter.configuration.options import (
    Count,
    CountOrZero,
    ExternalUrl,
    Format,
    HostName,
    Interval,
    LabelName,
    Level,
    ListenAddress,
    Seconds,
    Text,
    Uri,
    UrlPath,
)
from exporter.configuration.uri import parse_uri
from exporter.filters import parse_pattern

_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})
_SHORTEST_INTERVAL = 0.1
_LARGEST_COUNT = 1_000_000_000
_ADDRESS = re.compile(r"(?:\[(?P<v6>[0-9a-fA-F:.]+(?:%[\w.-]+)?)\]|(?P<host>[\w.*-]*)):(?P<port>\d{1,5})", re.ASCII)


def _bool(raw: object) -> bool:
    word = str(raw).lower()
    if word not in _TRUE | _FALSE:
        raise ValueError("true or false")
    return word in _TRUE


def _count(raw: object, least: int) -> int:
    text = "" if isinstance(raw, bool) else str(raw)
    if not re.fullmatch(r"\d{1,10}", text, re.ASCII) or not least <= int(text) <= _LARGEST_COUNT:
        raise ValueError(f"a whole number from {least} to {_LARGEST_COUNT}")
    return int(text)


def _interval(raw: object) -> Interval:
    seconds = parse_duration(raw)
    if seconds < _SHORTEST_INTERVAL:
        raise ValueError(f"{DURATION}, at least 100ms")
    return Interval(seconds)


def _text(raw: object) -> Text:
    if not isinstance(raw, str) or not raw:
        raise ValueError("a text, in quotes where YAML reads something else")
    return Text(raw)


def _path(raw: object) -> Path:
    if not isinstance(raw, str) or not raw or "\0" in raw:
        raise ValueError("the path of a file")
    return Path(raw)


def _listen_address(raw: object) -> ListenAddress:
    allowed = "an address such as :9177, 127.0.0.1:9177, [::1]:9177 or unix:/run/libvirt-exporter/web.sock"
    if not isinstance(raw, str):
        raise ValueError(allowed)
    if raw.startswith("unix:"):
        if not raw.startswith("unix:/") or raw.endswith("/") or "\0" in raw:
            raise ValueError(allowed)
    elif not (found := _ADDRESS.fullmatch(raw)) or int(found["port"]) > 65535:
        raise ValueError(allowed)
    return ListenAddress(raw)


def _url_path(raw: object) -> UrlPath:
    if not isinstance(raw, str) or not re.fullmatch(r"/(?!/)[\w.~/-]*", raw, re.ASCII):
        raise ValueError("a path that starts with /, of letters, digits and . _ ~ -")
    return UrlPath(raw)


def _external_url(raw: object) -> ExternalUrl:
    allowed = "an address such as https://monitor.example.org/libvirt, without a password or a query"
    try:
        parts = urlsplit(_text(raw))
        whole = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError as error:
        raise ValueError(allowed) from error
    if not whole or parts.username is not None or parts.query or parts.fragment or not str(raw).isprintable():
        raise ValueError(allowed)
    _url_path(parts.path or "/")
    return ExternalUrl(str(raw))


def _label_name(raw: object) -> LabelName:
    if not isinstance(raw, str) or not re.fullmatch(r"(?!__)[a-zA-Z_][a-zA-Z0-9_]*", raw):
        raise ValueError("a label name: letters, digits and _, no digit first, not __ first")
    return LabelName(raw)


def _host_name(raw: object) -> HostName:
    if not isinstance(raw, str) or not re.fullmatch(r"[\w.:@-]{1,128}", raw):
        raise ValueError("a name of letters, digits and . _ : @ -, in quotes where YAML reads something else")
    return HostName(raw)


def _level(raw: object) -> str:
    word = "warning" if raw == "warn" else raw
    if word not in get_args(Level):
        raise ValueError("one of " + ", ".join(get_args(Level)))
    return str(word)


def _format(raw: object) -> str:
    if raw not in get_args(Format):
        raise ValueError("one of " + ", ".join(get_args(Format)))
    return str(raw)


def _parse(parse: Callable[[object], object], raw: object, _: object) -> object:
    return parse(raw)


def _converter() -> Converter:
    converter = Converter(detailed_validation=False)
    parsers: dict[object, Callable[[object], object]] = {
        bool: _bool, Count: partial(_count, least=1), CountOrZero: partial(_count, least=0),
        Interval: _interval, Seconds: parse_duration, Text: _text, Path: _path,
        Uri: parse_uri, ListenAddress: _listen_address, UrlPath: _url_path, ExternalUrl: _external_url,
        LabelName: _label_name, HostName: _host_name, Level: _level, Format: _format,
        StaleAfter: StaleAfter.parse, re.Pattern[str]: parse_pattern,
    }  # fmt: skip
    for kind, parse in parsers.items():
        hook = partial(_parse, parse)
        if isinstance(kind, type):
            converter.register_structure_hook(kind, hook)
        else:
            converter.register_structure_hook_func(partial(operator.eq, kind), hook)
    return converter


_CONVERTER = _converter()


def convert(raw: object, kind: Any) -> Any:
    """The value as this type; ValueError says what is allowed."""
    return _CONVERTER.structure(raw, kind)
