"""The command behind scripts/record."""

import argparse
import json
import sys
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from .anonymous import anonymised
from .guests import Guests
from .libvirtd import Libvirtd
from .recorder import record_host
from .shapes import SHAPES

FIXTURES = Path(__file__).parents[1] / "fixtures"


def main() -> int:
    """Record one host, or make the laboratory's shapes and record each."""
    parser = argparse.ArgumentParser(prog="scripts/record", description=__doc__)
    parser.add_argument("uri", nargs="?", help="the host to record, read-only; without it, the laboratory's shapes")
    parser.add_argument("--output", type=Path, help="where to write; default: standard output")
    parser.add_argument("--keep-names", action="store_true", help="keep names, UUIDs and metadata of guests")
    parser.add_argument("--shape", action="append", choices=[*SHAPES, "testdriver"], help="record this shape only")
    chosen = parser.parse_args()
    if chosen.uri is None:
        for shape in chosen.shape or [*SHAPES, "testdriver"]:
            _write(_shape(shape), FIXTURES / f"{shape}.json")
        return 0
    _write(anonymised(record_host(chosen.uri), replaced={}, names=not chosen.keep_names), chosen.output)
    return 0


def _shape(name: str) -> dict[str, Any]:
    if name == "testdriver":
        return anonymised(record_host("test:///default"), replaced={}, names=False)
    host = Libvirtd()
    with ExitStack() as stack:
        stack.callback(host.stop)
        guests = stack.enter_context(closing(Guests(host.start())))
        SHAPES[name](host, guests, stack)
        record = record_host(host.uri)
    checkout = str(Path(__file__).parents[2])
    places = {
        f"{host.directory}/images": "/srv/images",
        str(host.directory): "/srv/lab",
        checkout: "/srv/linux",
    }
    return anonymised(record, replaced=places, names=False)


def _write(record: dict[str, Any], target: Path | None) -> None:
    text = json.dumps(record, indent=1, sort_keys=True) + "\n"
    if target is None:
        sys.stdout.write(text)
    else:
        target.write_text(text)


if __name__ == "__main__":
    sys.exit(main())
