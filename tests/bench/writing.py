"""Writing the exposition: ours against prometheus_client's, on the same families."""

import gzip
import json
import sys
from typing import Any, get_args

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from exporter.collectors.registry import COLLECTORS
from exporter.exposition.families import FamilySink
from exporter.exposition.head import END, Form
from exporter.exposition.labels import Labels
from exporter.exposition.live import write_rows
from exporter.exposition.metric import Metric
from exporter.exposition.page import Page
from exporter.exposition.part import HOST, Part
from exporter.exposition.rows import Rows
from tests.bench.figures import Topic, processor
from tests.bench.processes import medians
from tests.bench.synthetic import SyntheticHost
from tests.bench.watched import CORE, cycle, quiet, watched
from tests.unit.numbers import spelled_alike

_PROCESSES = 5

Sample = tuple[Metric, Labels, Any]


def measure(guests: int, times: int) -> Topic:
    """Processor time of a page, in both formats."""
    topic = Topic(
        "Writing the exposition",
        f"Processor time to write the page of {guests} guests, every sample put and every line written, against "
        "`generate_latest` of prometheus_client on the same families, which it is handed ready made. First all "
        "samples at a stroke; then as a cycle writes them: rows of each guest and collector, put onto parts, which "
        "are published and compressed and joined, against the reference compressed as fast. Of each process the best "
        f"of {times} turns, and the median of {_PROCESSES} processes: where things lie in memory differs.",
    )
    found = medians("writing", guests, times, times=_PROCESSES)

    def add(name: str, what: str, unit: str = "", **reach: float) -> None:
        topic.add(name, what, found[name], unit, **reach)

    for form in get_args(Form):
        add(f"writer_{form}_equal", f"{form}: equal line by line, spelling of numbers aside", least=1)
        add(f"writer_{form}_us", f"{form}: ours", "µs a sample")
        add(f"writer_{form}_client_us", f"{form}: prometheus_client", "µs a sample")
        add(f"writer_{form}_ratio", f"{form}: times faster", least=8)
    add("writer_cycle_us", "as a cycle writes, compressed: ours", "µs a sample")
    add("writer_cycle_client_us", "OpenMetrics, compressed: prometheus_client", "µs a sample")
    add("writer_cycle_ratio", "as a cycle writes, compressed: times faster")
    return topic


def _measured(guests: int, times: int) -> dict[str, float]:
    quiet()
    samples = _samples(guests)
    metrics = list(dict.fromkeys(metric for metric, _, _ in samples))
    sink = FamilySink()
    for sample in samples:
        sink.add(*sample)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(sink)
    found = {}
    for form in get_args(Form):
        theirs = generate_latest if form == "text" else generate_openmetrics
        end = b"" if form == "text" else END
        same = spelled_alike((_write(metrics, samples, form) + end).decode()) == spelled_alike(
            theirs(registry).decode()
        )
        ours = reference = float("inf")
        for _ in range(times):  # in turns, because a machine is not equally fast all the time
            ours = min(ours, processor(lambda form=form: _write(metrics, samples, form)))  # type: ignore[misc]
            reference = min(reference, processor(lambda theirs=theirs: theirs(registry)))  # type: ignore[misc]
        found |= {f"writer_{form}_equal": int(same)} | _compared(f"writer_{form}", ours, reference, len(samples))
    return found | _compared("writer_cycle", *_as_a_cycle(samples, registry, times), len(samples))


def _compared(name: str, ours: float, reference: float, samples: int) -> dict[str, float]:
    each = 1e6 / samples
    return {f"{name}_us": ours * each, f"{name}_client_us": reference * each, f"{name}_ratio": reference / ours}


def _as_a_cycle(samples: list[Sample], registry: CollectorRegistry, times: int) -> tuple[float, float]:
    """Seconds of ours and of the reference."""
    owner = {metric: collector for collector in COLLECTORS for metric in collector.metrics}
    subjects: dict[tuple[str, str], list[Sample]] = {}
    for sample in samples:
        key = (owner[sample[0]].name, sample[1].pairs().get("domain", HOST))
        subjects.setdefault(key, []).append(sample)
    parts = {
        collector.name: Part(collector.metrics, phrase="", series_limit=0, clock=lambda: 0.0)
        for collector in COLLECTORS
        if any(name == collector.name for name, _ in subjects)
    }
    page = Page(parts, {}, lambda _form, _names: b"", lambda: 0.0)
    page.render("openmetrics", gzip=True)

    def cycle() -> None:
        for (name, subject), given in subjects.items():
            rows = Rows()
            for metric, labels, value in given:
                rows.add(metric, labels, value)
            with page.writing() as held:
                held[name].put(0, subject, rows, 1.0)
        page.publish(*parts)

    def forget() -> None:
        """Nothing written is there, so that all of it is compressed again as after a cycle in which all changed."""
        with page.writing() as held:
            for name, subject in subjects:
                held[name].drop(0, subject)
        page.publish(*parts)

    def theirs() -> bytes:
        return gzip.compress(generate_openmetrics(registry), 1)  # type: ignore[no-untyped-call]

    ours = reference = float("inf")
    for _ in range(times):
        forget()
        ours = min(ours, processor(cycle))
        reference = min(reference, processor(theirs))
    return ours, reference


def _write(metrics: list[Metric], samples: list[Sample], form: Form) -> bytes:
    rows = Rows()
    add = rows.add
    for metric, labels, value in samples:
        add(metric, labels, value)
    return write_rows(metrics, rows, form)


def _samples(guests: int) -> list[Sample]:
    """Every sample about guests, as the collectors gave them: integers where libvirt has integers."""
    declared = {metric.name: metric for collector in COLLECTORS for metric in collector.metrics}
    with watched(SyntheticHost(guests).target, CORE) as host:
        cycle(host)
        page = b"".join(host.page.render("text", gzip=False, collectors=frozenset(host.figures.parts))).decode()
    remembered: dict[tuple[Any, ...], Labels] = {}
    found: list[Sample] = []
    for family in parse_text(page):
        for sample in family.samples:
            metric = declared.get(sample.name)
            if metric is not None and metric.type != "histogram":
                values = tuple(sample.labels[name] for name in metric.labels)
                key = (metric.labels, values)
                labels = remembered.get(key) or remembered.setdefault(key, Labels(metric.labels, values))
                found.append((metric, labels, sample.value))
    return found


if __name__ == "__main__":
    print(json.dumps(_measured(int(sys.argv[1]), int(sys.argv[2]))))
