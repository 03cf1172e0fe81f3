"""Conversions from libvirt's units to base units and to labels, each once."""

from xml.etree.ElementTree import Element


def nanoseconds(value: float) -> float:
    """Nanoseconds to seconds."""
    return value / 1_000_000_000


def microseconds(value: float) -> float:
    """Microseconds to seconds."""
    return value / 1_000_000


def milliseconds(value: float) -> float:
    """Milliseconds to seconds."""
    return value / 1000


def kibibytes(value: float) -> float:
    """KiB to bytes."""
    return value * 1024


def mebibytes(value: float) -> float:
    """MiB to bytes."""
    return value * 1_048_576


def gibibytes(value: float) -> float:
    """GiB to bytes."""
    return value * 1_073_741_824


def kilobytes(value: float) -> float:
    """Kilobytes of 1000 to bytes."""
    return value * 1000


def megahertz(value: float) -> float:
    """MHz to Hz."""
    return value * 1_000_000


def megabits(value: float) -> float:
    """Mbit to bytes."""
    return value * 125_000


def percent(value: float) -> float:
    """Percent to a ratio."""
    return value / 100


_SIZES = {
    "b": 1,
    "bytes": 1,
    "k": 1024,
    "kib": 1024,
    "m": 1024**2,
    "mib": 1024**2,
    "g": 1024**3,
    "gib": 1024**3,
    "t": 1024**4,
    "tib": 1024**4,
    "p": 1024**5,
    "pib": 1024**5,
    "e": 1024**6,
    "eib": 1024**6,
    "kb": 1000,
    "mb": 1000**2,
    "gb": 1000**3,
    "tb": 1000**4,
}


def scaled(number: str, unit: str) -> int:
    """Bytes of a size in libvirt's XML, such as `<memory unit='KiB'>`; raises ValueError or KeyError."""
    return int(number) * _SIZES[unit.lower()]


def yes_no(value: bool) -> str:
    """A truth as a label says it."""
    return "yes" if value else "no"


def pci(address: Element) -> str:
    """An address on a PCI bus as lspci writes it; raises ValueError."""
    domain, bus, slot, function = (int(address.get(name, "0"), 0) for name in ("domain", "bus", "slot", "function"))
    return f"{domain:04x}:{bus:02x}:{slot:02x}.{function:x}"
