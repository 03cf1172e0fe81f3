"""The golden files: where they stand, and what they should say."""

from pathlib import Path

from exporter.exposition.head import Form
from exporter.logs import configure
from tests.replay.host import page
from tests.replay.shapes import SHAPES

FOLDER = Path(__file__).parent
FORMS: tuple[Form, ...] = ("text", "openmetrics")


def path(shape: str, form: Form) -> Path:
    """The golden file of a shape in a format."""
    return FOLDER / f"{shape}.{'prom' if form == 'text' else 'openmetrics'}"


def write() -> None:
    """Write all golden files as the code now makes them."""
    for old in (*FOLDER.glob("*.prom"), *FOLDER.glob("*.openmetrics")):
        old.unlink()
    for name, shape in SHAPES.items():
        host = shape.collected()
        for form in FORMS:
            path(name, form).write_text(page(host, form))


if __name__ == "__main__":
    configure("error", "logfmt")
    write()
