"""The exception tree.

ExporterError
├── ConfigError          what a user wrote is wrong: exit code 2
├── ListenError          an address cannot be listened on: exit code 1
├── DeclarationError     a collector gave what its metric does not declare
├── WrongData            a collector could make nothing of one subject (exporter.collection.attempt)
└── HypervisorError      libvirt refused, failed or did not answer (exporter.hypervisor.errors)
"""


class ExporterError(Exception):
    """Everything this program raises on purpose."""


class ConfigError(ExporterError):
    """A flag, environment variable or file holds something that is not allowed; str() is the one line to print."""

    def __init__(self, key: str, value: object, allowed: str) -> None:
        super().__init__(key, value, allowed)
        self.key = key
        self.value = value
        self.allowed = allowed

    def __str__(self) -> str:
        line = f"{self.key}: {self.value}: {self.allowed}"
        # A value may hold anything, and the message must stay one line that a terminal can show.
        return "".join(char if char.isprintable() else repr(char)[1:-1] for char in line)


class ListenError(ExporterError):
    """An address to listen on cannot be had."""


class DeclarationError(ExporterError):
    """A sample does not fit the metric it was added to."""
