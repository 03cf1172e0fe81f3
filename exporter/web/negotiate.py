"""Which form of a page a client wants: content negotiation with q-values.

Only versions on our own list are answered with; nothing a client asks is copied into a header unchecked.
"""

from collections.abc import Mapping
from functools import lru_cache

from attrs import frozen

from exporter.web.site import Form

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"

# Every name on our pages is valid under each of them, so nothing needs escaping and any may be promised.
ESCAPINGS = frozenset({"allow-utf-8", "underscores", "dots", "values"})
FALLBACK_ESCAPING = "underscores"

_REMEMBERED = 64  # headers; a Prometheus sends the same one for ever

_VERSIONS: dict[Form, frozenset[str]] = {
    "text": frozenset({"0.0.4"}),
    "openmetrics": frozenset({"0.0.1", "1.0.0"}),
}
_MEDIA: dict[str, Form] = {
    "text/plain": "text",
    "text/*": "text",
    "*/*": "text",
    "application/openmetrics-text": "openmetrics",
    "application/*": "openmetrics",
}


@frozen
class Choice:
    """The form to send and the Content-Type that says so."""

    form: Form
    content_type: str


@frozen
class _Item:
    """One element of an Accept or Accept-Encoding header."""

    name: str
    parameters: Mapping[str, str]
    q: float


def _items(header: str) -> list[_Item]:
    items = []
    for element in header.split(","):
        name, *rest = (part.strip() for part in element.split(";"))
        parameters = {}
        for parameter in rest:
            key, _, value = parameter.partition("=")
            parameters[key.strip().lower()] = value.strip().strip('"').lower()
        if name:
            items.append(_Item(name.lower(), parameters, _quality(parameters.pop("q", "1"))))
    return items


def _quality(raw: str) -> float:
    """A q-value; one that is no number between 0 and 1 counts as not acceptable."""
    try:
        q = float(raw)
    except ValueError:
        return 0.0
    return q if 0.0 <= q <= 1.0 else 0.0


@lru_cache(_REMEMBERED)
def choose_form(accept: str | None) -> Choice:
    """The form with the highest q, the earlier of equals; text 0.0.4 if nothing fits."""
    best: tuple[float, Form, _Item] | None = None
    for item in _items(accept or ""):
        form = _MEDIA.get(item.name)
        if form is None or item.q == 0.0:
            continue
        version = item.parameters.get("version")
        if version is not None and version not in _VERSIONS[form]:
            continue
        if best is None or item.q > best[0]:
            best = (item.q, form, item)
    if best is None or best[1] == "text":
        return Choice("text", TEXT)
    return Choice("openmetrics", OPENMETRICS + _escaping(best[2].parameters.get("escaping")))


def _escaping(asked: str | None) -> str:
    if asked is None:
        return ""
    return f"; escaping={asked if asked in ESCAPINGS else FALLBACK_ESCAPING}"


@lru_cache(_REMEMBERED)
def accepts_gzip(accept_encoding: str | None) -> bool:
    """Whether gzip is acceptable, and not less welcome than the plain form where that is named."""
    wanted = {item.name: item.q for item in _items(accept_encoding or "")}
    gzip = wanted.get("gzip", wanted.get("x-gzip", wanted.get("*", 0.0)))
    return gzip > 0.0 and gzip >= wanted.get("identity", 0.0)
