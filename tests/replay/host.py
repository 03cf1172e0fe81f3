"""A host of the exporter's that watches a recording, with its clock stopped."""

from collections.abc import Mapping
from typing import Any

from exporter.clock import Clock
from exporter.collectors.registry import COLLECTORS
from exporter.exposition.head import Form
from exporter.host import Host
from exporter.hypervisor.connection import Target
from exporter.schedule import Schedule
from exporter.settings import HostSettings
from tests.lab.polling import eventually
from tests.replay.recorded import RecordedHost

NOW = 1_800_000_000.0
"""What the stopped clock shows."""

_OWN = frozenset({"connection", "exporter"})  # what the exporter says of itself is not in the recording


def collected(
    recording: Mapping[str, Any],
    *,
    vanished: frozenset[str] = frozenset(),
    collectors: Mapping[str, float] | None = None,
    **settings: Any,
) -> Host:
    """The host after each of its collectors ran once; by default all collectors, those that are off as well.

    `settings` are those of the host that the test is about.
    """
    target = Target("test:///recording", open_read_only=RecordedHost(recording, vanished).open)
    intervals = {collector.name: collector.interval for collector in COLLECTORS}
    collectors = intervals if collectors is None else collectors
    host = Host(
        HostSettings("replay", target.uri, collectors=collectors, **settings),
        Schedule(),
        None,
        target=target,
        clock=Clock(lambda: NOW, lambda: 0.0),
    )
    host.pool.start()
    try:
        eventually(lambda: host.pool.up, within=10, what="the recording opened")
        for batch in host.batches:
            host.runner.run(batch)
    finally:
        host.pool.stop()
    return host


def page(host: Host, form: Form) -> str:
    """What the host's page says of the recording, complete in its format."""
    names = frozenset(host.figures.parts) - _OWN
    return b"".join(host.page.render(form, gzip=False, collectors=names)).decode()
