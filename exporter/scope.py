"""What reads about pools and networks must know beside the connection, so that nothing is asked in vain."""

from dataclasses import dataclass, field

from exporter.clock import CLOCK, Clock
from exporter.filters import Filters


@dataclass(frozen=True)
class Scope:
    """The filters on names, how many volumes of one pool are shown at most, and the clock that ends leases."""

    filters: Filters = field(default_factory=Filters)
    volume_limit: int = 10_000
    clock: Clock = CLOCK
