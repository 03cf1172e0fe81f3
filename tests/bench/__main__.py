"""The command behind scripts/bench."""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from exporter.hypervisor.eventloop import LOOP
from tests.bench import growing, laboratory, many, peers, report, running, serving, starting, storing, writing
from tests.bench.figures import Topic
from tests.bench.watched import quiet

_DOCUMENT = Path(__file__).parents[2] / "docs" / "performance.md"


def main() -> int:
    """Measure, tell, and write the document; 0 whatever the figures are."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measures everything side by side.")
    parser.add_argument("--json", action="store_true", help="print one flat object of named figures instead of tables")
    parser.add_argument(
        "--quick", action="store_true", help="smaller hosts and fewer runs; the document stays as it is"
    )
    parser.add_argument(
        "--libvirt.uri", dest="uri", help="measure this host instead of a laboratory of 100 QEMU guests"
    )
    parser.add_argument("--no-guests", action="store_true", help="leave real guests out")
    chosen = parser.parse_args()
    quiet()
    LOOP.start()  # before any connection is opened, as the agent does: for keepalive, and for libvirt's own errors
    topics: list[Topic] = []
    whole = not chosen.quick and not chosen.no_guests and chosen.uri is None and os.geteuid() == 0
    for topic in _measure(chosen):
        topics.append(topic)
        print(report.section(topic), file=sys.stderr if chosen.json else sys.stdout, flush=True)
    if chosen.json:
        print(json.dumps(_flat(topics), indent=1))
    if whole:
        _DOCUMENT.write_text(report.document(topics), encoding="utf-8")
    else:
        print(
            f"scripts/bench: {_DOCUMENT.name} stays as it is, only a whole run with real guests writes it",
            file=sys.stderr,
        )
    return 0


def _measure(chosen: argparse.Namespace) -> Iterator[Topic]:
    quick = chosen.quick
    yield writing.measure(100, 5 if quick else 15)
    yield growing.measure((100, 1000) if quick else (100, 1000, 10_000), 1 if quick else 3)
    yield serving.measure({100: 2, 1000: 20} if quick else {100: 2, 10_000: 20}, 5 if quick else 15)
    yield running.measure((100,) if quick else (100, 1000), 2 if quick else 4)
    yield many.measure(5 if quick else 50, 2 if quick else 4)
    yield storing.measure(100, 60 if quick else 250)
    yield peers.measure(10 if quick else 20)
    with ExitStack() as stack:
        uri, what = chosen.uri, "The guests of the host that was named."
        if uri is None and not chosen.no_guests:
            if os.geteuid() == 0:
                uri = stack.enter_context(laboratory.laboratory(20 if quick else 100))
                what = laboratory.GUESTS
            else:
                print("scripts/bench: real guests are left out, a laboratory needs root", file=sys.stderr)
        yield starting.measure(3 if quick else 7, uri)
        if uri is not None:
            yield from laboratory.measure(uri, what, 3 if quick else 21)


def _flat(topics: Sequence[Topic]) -> dict[str, float]:
    flat: dict[str, float] = {}
    for topic in topics:
        flat |= {figure.name: figure.value for figure in topic.figures}
        flat |= topic.hidden
    return flat


if __name__ == "__main__":
    sys.exit(main())
