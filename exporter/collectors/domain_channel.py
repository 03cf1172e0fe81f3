"""Channels between host and guest: the guest agent's and others."""

from xml.etree.ElementTree import Element

from exporter.collectors.collector import RARE, Collector, Feed, not_run
from exporter.collectors.source import Description
from exporter.exposition.metric import Metric
from exporter.exposition.rows import Sink
from exporter.guest import DOMAIN, Guest

AGENT_CONNECTED = Metric(
    "libvirt_domain_agent_connected",
    "gauge",
    "Whether the guest agent is connected, absent for guests without its channel (libvirt domain XML channel,"
    " event AGENT_LIFECYCLE).",
    labels=DOMAIN,
    source="XMLDesc(0) devices/channel/target[@name='org.qemu.guest_agent.0']/@state; AGENT_LIFECYCLE updates it",
    note="What a read-only connection can know of the agent. 0 while the guest runs: agent lost.",
    set="default",
)
CHANNEL_CONNECTED = Metric(
    "libvirt_domain_channel_connected",
    "gauge",
    "Whether something in the guest holds the channel open (libvirt domain XML channel, event CHANNEL_LIFECYCLE).",
    labels=("domain", "channel"),
    source="XMLDesc(0) devices/channel/target @name, @state; CHANNEL_LIFECYCLE (12.4.0) has the XML read again",
    note=(
        "Channels other than the guest agent's. libvirt-python 12.8.0 does not pass the channel's name with the event."
    ),
    set="default",
)
METRICS = (AGENT_CONNECTED, CHANNEL_CONNECTED)


_AGENT = "org.qemu.guest_agent.0"


def describe(guest: Guest, root: Element, rows: Sink) -> None:
    """Whether somebody listens inside the guest; libvirt knows it of running guests only."""
    for target in root.findall("devices/channel/target"):
        name, state = target.get("name"), target.get("state")
        if name is None or state is None:
            continue
        connected = int(state == "connected")
        if name == _AGENT:
            rows.add(AGENT_CONNECTED, guest.domain, connected)
        else:
            rows.add(CHANNEL_CONNECTED, guest.labels(CHANNEL_CONNECTED.labels, name), connected)


COLLECTOR = Collector(
    name="domain_channel",
    help="Whether the guest agent and the other ends of channels are connected.",
    metrics=METRICS,
    feeds=(Feed(Description(), describe),),
    interval=RARE,
    cost="one XMLDesc for a guest that changed, shared by all that read descriptions",
    queries=(("Running guests that lost their agent", "libvirt_domain_agent_connected == 0"),),
    notes=(not_run("the event that tells of channels other than the agent's came with libvirt 12.4"),),
)
