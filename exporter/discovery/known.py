"""Whether it is known which guests of a host there are to scrape."""

from exporter.figures import HostFigures

ADDRESSES = "domain_address"
_ABOUT = (ADDRESSES, "domain_interface_info", "domain_metadata")
"""Collectors that targets and their labels are made of."""


def unknown(name: str, figures: HostFigures) -> str:
    """Why the guests of this host are not known at the moment, empty if they are.

    An empty list would be taken at its word: Prometheus drops every target of it.
    """
    if not figures.up:
        return f"{name} is down: {figures.pool.reason or 'libvirt does not answer'}"
    for collector in _ABOUT:
        runs, part = figures.collectors.get(collector), figures.parts.get(collector)
        if runs is None or part is None:
            continue
        if not runs.runs:
            return f"{collector} of {name} has not run yet"
        if part.withdrawn:
            return f"what {collector} of {name} read is too old"
        if collector == ADDRESSES and not runs.success and not part.series:
            return f"{collector} of {name} failed: {runs.reason or 'no address could be read'}"
    return ""
