"""What a run of one collector came to."""

from dataclasses import dataclass


@dataclass
class Outcome:
    """Whether the host supports it (else the `reason`), calls and subjects that failed."""

    supported: bool = True
    reason: str = ""
    failures: int = 0
