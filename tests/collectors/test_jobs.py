"""What is told of jobs and control channels that no recording has: after libvirt's documentation, not run."""

import pytest

from exporter.collectors import domain_health, domain_job
from exporter.exposition.rows import Rows
from tests.collectors.written import guest

_BOUNDED = 1


def _lines(rows: Rows) -> list[str]:
    return [line for data in rows.written().values() for line in data.decode().splitlines()]


@pytest.mark.parametrize(
    ("key", "name", "value", "written"),
    [
        ("time_elapsed_net", "time_elapsed_net_seconds", 1500, "1.5"),
        ("time_remaining", "time_remaining_seconds", 500, "0.5"),
        ("downtime_net", "downtime_net_seconds", 20, "0.02"),
        ("disk_bps", "disk_bytes_per_second", 7, "7"),
        ("compression_cache", "compression_cache_bytes", 67108864, "67108864"),
        ("compression_bytes", "compression_bytes", 4096, "4096"),
        ("compression_pages", "compression_pages", 3, "3"),
        ("compression_cache_misses", "compression_cache_misses", 2, "2"),
        ("compression_overflow", "compression_overflows", 1, "1"),
        ("auto_converge_throttle", "auto_converge_throttle_ratio", 20, "0.2"),
        ("vfio_data_transferred", "vfio_transferred_bytes", 1024, "1024"),
    ],
)
def test_a_figure_of_a_job_is_in_base_units(key: str, name: str, value: int, written: str) -> None:
    """Of migrations that compress, throttle, copy disks or carry assigned devices."""
    rows = Rows()
    domain_job.collect(guest(), {"type": _BOUNDED, key: value}, rows)
    assert _lines(rows)[1:] == [f'libvirt_domain_job_info_{name}{{domain="web-1"}} {written}']


@pytest.mark.parametrize(
    ("answer", "lines"),
    [
        ((0, 0, 0), []),
        ((2, 0, 4500), ['libvirt_domain_control_state_seconds{domain="web-1"} 4.5']),
        ((3, 2, 0), ['libvirt_domain_control_error_info{domain="web-1",reason="monitor"} 1']),
    ],
)
def test_a_control_channel_says_how_long_it_is_busy_or_what_is_wrong(
    answer: tuple[int, int, int], lines: list[str]
) -> None:
    """Beside its state; one that is free says nothing more."""
    rows = Rows()
    domain_health.control(guest(), answer, rows)
    assert _lines(rows) == [f'libvirt_domain_control_state{{domain="web-1"}} {answer[0]}', *lines]
