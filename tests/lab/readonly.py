"""What a monitoring client sees: figures read through the read-only socket."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import libvirt


@contextmanager
def readonly(uri: str) -> Iterator[Any]:
    """Open a read-only connection for the time of a block."""
    connection = libvirt.openReadOnly(uri)
    try:
        yield connection
    finally:
        connection.close()


def bulk_stats(uri: str) -> dict[str, dict[str, Any]]:
    """The flat bulk statistics of every guest by name, in libvirt's own units."""
    with readonly(uri) as connection:
        return {domain.name(): record for domain, record in connection.getAllDomainStats(0)}
