"""The command behind scripts/bench."""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from exporter.hypervisor.eventloop import LOOP
from tests.bench import growing, laboratory, report, serving, starting, writing
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
    topics = []
    for topic in _measure(chosen):
        topics.append(topic)
        print(report.section(topic), file=sys.stderr if chosen.json else sys.stdout, flush=True)
    if chosen.json:
        print(json.dumps(_flat(topics), indent=1))
    if not chosen.quick and not chosen.no_guests:
        _DOCUMENT.write_text(report.document(topics), encoding="utf-8")
    return 0


def _measure(chosen: argparse.Namespace) -> Iterator[Topic]:
    quick = chosen.quick
    yield writing.measure(100, 5 if quick else 15)
    yield growing.measure((100, 1000) if quick else (100, 1000, 10_000), 1 if quick else 3)
    serve = serving.measure({100: 2, 1000: 20} if quick else {100: 2, 10_000: 20}, 20 if quick else 50)
    yield serve
    with ExitStack() as stack:
        uri = chosen.uri
        if uri is None and not chosen.no_guests:
            if os.geteuid() == 0:
                uri = stack.enter_context(laboratory.laboratory(20 if quick else 100))
            else:
                print("scripts/bench: real guests are left out, a laboratory needs root", file=sys.stderr)
        yield starting.measure(3 if quick else 7, uri)
        if uri is not None:
            topics = laboratory.measure(uri, 2 if quick else 5)
            yield from topics
            yield _peers(serve, topics[0])


def _peers(serve: Topic, cycles: Topic) -> Topic:
    """A scrape of ours against the one call that an exporter which collects on scrape cannot do without."""
    topic = Topic(
        "Against collecting on scrape",
        "An exporter that collects on scrape makes at least one plain bulk call for each; exporters in wide use took "
        "0.9 s for 2,900 samples and 2.7 s for 10,500 on a like machine. Ours hands out what is there.",
    )
    scrape = next(figure.value for figure in serve.figures if figure.name == "serve_100_ms")
    plain = next(figure.value for figure in cycles.figures if figure.name == "cycle_default_plain_ms")
    topic.add("peers_ratio", "one plain `getAllDomainStats(0)` to our scrape of 100 guests", plain / scrape, least=100)
    topic.add("peers_recorded_ratio", "0.9 s to our scrape of 100 guests", 900 / scrape, least=100)
    return topic


def _flat(topics: Sequence[Topic]) -> dict[str, float]:
    flat: dict[str, float] = {}
    for topic in topics:
        flat |= {figure.name: figure.value for figure in topic.figures}
        flat |= topic.hidden
    return flat


if __name__ == "__main__":
    sys.exit(main())
