"""What CONTRIBUTING.md shows a newcomer works as it stands there."""

import re
import textwrap
from pathlib import Path
from xml.etree import ElementTree

from exporter.collectors.collector import Collector
from exporter.exposition.rows import Rows
from exporter.guest import DeviceFilters, Guest

_TEXT = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text()


def _example() -> Collector:
    (block,) = re.findall(r"```python\n(.*?)```", _TEXT, re.DOTALL)
    names: dict[str, object] = {}
    exec(textwrap.dedent(block), names)  # noqa: S102 our own page
    collector = names["COLLECTOR"]
    assert isinstance(collector, Collector)
    return collector


def test_the_example_is_a_collector() -> None:
    """One file, which gives the sample it says."""
    collector = _example()
    guest = Guest("uuid", "web-1", DeviceFilters(lambda _: True, lambda _: True))
    rows = Rows()
    (feed,) = collector.feeds
    feed.collect(guest, ElementTree.fromstring("<domain><title>Shop</title></domain>"), rows)
    (written,) = rows.written().values()
    assert written == b'libvirt_domain_title_info{domain="web-1",title="Shop"} 1\n'
