"""How soon there is something to see: the first page, and the answer of --version."""

import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from tests.bench.figures import Topic, wall
from tests.bench.testdriver import write_host
from tests.lab.polling import eventually
from tests.lab.process import Process, fetch, free_port

_COMMAND = str(Path(sys.executable).with_name("libvirt-exporter"))
_GUESTS = 100


def measure(times: int, real: str | None) -> Topic:
    """Time on the clock; `real` is the URI of real guests, if there are any."""
    topic = Topic(
        "Start",
        "From the first page that says libvirt answers to the first with figures of guests; both are asked for every "
        "5 ms. The process's own start comes before.",
    )
    seconds = wall(lambda: subprocess.run([_COMMAND, "--version"], check=True, capture_output=True), max(times, 5))
    topic.add("start_version_ms", "`libvirt-exporter --version`", seconds * 1000, "ms", most=150)
    with TemporaryDirectory() as directory:
        host = Path(directory) / "host.xml"
        write_host(host, _GUESTS)
        hosts = {"testdriver": f"test://{host}", **({"real": real} if real else {})}
        for name, uri in hosts.items():
            runs = [_start(uri, Path(directory)) for _ in range(min(times, 3))]
            what = f"{_GUESTS} guests of the test driver" if name == "testdriver" else "the real guests"
            page = median(run[1] for run in runs)
            topic.add(
                f"start_{name}_up_ms", f"{what}: until libvirt answers", median(run[0] for run in runs) * 1000, "ms"
            )
            topic.add(f"start_{name}_page_ms", f"{what}: from there to the first page", page * 1000, "ms", most=1000)
    return topic


def _start(uri: str, directory: Path) -> tuple[float, float]:
    """Seconds from the start until libvirt answers, and from there to the first figures."""
    port = free_port()
    started = perf_counter()
    argv = [_COMMAND, "--libvirt.uri", uri, "--web.listen-address", f"127.0.0.1:{port}"]
    process = Process(argv, directory / "agent.log")
    try:
        up = _seen(port, "\nlibvirt_up 1")
        first = _seen(port, "\nlibvirt_domain_info_state{")
    finally:
        process.stop()
    return up - started, first - up


def _seen(port: int, text: str) -> float:
    """When this stood on the page."""
    eventually(lambda: text in fetch(f"http://127.0.0.1:{port}/metrics")[1], within=60, every=0.005, what=text)
    return perf_counter()
