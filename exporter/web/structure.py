"""From what YAML gives to typed classes, strictly, with the first thing that is wrong named."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar, get_args, get_origin

from attrs import fields, has
from cattrs import AttributeValidationNote, Converter
from cattrs.errors import BaseValidationError, ForbiddenExtraKeysError
from cattrs.gen import make_dict_structure_fn

from exporter.errors import ExporterError

T = TypeVar("T")

SECRET = "(not shown)"  # noqa: S105 - what is printed in place of one
_SECRET_KEYS = frozenset({"cert", "key", "client_ca"})
_NAMES = {str: "text", bool: "true or false", int: "a whole number"}


class RefusedError(ExporterError):
    """A value that is not allowed, where it stands, and what is allowed instead."""

    def __init__(self, key: str, shown: object, allowed: str) -> None:
        self.key = key
        self.shown = shown
        self.allowed = allowed
        super().__init__(key, shown, allowed)


class _MismatchError(ValueError):
    def __init__(self, value: object, allowed: str, inside: tuple[str, ...] = ()) -> None:
        self.value = value
        self.inside = inside
        self.allowed = allowed
        super().__init__(allowed)


def structure(raw: object, kind: type[T]) -> T:
    """An object of the attrs class `kind`, with nothing converted; raises RefusedError."""
    try:
        return _CONVERTER.structure(_without_empty(raw), kind)
    except (_MismatchError, BaseValidationError) as error:
        raise _first(error, ()) from error


def _without_empty(raw: object) -> object:
    """A key without a value is the same as no key."""
    if isinstance(raw, dict):
        return {key: _without_empty(value) for key, value in raw.items() if value is not None}
    return raw


def _first(error: BaseException, path: tuple[str, ...]) -> RefusedError:
    for note in getattr(error, "__notes__", ()):
        if isinstance(note, AttributeValidationNote):
            path = (*path, note.name)
    if isinstance(error, ForbiddenExtraKeysError):
        name = min(map(str, error.extra_fields))  # YAML has names that are no text, such as 1 and on
        known = ", ".join(attribute.name for attribute in fields(error.cl))
        return RefusedError(".".join((*path, name)), "unknown key", f"only {known}")
    if isinstance(error, BaseExceptionGroup):
        return _first(error.exceptions[0], path)
    if not isinstance(error, _MismatchError):
        raise error
    path = (*path, *error.inside)
    hidden = (path and path[-1] in _SECRET_KEYS) or path[:1] == ("basic_auth_users",)
    return RefusedError(".".join(path) or "(file)", SECRET if hidden else repr(error.value), error.allowed)


def _exactly(kind: type) -> Callable[[Any, Any], Any]:
    def hook(value: Any, _: Any) -> Any:
        if type(value) is not kind:
            raise _MismatchError(value, _NAMES[kind])
        return value

    return hook


def _is_literal(kind: Any) -> bool:
    origin: object = get_origin(kind)
    return origin is Literal


def _literal(value: Any, kind: Any) -> Any:
    allowed = get_args(kind)
    if value not in allowed:
        raise _MismatchError(value, f"one of {', '.join(name for name in allowed if name)}")
    return value


def _union(value: Any, kind: Any) -> Any:
    for option in get_args(kind):
        if type(value) is option:
            return value
    raise _MismatchError(value, " or ".join(_NAMES[option] for option in get_args(kind)))


def _shaped(shape: type, words: str, inner: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def hook(value: Any, kind: Any) -> Any:
        if not isinstance(value, shape):
            raise _MismatchError(value, words)
        return inner(value, kind)

    return hook


def _texts(value: Any, _: Any) -> tuple[str, ...]:
    for item in value:
        if type(item) is not str:
            raise _MismatchError(item, "a list of text")
    return tuple(value)


def _pairs(value: Any, _: Any) -> Mapping[str, str]:
    for key, item in value.items():
        if type(key) is not str or type(item) is not str:
            raise _MismatchError(item, "a text for each name", (str(key),))
    return dict(value)


def _converter() -> Converter:
    converter = Converter(forbid_extra_keys=True)
    for kind in (str, bool, int):
        converter.register_structure_hook(kind, _exactly(kind))
    converter.register_structure_hook_func(_is_literal, _literal)
    converter.register_structure_hook_func(lambda kind: kind == str | int, _union)
    converter.register_structure_hook_func(lambda kind: kind == tuple[str, ...], _shaped(list, "a list", _texts))
    converter.register_structure_hook_func(
        lambda kind: kind == Mapping[str, str], _shaped(dict, "names with values", _pairs)
    )
    converter.register_structure_hook_factory(
        has, lambda kind: _shaped(dict, "keys with values", make_dict_structure_fn(kind, converter))
    )
    return converter


_CONVERTER = _converter()
