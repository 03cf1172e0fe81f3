"""Statistics that this machine's libvirt or processor does not give: after libvirt's documentation, not run."""

import pytest

from exporter.collectors import (
    domain_block,
    domain_block_latency,
    domain_block_limits,
    domain_dirtyrate,
    domain_kvm,
    domain_perf,
    domain_resctrl,
    domain_vcpu,
    domain_vcpu_kvm,
)
from exporter.hypervisor.record import Value
from tests.collectors.written import statistics

_DISK = 'domain="web-1",target_device="vda"'


def test_cache_and_energy_monitors_are_named_by_their_ids() -> None:
    """A monitor has an info series, and a series for each bank and package."""
    flat = {
        "cpu.cache.monitor.count": 1,
        "cpu.cache.monitor.0.name": "vcpus_0-1",
        "cpu.cache.monitor.0.vcpus": "0-1",
        "cpu.cache.monitor.0.bank.count": 2,
        "cpu.cache.monitor.0.bank.0.id": 0,
        "cpu.cache.monitor.0.bank.0.bytes": 5488640,
        "cpu.cache.monitor.0.bank.1.id": 4,
        "cpu.cache.monitor.0.bank.1.bytes": 0,
        "cpu.energy.monitor.count": 1,
        "cpu.energy.monitor.0.name": "all",
        "cpu.energy.monitor.0.vcpus": "0-3",
        "cpu.energy.monitor.0.pkg.count": 1,
        "cpu.energy.monitor.0.pkg.0.id": 0,
        "cpu.energy.monitor.0.pkg.0.core_energy": 12.5,
        "cpu.energy.monitor.0.pkg.0.activity": 0.25,
    }
    assert sorted(statistics(domain_resctrl.COLLECTOR, flat)) == sorted(
        [
            'libvirt_domain_resctrl_monitor_info{domain="web-1",monitor="vcpus_0-1",resource="cache",vcpus="0-1"} 1',
            'libvirt_domain_resctrl_monitor_info{domain="web-1",monitor="all",resource="energy",vcpus="0-3"} 1',
            'libvirt_domain_cache_occupancy_bytes{bank="0",domain="web-1",monitor="vcpus_0-1"} 5488640',
            'libvirt_domain_cache_occupancy_bytes{bank="4",domain="web-1",monitor="vcpus_0-1"} 0',
            'libvirt_domain_energy_core_joules_total{domain="web-1",monitor="all",package="0"} 12.5',
            'libvirt_domain_energy_activity_farads_total{domain="web-1",monitor="all",package="0"} 0.25',
        ]
    )


def test_memory_bandwidth_counts_all_and_local_bytes() -> None:
    """Each memory controller has its own two counters."""
    flat = {
        "memory.bandwidth.monitor.count": 1,
        "memory.bandwidth.monitor.0.name": "vcpus_0",
        "memory.bandwidth.monitor.0.vcpus": "0",
        "memory.bandwidth.monitor.0.node.count": 1,
        "memory.bandwidth.monitor.0.node.0.id": 1,
        "memory.bandwidth.monitor.0.node.0.bytes.total": 300,
        "memory.bandwidth.monitor.0.node.0.bytes.local": 200,
    }
    assert statistics(domain_resctrl.COLLECTOR, flat)[1:] == [
        'libvirt_domain_memory_bandwidth_bytes_total{controller="1",domain="web-1",monitor="vcpus_0"} 300',
        'libvirt_domain_memory_bandwidth_local_bytes_total{controller="1",domain="web-1",monitor="vcpus_0"} 200',
    ]


def test_guests_without_monitors_have_no_resctrl_series() -> None:
    """A count of 0 is no monitor."""
    assert statistics(domain_resctrl.COLLECTOR, {"cpu.cache.monitor.count": 0}) == []


def _bins(requests: int) -> dict[str, int | str]:
    return {
        "block.0.name": "vda",
        "block.0.rd.reqs": requests,
        "block.0.rd.times": 7_000_000,
        "block.0.latency_histogram.read.bin.count": 3,
        "block.0.latency_histogram.read.bin.0.start": 0,
        "block.0.latency_histogram.read.bin.0.value": 4,
        "block.0.latency_histogram.read.bin.1.start": 1_000_000,
        "block.0.latency_histogram.read.bin.1.value": 2,
        "block.0.latency_histogram.read.bin.2.start": 10_000_000,
        "block.0.latency_histogram.read.bin.2.value": 1,
    }


def test_bins_of_latency_are_cumulative_and_named_by_their_upper_bound() -> None:
    """The start of the next bin is the bound of a bin, the last one has none; all requests are in them."""
    assert statistics(domain_block_latency.COLLECTOR, _bins(requests=7)) == [
        'libvirt_domain_block_read_latency_seconds_bucket{domain="web-1",le="0.001",target_device="vda"} 4',
        'libvirt_domain_block_read_latency_seconds_bucket{domain="web-1",le="0.01",target_device="vda"} 6',
        'libvirt_domain_block_read_latency_seconds_bucket{domain="web-1",le="+Inf",target_device="vda"} 7',
        f"libvirt_domain_block_read_latency_seconds_count{{{_DISK}}} 7",
        f"libvirt_domain_block_read_latency_seconds_sum{{{_DISK}}} 0.007",
    ]


def test_a_latency_histogram_that_began_later_has_no_sum() -> None:
    """The time counts all requests; when the bins do not, a mean out of both would be wrong."""
    lines = statistics(domain_block_latency.COLLECTOR, _bins(requests=9))
    assert [line.partition("{")[0].rpartition("_")[2] for line in lines] == ["bucket"] * 3


def test_windows_of_latency_are_labelled_with_their_length() -> None:
    """Maximum, mean and queue depth of each window; the unit is seconds."""
    flat = {
        "block.0.name": "vda",
        "block.0.timed_group.count": 1,
        "block.0.timed_group.0.interval": 60,
        "block.0.timed_group.0.rd_latency_min": 1,
        "block.0.timed_group.0.rd_latency_max": 2_000_000,
        "block.0.timed_group.0.rd_queue_depth_avg": 0.5,
    }
    assert statistics(domain_block_latency.COLLECTOR, flat) == [
        'libvirt_domain_block_read_latency_maximum_seconds{domain="web-1",interval="60",target_device="vda"} 0.002',
        'libvirt_domain_block_read_queue_depth_average{domain="web-1",interval="60",target_device="vda"} 0.5',
    ]


def test_limits_of_the_block_layer_are_bytes_or_vectors() -> None:
    """The limit is a label; counts are apart from sizes."""
    flat = {"block.0.name": "vda", "block.0.limits.discard_max": 2147483648, "block.0.limits.iov_max": 1024}
    assert statistics(domain_block_limits.COLLECTOR, flat) == [
        'libvirt_domain_block_limit_bytes{domain="web-1",limit="discard_max",target_device="vda"} 2147483648',
        'libvirt_domain_block_limit_io_vectors{domain="web-1",limit="iov_max",target_device="vda"} 1024',
    ]


def test_a_measured_dirty_rate_is_in_bytes_a_second() -> None:
    """MiB become bytes, of the guest and of each vCPU."""
    flat = {
        "dirtyrate.calc_status": 2,
        "dirtyrate.calc_start_time": 77,
        "dirtyrate.calc_period": 1,
        "dirtyrate.calc_mode": "dirty-ring",
        "dirtyrate.megabytes_per_second": 3,
        "dirtyrate.vcpu.1.megabytes_per_second": 2,
    }
    assert set(statistics(domain_dirtyrate.COLLECTOR, flat)) == {
        'libvirt_domain_dirty_rate_status{domain="web-1",status="unstarted"} 0',
        'libvirt_domain_dirty_rate_status{domain="web-1",status="measuring"} 0',
        'libvirt_domain_dirty_rate_status{domain="web-1",status="measured"} 1',
        'libvirt_domain_dirty_rate_period_seconds{domain="web-1"} 1',
        'libvirt_domain_dirty_rate_mode_info{domain="web-1",mode="dirty-ring"} 1',
        'libvirt_domain_dirty_rate_bytes_per_second{domain="web-1"} 3145728',
        'libvirt_domain_vcpu_dirty_rate_bytes_per_second{domain="web-1",vcpu="1"} 2097152',
    }


def test_statistics_of_kvm_are_told_apart_by_the_word_behind_their_name() -> None:
    """Sums are counters, pages are bytes, the rest are gauges, whatever the kernel calls them."""
    flat = {
        "vm.remote_tlb_flush.sum": 9,
        "vm.pages_2m.cur": 3,
        "vm.nx_lpage_splits.cur": 1,
        "vm.max_mmu_rmap_size.max": 5,
    }
    assert statistics(domain_kvm.COLLECTOR, flat) == [
        'libvirt_domain_kvm_events_total{domain="web-1",event="remote_tlb_flush"} 9',
        'libvirt_domain_kvm_mapped_bytes{domain="web-1",page_size="2097152"} 6291456',
        'libvirt_domain_kvm_current{domain="web-1",statistic="nx_lpage_splits"} 1',
        'libvirt_domain_kvm_maximum{domain="web-1",statistic="max_mmu_rmap_size"} 5',
    ]


def test_statistics_of_kvm_about_vcpus_have_units_where_they_are_times() -> None:
    """Exits by cause, page faults by result, times in seconds, truths as 0 and 1."""
    flat = {
        "vcpu.0.exits.sum": 100,
        "vcpu.0.halt_exits.sum": 40,
        "vcpu.0.pf_fixed.sum": 7,
        "vcpu.0.halt_wait_ns.sum": 2_500_000_000,
        "vcpu.0.hypercalls.sum": 3,
        "vcpu.0.guest_mode.cur": False,
    }
    labels = 'domain="web-1",vcpu="0"'
    assert set(statistics(domain_vcpu_kvm.COLLECTOR, flat)) == {
        f"libvirt_domain_vcpu_kvm_exits_total{{{labels}}} 100",
        'libvirt_domain_vcpu_kvm_exit_causes_total{cause="halt",domain="web-1",vcpu="0"} 40',
        'libvirt_domain_vcpu_kvm_page_fault_results_total{domain="web-1",result="fixed",vcpu="0"} 7',
        f"libvirt_domain_vcpu_kvm_halt_wait_seconds_total{{{labels}}} 2.5",
        'libvirt_domain_vcpu_kvm_events_total{domain="web-1",event="hypercalls",vcpu="0"} 3',
        'libvirt_domain_vcpu_kvm_current{domain="web-1",statistic="guest_mode",vcpu="0"} 0',
    }


def test_clocks_of_performance_counters_are_seconds() -> None:
    """Nanoseconds become seconds; events stay counts."""
    assert statistics(domain_perf.COLLECTOR, {"perf.cpu_clock": 1_500_000_000, "perf.instructions": 8}) == [
        'libvirt_domain_perf_cpu_clock_seconds_total{domain="web-1"} 1.5',
        'libvirt_domain_perf_instructions_total{domain="web-1"} 8',
    ]


def test_a_counter_below_zero_is_left_out() -> None:
    """No counter can be negative; what else the guest has is shown."""
    flat: dict[str, Value] = {"perf.instructions": -1, "perf.cpu_cycles": 4}
    assert statistics(domain_perf.COLLECTOR, flat) == ['libvirt_domain_perf_cpu_cycles_total{domain="web-1"} 4']


@pytest.mark.parametrize(
    ("key", "metric"),
    [
        ("cache_misses", "libvirt_domain_perf_cache_misses_total"),
        ("cache_references", "libvirt_domain_perf_cache_references_total"),
        ("ref_cpu_cycles", "libvirt_domain_perf_reference_cpu_cycles_total"),
        ("branch_instructions", "libvirt_domain_perf_branch_instructions_total"),
        ("branch_misses", "libvirt_domain_perf_branch_misses_total"),
        ("bus_cycles", "libvirt_domain_perf_bus_cycles_total"),
        ("stalled_cycles_frontend", "libvirt_domain_perf_stalled_cycles_frontend_total"),
        ("stalled_cycles_backend", "libvirt_domain_perf_stalled_cycles_backend_total"),
        ("cmt", "libvirt_domain_perf_cache_occupancy_bytes"),
        ("mbmt", "libvirt_domain_perf_memory_bandwidth_total_bytes_per_second"),
        ("mbml", "libvirt_domain_perf_memory_bandwidth_local_bytes_per_second"),
    ],
)
def test_an_event_of_the_processor_has_its_own_metric(key: str, metric: str) -> None:
    """As libvirt numbers them."""
    assert statistics(domain_perf.COLLECTOR, {f"perf.{key}": 8}) == [f'{metric}{{domain="web-1"}} 8']


@pytest.mark.parametrize(
    ("kind", "metric"),
    [
        ("write", "libvirt_domain_block_write_latency_seconds"),
        ("flush", "libvirt_domain_block_flush_latency_seconds"),
        ("zone_append", "libvirt_domain_block_zone_append_latency_seconds"),
    ],
)
def test_each_kind_of_request_has_its_histogram(kind: str, metric: str) -> None:
    """Reads are tested above in full."""
    flat: dict[str, Value] = {
        "block.0.name": "vda",
        f"block.0.latency_histogram.{kind}.bin.count": 1,
        f"block.0.latency_histogram.{kind}.bin.0.start": 0,
        f"block.0.latency_histogram.{kind}.bin.0.value": 4,
    }
    wanted = f'{metric}_bucket{{domain="web-1",le="+Inf",target_device="vda"}} 4'
    assert statistics(domain_block_latency.COLLECTOR, flat) == [wanted]


@pytest.mark.parametrize(
    ("key", "metric", "value"),
    [
        ("rd_latency_avg", "libvirt_domain_block_read_latency_average_seconds", "0.5"),
        ("wr_latency_max", "libvirt_domain_block_write_latency_maximum_seconds", "0.5"),
        ("wr_latency_avg", "libvirt_domain_block_write_latency_average_seconds", "0.5"),
        ("wr_queue_depth_avg", "libvirt_domain_block_write_queue_depth_average", "500000000"),
        ("flush_latency_max", "libvirt_domain_block_flush_latency_maximum_seconds", "0.5"),
        ("flush_latency_avg", "libvirt_domain_block_flush_latency_average_seconds", "0.5"),
    ],
)
def test_a_figure_of_a_window_of_latency_has_its_own_metric(key: str, metric: str, value: str) -> None:
    """Times are nanoseconds in libvirt, depths are numbers."""
    flat: dict[str, Value] = {
        "block.0.name": "vda",
        "block.0.timed_group.count": 1,
        "block.0.timed_group.0.interval": 60,
        f"block.0.timed_group.0.{key}": 500_000_000,
    }
    wanted = f'{metric}{{domain="web-1",interval="60",target_device="vda"}} {value}'
    assert statistics(domain_block_latency.COLLECTOR, flat) == [wanted]


def test_halt_polls_and_page_faults_of_vcpus_stand_apart_from_other_events() -> None:
    """Two are times, one is the sum that its results are parts of."""
    flat = {
        "vcpu.0.halt_poll_success_ns.sum": 1_500_000_000,
        "vcpu.0.halt_poll_fail_ns.sum": 500_000_000,
        "vcpu.0.pf_taken.sum": 9,
    }
    labels = 'domain="web-1",vcpu="0"'
    assert set(statistics(domain_vcpu_kvm.COLLECTOR, flat)) == {
        f"libvirt_domain_vcpu_kvm_halt_poll_success_seconds_total{{{labels}}} 1.5",
        f"libvirt_domain_vcpu_kvm_halt_poll_fail_seconds_total{{{labels}}} 0.5",
        f"libvirt_domain_vcpu_kvm_page_faults_total{{{labels}}} 9",
    }


def test_a_halted_vcpu_and_requests_without_room_are_told_where_drivers_have_them() -> None:
    """s390x says halted, Xen says how often its ring was full."""
    assert statistics(domain_vcpu.COLLECTOR, {"vcpu.1.halted": True}) == [
        'libvirt_domain_vcpu_halted{domain="web-1",vcpu="1"} 1'
    ]
    assert statistics(domain_block.COLLECTOR, {"block.0.name": "xvda", "block.0.errors": 3}) == [
        'libvirt_domain_block_stats_out_of_requests_total{domain="web-1",target_device="xvda"} 3'
    ]
