"""The exporter as it runs: on its schedule, serving, scraped every 15 s, by what the system says it used."""

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.figures import Topic
from tests.bench.servers import server
from tests.bench.usage import INTERVAL, samples, scrape, usage, watched_for
from tests.lab.polling import eventually
from tests.lab.process import Process, fetch, free_port

COMMAND = str(Path(sys.executable).with_name("libvirt-exporter"))
_WARM_SECONDS = 20.0  # by then everything ran once, and what runs often twice


def measure(sizes: tuple[int, ...], cycles: int) -> Topic:
    """Synthetic hosts of these sizes."""
    topic = Topic(
        "All included",
        "Processor time of whole processes by /proc, over cycles of 15 s with one scrape each: schedule, calls, "
        "writing, compressing, joining, serving. Samples are those of one scrape. Synthetic hosts leave out what "
        "making their figures up took.",
    )
    for size in sizes:
        for name in ("core", "default"):
            with server("always", str(size), name) as ours:
                url = f"http://127.0.0.1:{ours.ports[1]}/metrics"
                settled(url)
                made = float(ours.ask("made"))
                seconds, counted = watched_for(ours.pid, [url], cycles)
                seconds -= (float(ours.ask("made")) - made) / cycles
                used = usage(ours.pid)
            what = f"{size:,} synthetic guests, `{name}`"
            topic.add(f"running_{size}_{name}_samples", f"{what}: samples", counted)
            topic.add(f"running_{size}_{name}_us", what, seconds / counted * 1e6, "µs a sample", most=10)
            reach = {"most": 3.0} if size == 100 else {}
            topic.add(f"running_{size}_{name}_percent", what, seconds / INTERVAL * 100, "% of a core", **reach)
            topic.add(f"running_{size}_{name}_peak_mib", f"{what}: memory at most", used.peak_kib / 1024, "MiB")
    return topic


def real(topic: Topic, uri: str, cycles: int, of_a_hundred: bool) -> None:
    """The command itself with its defaults against real guests."""
    with TemporaryDirectory() as directory:
        port = free_port()
        argv = [COMMAND, "--libvirt.uri", uri, "--web.listen-address", f"127.0.0.1:{port}"]
        process = Process(argv, Path(directory) / "agent.log")
        try:
            url = f"http://127.0.0.1:{port}/metrics"
            process.wait_for_page(url.replace("metrics", "-/ready"), within=120)
            settled(url)
            seconds, counted = watched_for(process.pid, [url], cycles)
            used = usage(process.pid)
        finally:
            process.stop()
    what = "the command with its defaults, scraped every 15 s"
    topic.add("real_samples", f"{what}: samples", counted)
    topic.add("real_us", what, seconds / counted * 1e6, "µs a sample", most=10)
    reach = {"most": 3.0} if of_a_hundred else {}
    topic.add("real_percent", what, seconds / INTERVAL * 100, "% of a core", **reach)
    topic.add("real_peak_mib", f"{what}: memory at most", used.peak_kib / 1024, "MiB")


def settled(*urls: str) -> None:
    """Return when there are figures of guests, and the first rush is over."""
    for url in urls:
        eventually(lambda url=url: fetch(url)[0] == 200, within=60, what=url)  # type: ignore[misc]
        eventually(lambda url=url: samples(scrape(url)) > 1000, within=60, what=f"figures of guests at {url}")  # type: ignore[misc]
    time.sleep(_WARM_SECONDS)
