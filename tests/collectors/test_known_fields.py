"""Which fields of statistics this exporter understands, and what becomes of the others."""

import pytest

from exporter.collectors.registry import KNOWN_FIELDS
from exporter.hypervisor.record import Record
from exporter.hypervisor.unknown import KnownFields
from tests.replay.shapes import recording

_DOCUMENTED = """
state.state state.reason cpu.time cpu.user cpu.system cpu.haltpoll.success.time cpu.haltpoll.fail.time
cpu.cache.monitor.count cpu.cache.monitor.0.name cpu.cache.monitor.0.vcpus cpu.cache.monitor.0.bank.count
cpu.cache.monitor.0.bank.3.id cpu.cache.monitor.0.bank.3.bytes cpu.energy.monitor.count cpu.energy.monitor.12.name
cpu.energy.monitor.0.pkg.count cpu.energy.monitor.0.pkg.0.id cpu.energy.monitor.0.pkg.0.core_energy
balloon.current balloon.last-update balloon.hugetlb_pgfail vcpu.current vcpu.maximum vcpu.17.state vcpu.17.delay
vcpu.17.halted vcpu.3.exits.sum vcpu.3.blocking.cur net.count net.0.name net.9.rx.drop block.count block.0.name
block.0.path block.0.backingIndex block.0.threshold block.0.limits.iov_hw_max block.0.timed_group.count
block.0.timed_group.2.interval block.0.timed_group.2.zone_append_latency_min block.0.timed_group.2.wr_queue_depth_avg
block.0.latency_histogram.flush.bin.count block.0.latency_histogram.flush.bin.11.start
block.0.latency_histogram.flush.bin.11.value perf.cmt perf.emulation_faults iothread.count iothread.2.poll-max-ns
memory.bandwidth.monitor.count memory.bandwidth.monitor.0.node.1.bytes.local dirtyrate.calc_status
dirtyrate.calc_mode dirtyrate.vcpu.5.megabytes_per_second vm.anything_the_kernel_counts.sum vm.pages_4k.cur
vm.max_mmu_rmap_size.max
"""


def _unknown(*keys: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    KnownFields(KNOWN_FIELDS).note_unknown(Record(dict.fromkeys(keys, 0)), found)
    return found


@pytest.mark.parametrize("key", _DOCUMENTED.split())
def test_a_documented_field_is_understood(key: str) -> None:
    """Every kind of key of libvirt up to 12.4."""
    assert _unknown(key) == {}


def test_every_recorded_field_is_understood() -> None:
    """Real guests have nothing that no collector knows."""
    keys = {key for guest in recording("many")["guests"] for key in (*guest["stats"], *guest["stats_backing"])}
    assert _unknown(*keys) == {}


def test_unknown_fields_are_counted_by_group_without_their_numbers() -> None:
    """Ten disks with a new field are one new field."""
    keys = (*(f"block.{number}.rd.merged" for number in range(10)), "weather.today", "cpu.new.3.thing")
    assert _unknown(*keys) == {
        "block": {"block.<n>.rd.merged"},
        "weather": {"weather.today"},
        "cpu": {"cpu.new.<n>.thing"},
    }
