"""The host at a glance, read back from its page."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from exporter.collectors import network, node, node_cpu, node_memory, numa, storage_pool
from exporter.exposition.page import Page
from exporter.overview.history import Trend
from exporter.overview.samples import samples, value

_IDLE = frozenset({"idle", "iowait"})


@dataclass(frozen=True)
class Pages:
    """Pages of one size in bytes, of all NUMA cells: how many are free, and of how many if that is known."""

    size: int
    free: int
    total: int | None


@dataclass(frozen=True)
class Pool:
    """A storage pool; sizes in bytes, None while it is not active."""

    name: str
    active: bool
    allocation: float | None
    capacity: float | None


@dataclass(frozen=True)
class Glance:
    """What the collectors that are on know of the host; bytes, and `cpu` as a share of all its CPUs."""

    hostname: str
    cpus: int | None
    cpu: float | None
    memory_total: float | None
    memory_used: float | None
    pages: Sequence[Pages]
    pools: Sequence[Pool]
    networks: Sequence[tuple[str, bool]]
    """Name of each virtual network, and whether it is active."""


def glance(page: Page, host: Trend, now: float) -> Glance:
    """Read it; `host` is the host's trend, `now` is monotonic."""
    info = samples(page, node.INFO)
    cpus = value(page, node.CPUS_ONLINE) or value(page, node.CPUS)
    busy = host.latest("cpu", now)
    utilization = value(page, node_cpu.UTILIZATION_RATIO)
    total = value(page, node_memory.TOTAL_BYTES)
    return Glance(
        hostname=info[0][0].get("hostname", "") if info else "",
        cpus=None if cpus is None else int(cpus),
        cpu=busy / cpus if busy is not None and cpus else utilization,
        memory_total=total,
        memory_used=memory_used(page),
        pages=_pages(page),
        pools=_pools(page),
        networks=sorted((labels["network"], active == 1) for labels, active in samples(page, network.NETWORK_ACTIVE)),
    )


def busy_seconds(page: Page) -> float | None:
    """CPU seconds the host was not idle, since it booted."""
    found = samples(page, node_cpu.SECONDS)
    return sum(seconds for labels, seconds in found if labels["mode"] not in _IDLE) if found else None


def memory_used(page: Page) -> float | None:
    """Memory the host could not give away: what it says is available, else free, buffers and cache, taken off."""
    total = value(page, node_memory.TOTAL_BYTES)
    if total is None:
        return None
    left = value(page, node_memory.AVAILABLE_BYTES)
    if left is None:
        reclaimable = (node_memory.FREE_BYTES, node_memory.BUFFERS_BYTES, node_memory.CACHED_BYTES)
        left = sum(value(page, metric) or 0 for metric in reclaimable)
    return max(0.0, total - left)


def _pages(page: Page) -> list[Pages]:
    free: defaultdict[int, int] = defaultdict(int)
    total: defaultdict[int, int] = defaultdict(int)
    for labels, number in samples(page, numa.PAGES_FREE):
        free[int(labels["page_size"])] += int(number)
    for labels, number in samples(page, numa.PAGES):
        total[int(labels["page_size"])] += int(number)
    return [Pages(size, number, total.get(size)) for size, number in sorted(free.items())]


def _pools(page: Page) -> list[Pool]:
    allocation = {labels["storage_pool"]: size for labels, size in samples(page, storage_pool.POOL_ALLOCATION_BYTES)}
    capacity = {labels["storage_pool"]: size for labels, size in samples(page, storage_pool.POOL_CAPACITY_BYTES)}
    names = sorted((labels["storage_pool"], active == 1) for labels, active in samples(page, storage_pool.POOL_ACTIVE))
    return [Pool(name, active, allocation.get(name), capacity.get(name)) for name, active in names]
