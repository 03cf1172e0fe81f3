"""Calling a collector so that what it gets wrong costs one subject of it alone."""

from collections.abc import Callable
from typing import Any

from exporter.errors import DeclarationError, ExporterError


class WrongData(ExporterError):
    """A collector could not make samples of what was gathered about one subject."""


def attempt(collect: Callable[..., Any], *arguments: Any) -> Any:
    """What `collect` returns; raises WrongData for data that is not as libvirt documents it."""
    try:
        return collect(*arguments)
    except (DeclarationError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
        raise WrongData(f"{type(error).__name__}: {error}") from error
