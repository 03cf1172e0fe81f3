"""What a real Prometheus stores of a guest, from a snapshot of its database after some minutes of scrapes.

Scrapes and collectors run at fifteen times their pace, so that what moves in each scrape, in each fourth and in each
twentieth is as it would be, and chunks of 120 samples fill in two minutes instead of thirty.
"""

import json
import shutil
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from tests.bench.figures import Topic
from tests.bench.servers import server
from tests.bench.usage import INTERVAL, scrape
from tests.lab.polling import eventually
from tests.lab.process import Process, fetch, free_port

_DAY = 24 * 3600
_BLOCKS_A_DAY = 12  # of two hours each, before they are put together


def measure(guests: int, seconds: float) -> Topic:
    """So many synthetic guests with the default set, scraped for so long."""
    topic = Topic(
        "What Prometheus stores",
        f"A snapshot of the database of a real Prometheus that scraped {guests} synthetic guests, set `default`, for "
        f"{seconds:g} s once a second, with collectors at as many times their pace, so that counters move from sample "
        "to sample as they would at 15 s. Every counter of a synthetic guest moves; those of a guest that idles take "
        "less. Of a day: at one scrape in 15 s, in blocks of two hours, before these are put together.",
    )
    if shutil.which("prometheus") is None:
        topic.note += " Not measured: there is no Prometheus on this machine."
        return topic
    with server("always", str(guests), "default", str(INTERVAL)) as ours:
        address = f"127.0.0.1:{ours.ports[1]}"
        eventually(lambda: _series(address), within=60, what=f"figures of guests at {address}")
        time.sleep(20)  # by then everything ran
        series = _series(address) / guests
        with TemporaryDirectory() as directory, _prometheus(Path(directory), address) as url:
            time.sleep(seconds)
            block = _snapshot(Path(directory), url)
            stats = json.loads((block / "meta.json").read_text())["stats"]
            chunks = sum(file.stat().st_size for file in (block / "chunks").iterdir()) / stats["numSamples"]
            index = (block / "index").stat().st_size / stats["numSeries"]
    topic.add("store_series", "series of a guest", series)
    topic.add("store_sample_bytes", "chunks", chunks, "bytes a sample")
    topic.add("store_series_bytes", "index of each block", index, "bytes a series")
    day = series * (_DAY / INTERVAL * chunks + _BLOCKS_A_DAY * index)
    topic.add("store_day_kib", "a guest a day", day / 1024, "KiB")
    return topic


def _series(address: str) -> int:
    """Series that are about a guest."""
    return sum(b'domain="' in line for line in scrape(f"http://{address}/metrics").splitlines())


@contextmanager
def _prometheus(directory: Path, target: str) -> Iterator[str]:
    configuration = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
        "scrape_configs": [{"job_name": "libvirt", "static_configs": [{"targets": [target]}]}],
    }
    (directory / "prometheus.yml").write_text(yaml.safe_dump(configuration))
    listening = f"127.0.0.1:{free_port()}"
    argv = ["prometheus", f"--config.file={directory / 'prometheus.yml'}", f"--storage.tsdb.path={directory / 'data'}"]
    argv += [f"--web.listen-address={listening}", "--web.enable-admin-api"]
    process = Process(argv, directory / "prometheus.log")
    try:
        url = f"http://{listening}"
        eventually(lambda: fetch(f"{url}/-/ready")[0] == 200, within=60, what=f"Prometheus at {url}")
        yield url
    finally:
        process.stop()


def _snapshot(directory: Path, url: str) -> Path:
    """The block of everything scraped so far."""
    request = urllib.request.Request(f"{url}/api/v1/admin/tsdb/snapshot", method="POST")  # noqa: S310  loopback
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        name = json.load(answer)["data"]["name"]
    (meta,) = (directory / "data" / "snapshots" / name).glob("*/meta.json")
    return meta.parent
