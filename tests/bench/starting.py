"""How soon there is something to see: the first page, and the answer of --version."""

import re
import subprocess
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tests.bench.figures import Topic, wall
from tests.bench.running import COMMAND
from tests.bench.testdriver import write_host
from tests.lab.polling import eventually
from tests.lab.process import Process, fetch, free_port

_CONNECTED = re.compile(r'libvirt_connection_established_timestamp_seconds\{role="worker"\} (\S+)')
_GUESTS = 100


def measure(times: int, real: str | None) -> Topic:
    """Time on the clock; `real` is the URI of real guests, if there are any."""
    topic = Topic(
        "Start",
        "From the first connection that libvirt opened, as the page says itself, to the first page with figures of "
        "guests, which is asked for every 5 ms. Before that comes the start of the process.",
    )
    seconds = wall(lambda: subprocess.run([COMMAND, "--version"], check=True, capture_output=True), max(times, 5))
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
    started = time.time()
    argv = [COMMAND, "--libvirt.uri", uri, "--web.listen-address", f"127.0.0.1:{port}"]
    process = Process(argv, directory / "agent.log")
    url = f"http://127.0.0.1:{port}/metrics"
    try:
        eventually(
            lambda: "\nlibvirt_domain_info_state{" in fetch(f"{url}?collect[]=domain_state")[1],
            within=60,
            every=0.005,
            what="figures of guests",
        )
        first = time.time()
        # Written when this page is first asked for: an earlier one would be kept for a second.
        answered = _CONNECTED.search(fetch(f"{url}?collect[]=connection")[1])
    finally:
        process.stop()
    assert answered, "no connection of the role worker"
    up = float(answered[1])
    return up - started, first - up
