"""Pages of documentation made from the declarations: one for each collector, and the list of all metrics.

`python -m exporter.documentation DIR` writes them out.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

from exporter.collectors.collector import Collector
from exporter.collectors.registry import COLLECTORS
from exporter.configuration.durations import format_duration
from exporter.configuration.options import PINNED
from exporter.configuration.reference import configuration_page
from exporter.declarations import declared
from exporter.exposition.metric import Metric

_METRICS_PAGE = """\
# Metrics

Every metric this release can give, by collector. `core` and `default` metrics are on unless their collector is
switched off; `optional` ones are off until their collector is switched on. `libvirt-exporter --list-metrics` prints the
same table. Beside these, `/metrics` has the `process_*` and `python_*` metrics of the Prometheus client library.

| metric | type | labels | set | what it says |
| --- | --- | --- | --- | --- |
"""

_COLLECTOR_PAGE = """\
# Collector {name}

{help}

- {default}
- Reads every {interval} by default; `--collector.{name}.interval` changes that.
{cost}{notes}
## Metrics

"""

_TYPES = {"stateset": "gauge (state set)", "info": "gauge (info)"}


def pages() -> Mapping[str, str]:
    """Text of each generated page, by its path below docs/."""
    found = {
        "configuration.md": configuration_page(COLLECTORS),
        "metrics.md": _metrics_page(),
        "collectors/index.md": _index(),
    }
    for collector in COLLECTORS:
        found[f"collectors/{collector.name}.md"] = _collector_page(collector)
    return found


def write(folder: Path) -> None:
    """Write the pages into a folder, and take pages away there of collectors that are no more."""
    texts = pages()
    (folder / "collectors").mkdir(parents=True, exist_ok=True)
    for old in (folder / "collectors").glob("*.md"):
        if f"collectors/{old.name}" not in texts:
            old.unlink()
    for path, text in texts.items():
        (folder / path).write_text(text)


def _cell(text: str) -> str:
    return text.replace("|", r"\|").replace("\n", " ")


def _metrics_page() -> str:
    parts = [_METRICS_PAGE]
    for collector, metric in declared():
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        name = f"[`{metric.name}`](collectors/{collector}.md#{metric.name})"
        kind = _TYPES.get(metric.type, metric.type)
        parts.append(f"| {name} | {kind} | {labels} | {metric.set} | {_cell(metric.help)} |\n")
    return "".join(parts)


def _index() -> str:
    lines = ["# Collectors\n\n", "| collector | by default | interval | gives |\n", "| --- | --- | --- | --- |\n"]
    for collector in COLLECTORS:
        state = "on" if collector.default else "off"
        interval = format_duration(collector.interval)
        lines.append(
            f"| [`{collector.name}`]({collector.name}.md) | {state} | {interval} | {_cell(collector.help)} |\n"
        )
    return "".join(lines)


def _collector_page(collector: Collector) -> str:
    parts = [
        _COLLECTOR_PAGE.format(
            name=collector.name,
            help=collector.help,
            default=_switch(collector),
            interval=format_duration(collector.interval),
            cost=f"- Costs {collector.cost}.\n" if collector.cost else "",
            notes="".join(f"- {note}\n" for note in collector.notes),
        )
    ]
    parts += [_metric(metric) for metric in collector.metrics]
    if collector.queries:
        parts.append("## Queries\n\n")
        parts += [f"{purpose}:\n\n```promql\n{query}\n```\n\n" for purpose, query in collector.queries]
    return "".join(parts).rstrip("\n") + "\n"


def _switch(collector: Collector) -> str:
    if collector.name in PINNED:
        return "Always on."
    if collector.default:
        return f"On by default; `--no-collector.{collector.name}` switches it off."
    return f"Off by default; `--collector.{collector.name}` switches it on."


def _metric(metric: Metric) -> str:
    facts = [_TYPES.get(metric.type, metric.type)]
    if metric.unit:
        facts.append(f"in {metric.unit}")
    if metric.labels:
        facts.append("labels " + ", ".join(f"`{label}`" for label in metric.labels))
    lines = [f"### {metric.name}\n", f"{metric.help} *{'; '.join(facts)}.*\n"]
    if metric.note:
        lines.append(f"{metric.note}\n")
    if metric.source:
        lines.append(f"Source: `{metric.source}`\n")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    write(Path(sys.argv[1]))
