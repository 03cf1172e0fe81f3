"""A scrape of ours against exporters that collect on scrape, by what those took on a like machine."""

from tests.bench.figures import Topic
from tests.bench.servers import server
from tests.bench.serving import APART, one_at_a_time
from tests.bench.usage import samples, scrape

# Measured beside 101 real QEMU guests on two cores, with the two exporters in wide use: samples and seconds a scrape.
_PEERS = ((2_900, 0.9), (10_500, 2.7))


def measure(times: int) -> Topic:
    """The set `default` at 100 guests, with everything that stands on its page."""
    topic = Topic(
        "Against collecting on scrape",
        "Two exporters in wide use, which ask libvirt when they are scraped, took 0.9 s for 2,900 samples and 2.7 s "
        "for 10,500, of 101 real guests on a machine like this one; these figures are taken as given and not measured "
        "here. Ours hands out what is there, of 100 synthetic guests.",
    )
    with server("once", "100", "default") as ours:
        answered = samples(scrape(f"http://127.0.0.1:{ours.ports[1]}/metrics"))
        _, seconds = one_at_a_time(ours.ports[1], times, APART)
    topic.add("peers_samples", "samples on our page", answered, least=_PEERS[-1][0])
    topic.add("peers_ms", "our scrape, median", seconds * 1000, "ms")
    for counted, theirs in _PEERS:
        what = f"{theirs} s for {counted:,} samples, to our scrape"
        topic.add(f"peers_{counted}_ratio", what, theirs / seconds, "times", least=100)
    return topic
