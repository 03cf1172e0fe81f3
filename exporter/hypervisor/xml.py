"""Descriptions of many things, of which some may vanish while they are read."""

from collections.abc import Iterable
from typing import Any
from xml.etree import ElementTree

import structlog

from exporter.hypervisor.connection import Connection
from exporter.hypervisor.errors import ConnectionLost, HypervisorError, NotFound, NotSupported

Element = ElementTree.Element

logger = structlog.get_logger()


def describe(connection: Connection, things: Iterable[Any], kind: str) -> list[Element]:
    """XMLDesc of each thing ("node device"), parsed. What is gone is left out; what fails is logged, counted and left
    out. Raises NotSupported, ConnectionLost."""
    found = []
    for thing in things:
        about = f"{kind} '{thing.name()}'"
        try:
            found.append(ElementTree.fromstring(connection.call(thing.XMLDesc, 0, about=about)))
        except NotFound:
            logger.debug("vanished", thing=about)
        except (ConnectionLost, NotSupported):
            raise
        except (HypervisorError, ElementTree.ParseError) as error:
            connection.failures += 1
            logger.warning("description not read", thing=about, error=str(error))
    return found
