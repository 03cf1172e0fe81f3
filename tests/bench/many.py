"""Many hosts in one agent: the command, with hosts of libvirt's test driver, by what the system says it used."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.driver import alone, calls_so_far
from tests.bench.figures import Topic
from tests.bench.running import COMMAND, settled
from tests.bench.testdriver import write_host
from tests.bench.usage import INTERVAL, Usage, scrape, usage, watched_for
from tests.bench.whole import SETS
from tests.lab.process import Process, free_port

_GUESTS = 100
_KIB_A_GUEST = 40
_MIB_AT_ALL = 64


def measure(hosts: int, cycles: int) -> Topic:
    """So many hosts at once, with both sets."""
    topic = Topic(
        "Many hosts in one agent",
        f"Hosts of {_GUESTS} guests each, all scraped once in 15 s, by /proc. They are hosts of libvirt's test driver, "
        "which has no bulk statistics, so that guests are asked one by one, and lives in the exporter's own process: "
        "each connection is a host of its own with all its guests. What that takes is measured beside it: a process "
        "with as many connections to the same hosts that makes the same calls, as the exporter counts them, and does "
        "nothing else.",
    )
    for name in ("core", "default"):
        _measure(topic, name, hosts, cycles)
    return topic


def _measure(topic: Topic, name: str, hosts: int, cycles: int) -> None:
    with TemporaryDirectory() as directory:
        folder = Path(directory)
        uris = [f"test://{folder / f'host-{number}.xml'}" for number in range(hosts)]
        for uri in uris:
            write_host(Path(uri.removeprefix("test://")), _GUESTS)
        seconds, counted, used, calls = _agent(folder, uris, name, cycles)
        # One connection for calls, and one for events.
        driver_seconds, driver_kib = alone(uris, 1 + ("event" in SETS[name]), calls)
    driver_seconds /= cycles
    what = f"{hosts} hosts of {_GUESTS} guests, `{name}`"
    reach = {"most": float(_MIB_AT_ALL + hosts * _GUESTS * _KIB_A_GUEST / 1024)} if name == "core" else {}
    driver = "of that the driver's"
    ours = "without the driver's"
    topic.add(f"many_{name}_samples", f"{what}: samples", counted)
    topic.add(f"many_{name}_us", what, seconds / counted * 1e6, "µs a sample")
    topic.add(f"many_{name}_driver_us", f"{what}: {driver}", driver_seconds / counted * 1e6, "µs a sample")
    own = seconds - driver_seconds
    topic.add(f"many_{name}_own_us", f"{what}: {ours}", own / counted * 1e6, "µs a sample", most=10)
    percent = own / INTERVAL * 100 / hosts
    topic.add(f"many_{name}_own_percent", f"{what}: {ours}, for each host", percent, "% of a core", most=3)
    topic.add(f"many_{name}_peak_mib", f"{what}: memory at most", used.peak_kib / 1024, "MiB")
    topic.add(f"many_{name}_driver_mib", f"{what}: memory, {driver}", driver_kib / 1024, "MiB")
    own_mib = (used.peak_kib - driver_kib) / 1024
    topic.add(f"many_{name}_own_mib", f"{what}: memory, {ours}", own_mib, "MiB", **reach)
    topic.add(f"many_{name}_threads", f"{what}: threads", used.threads)


def _agent(folder: Path, uris: list[str], name: str, cycles: int) -> tuple[float, int, Usage, dict[str, int]]:
    """Seconds of processor time and samples a cycle, what was used in the end, and the calls of all cycles."""
    port = free_port()
    configuration = {
        "hosts": [{"name": f"host-{number}", "uri": uri} for number, uri in enumerate(uris)],
        "web": {"listen-address": f"127.0.0.1:{port}"},
    }
    (folder / "config.yml").write_text(json.dumps(configuration))
    chosen = [f"--collector.{each}" for each in sorted(SETS[name] - {"connection", "exporter"})]
    argv = [COMMAND, "--config.file", str(folder / "config.yml"), "--collector.disable-defaults", *chosen]
    process = Process(argv, folder / "agent.log")
    try:
        process.wait_for_page(f"http://127.0.0.1:{port}/-/ready", within=300)
        urls = [f"http://127.0.0.1:{port}/probe?target=host-{number}" for number in range(len(uris))]
        settled(*urls)
        before = calls_so_far(map(scrape, urls))
        seconds, counted = watched_for(process.pid, urls, cycles)
        used = usage(process.pid)
        return seconds, counted, used, calls_so_far(map(scrape, urls)) - before
    finally:
        process.stop()
