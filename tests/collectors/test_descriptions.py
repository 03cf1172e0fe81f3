"""What collectors make of domain XML, beside what the golden pages show of recorded guests."""

from xml.etree import ElementTree

import pytest

from exporter.collection.attempt import WrongData
from exporter.collectors import (
    domain_block_info,
    domain_channel,
    domain_device,
    domain_info,
    domain_interface_info,
    domain_iothread,
    domain_iotune,
    domain_metadata,
    domain_openstack_port,
    domain_tuning,
)
from exporter.collectors.hugepages import hugepages
from exporter.exposition.rows import Rows
from exporter.metadata import NAMESPACES, MetadataSettings, XPath
from tests.collectors.written import description, guest
from tests.replay.host import collected, page
from tests.replay.shapes import recording


def _devices(*devices: str) -> str:
    return f"<domain><devices>{''.join(devices)}</devices></domain>"


def test_the_image_of_a_network_disk_is_its_name_and_protocol() -> None:
    """What a storage cluster calls the image stands where a path would."""
    xml = _devices(
        "<disk type='network' device='disk'><source protocol='rbd' name='volumes/one'/>"
        "<target dev='vda' bus='virtio'/><serial>s-1</serial></disk>"
    )
    (line,) = [each for each in description(domain_block_info.COLLECTOR, xml) if "stats_info" in each]
    assert 'source_file="volumes/one",source_protocol="rbd"' in line
    assert 'serial="s-1"' in line


def test_a_disk_out_of_a_pool_names_pool_and_volume() -> None:
    """Joins to the metrics of storage pools."""
    xml = _devices("<disk type='volume'><source pool='fast' volume='db'/><target dev='vdb'/></disk>")
    lines = description(domain_block_info.COLLECTOR, xml)
    assert any('source_file="fast/db"' in line for line in lines)
    assert any('storage_pool="fast"' in line and 'volume="db"' in line for line in lines)


def test_images_behind_a_disk_are_counted_to_the_end_of_the_chain() -> None:
    """The empty element that ends a chain is no image."""
    chain = (
        "<backingStore><source file='b'/><backingStore><source file='c'/><backingStore/></backingStore></backingStore>"
    )
    xml = _devices(f"<disk type='file'><source file='a'/><target dev='vda'/>{chain}</disk>")
    wanted = 'libvirt_domain_block_backing_images{domain="web-1",target_device="vda"} 2'
    assert wanted in description(domain_block_info.COLLECTOR, xml)


def test_the_chain_of_a_guest_that_is_off_is_not_known() -> None:
    """libvirt looks behind an image only when the guest starts."""
    xml = _devices("<disk type='file'><source file='a'/><target dev='vda'/></disk>")
    lines = description(domain_block_info.COLLECTOR, xml, about=guest(active=False))
    assert not [line for line in lines if "backing_images" in line]


@pytest.mark.parametrize(("source", "present"), [("<source file='x.iso'/>", 1), ("", 0)])
def test_a_drive_says_whether_it_holds_a_medium(source: str, present: int) -> None:
    """A disk without removable media has no such series."""
    xml = _devices(f"<disk type='file' device='cdrom'>{source}<target dev='sda'/></disk>")
    wanted = f'libvirt_domain_block_media_present{{domain="web-1",target_device="sda"}} {present}'
    assert wanted in description(domain_block_info.COLLECTOR, xml)


def test_a_limit_of_zero_is_no_limit() -> None:
    """libvirt writes 0 for unlimited."""
    xml = _devices("<disk><target dev='vda'/><iotune><total_bytes_sec>0</total_bytes_sec></iotune></disk>")
    assert description(domain_iotune.COLLECTOR, xml) == []


def test_limits_of_groups_of_throttle_filters_name_their_groups() -> None:
    """Filters of newer libvirt limit a disk by the groups they name."""
    xml = _devices(
        "<disk><target dev='vda'/><throttlefilters><throttlefilter group='a'/><throttlefilter group='b'/>"
        "</throttlefilters></disk>"
    )
    lines = description(domain_iotune.COLLECTOR, xml)
    assert [line.partition('group="')[2][0] for line in lines] == ["a", "b"]


def test_bandwidth_of_an_interface_is_in_bytes() -> None:
    """Averages are kilobytes of 1000 in libvirt, bursts are KiB."""
    xml = _devices(
        "<interface type='bridge'><mac address='52:54:00:00:00:01'/><target dev='vnet0'/><link state='down'/>"
        "<bandwidth><inbound average='1000' peak='2000' burst='10' floor='5'/>"
        "<outbound average='300' peak='400' burst='20'/></bandwidth></interface>"
    )
    lines = description(domain_interface_info.COLLECTOR, xml)
    labels = '{domain="web-1",target_device="vnet0"}'
    assert {line for line in lines if "_info" not in line} == {
        f"libvirt_domain_interface_link_up{labels} 0",
        f"libvirt_domain_interface_inbound_average_bytes_per_second{labels} 1000000",
        f"libvirt_domain_interface_inbound_peak_bytes_per_second{labels} 2000000",
        f"libvirt_domain_interface_inbound_burst_bytes{labels} 10240",
        f"libvirt_domain_interface_inbound_floor_bytes_per_second{labels} 5000",
        f"libvirt_domain_interface_outbound_average_bytes_per_second{labels} 300000",
        f"libvirt_domain_interface_outbound_peak_bytes_per_second{labels} 400000",
        f"libvirt_domain_interface_outbound_burst_bytes{labels} 20480",
    }


def test_interfaces_without_a_name_on_the_host_are_known_by_their_address() -> None:
    """A guest that is off has no vnet devices; both of its interfaces are shown."""
    xml = _devices(*(f"<interface type='network'><mac address='52:54:00:00:00:0{n}'/></interface>" for n in (1, 2)))
    lines = description(domain_interface_info.COLLECTOR, xml)
    assert len([line for line in lines if "stats_info" in line]) == 2


def test_addresses_of_assigned_devices_are_written_as_their_tools_do() -> None:
    """PCI as lspci does, mediated devices by uuid, USB by bus and device."""
    pci = "<address domain='0x0000' bus='0x06' slot='0x12' function='0x5'/>"
    xml = _devices(
        f"<hostdev type='pci' managed='yes'><source>{pci}</source></hostdev>",
        "<hostdev type='mdev' model='vfio-pci'><source><address uuid='c2177883-f1bb'/></source></hostdev>",
        "<hostdev type='usb'><source><address bus='1' device='4'/></source></hostdev>",
        "<hostdev type='usb'><source><vendor id='0x1234'/><product id='0xbeef'/></source></hostdev>",
    )
    addresses = [line.partition('address="')[2].partition('"')[0] for line in description(domain_device.COLLECTOR, xml)]
    assert addresses == ["0000:06:12.5", "c2177883-f1bb", "1:4", "0x1234:0xbeef"]


def test_memory_devices_have_sizes_in_bytes() -> None:
    """Each size has its own unit in the description."""
    xml = _devices(
        "<memory model='virtio-mem'><target><size unit='GiB'>4</size><requested unit='KiB'>1048576</requested>"
        "<current unit='KiB'>524288</current></target><alias name='vmem0'/></memory>"
    )
    labels = '{alias="vmem0",domain="web-1",model="virtio-mem"}'
    assert description(domain_device.COLLECTOR, xml) == [
        f"libvirt_domain_memory_device_bytes{labels} {4 * 1024**3}",
        f"libvirt_domain_memory_device_requested_bytes{labels} {1024**3}",
        f"libvirt_domain_memory_device_current_bytes{labels} {512 * 1024**2}",
    ]


def test_a_confidential_guest_says_by_what() -> None:
    """The kind alone: the rest is refused to a read-only connection."""
    xml = "<domain><launchSecurity type='sev-snp'><policy>0x30000</policy></launchSecurity></domain>"
    wanted = 'libvirt_domain_launch_security_info{domain="web-1",kind="sev-snp"} 1'
    assert description(domain_device.COLLECTOR, xml) == [wanted]


def test_devices_that_are_alike_are_one_series_and_nothing_is_left_out() -> None:
    """Two adapters of a kind say what one says; memory modules and assigned devices have names of their own."""
    module = "<memory model='dimm'><target><size unit='KiB'>1048576</size></target></memory>"
    stick = "<hostdev type='usb'><source><vendor id='0x1234'/><product id='0xbeef'/></source></hostdev>"
    pairs = ("<video><model type='qxl' heads='1'/></video>", "<rng model='virtio'/>", "<watchdog model='i6300esb'/>")
    rows = Rows()
    xml = _devices(*(device * 2 for device in (module, stick, *pairs)))
    domain_device.describe(guest(active=False), ElementTree.fromstring(xml), rows)
    assert rows.duplicates == 0
    lines = [line for data in rows.written().values() for line in data.decode().splitlines()]
    assert [line.partition('alias="')[2].partition('"')[0] for line in lines if "alias" in line] == [
        "hostdev0",
        "hostdev1",
        "memory0",
        "memory1",
    ]
    assert len(lines) == 4 + len(pairs)


def test_a_guest_agent_that_is_gone_is_told_apart_from_other_channels() -> None:
    """The agent has a name of its own; a channel without a state has no series."""
    xml = _devices(
        "<channel><target name='org.qemu.guest_agent.0' state='disconnected'/></channel>",
        "<channel><target name='com.redhat.spice.0' state='connected'/></channel>",
        "<channel><target name='org.example.off'/></channel>",
    )
    assert description(domain_channel.COLLECTOR, xml) == [
        'libvirt_domain_agent_connected{domain="web-1"} 0',
        'libvirt_domain_channel_connected{channel="com.redhat.spice.0",domain="web-1"} 1',
    ]


def test_secure_boot_stands_beside_firmware_and_processor() -> None:
    """A loader in flash memory is EFI firmware."""
    xml = (
        "<domain type='kvm'><os><loader type='pflash' secure='yes'>/usr/share/OVMF.fd</loader></os>"
        "<cpu mode='custom'><model>Cascadelake-Server</model></cpu></domain>"
    )
    (line,) = [each for each in description(domain_info.COLLECTOR, xml) if "hardware" in each]
    for pair in ('firmware="efi"', 'secure_boot="yes"', 'cpu_model="Cascadelake-Server"', 'virtualization="kvm"'):
        assert pair in line


def test_no_quota_is_no_limit() -> None:
    """A negative quota of libvirt means that there is none."""
    xml = "<domain><cputune><period>100000</period><quota>-1</quota></cputune></domain>"
    wanted = 'libvirt_domain_tuning_cpu_period_seconds{domain="web-1",scope="vcpu"} 0.1'
    assert description(domain_tuning.COLLECTOR, xml) == [wanted]


def test_huge_pages_are_counted_by_the_cells_they_back() -> None:
    """Pages of 1 GiB back the first cell; what is left is on those without a nodeset."""
    root = ElementTree.fromstring(
        "<domain><memory unit='GiB'>6</memory><memoryBacking><hugepages>"
        "<page size='1' unit='GiB' nodeset='0'/><page size='2' unit='MiB'/></hugepages></memoryBacking>"
        "<cpu><numa><cell id='0' memory='4' unit='GiB'/><cell id='1' memory='2' unit='GiB'/></numa></cpu></domain>"
    )
    assert hugepages(root) == {str(1024**3): 4 * 1024**3, str(2 * 1024**2): 2 * 1024**3}


PORTS = (
    "<domain><metadata><n:instance xmlns:n='http://openstack.org/xmlns/libvirt/nova/1.1'><n:ports>"
    "<n:port uuid='p-1'><n:ip type='fixed' address='10.1.2.3' ipVersion='4'/>"
    "<n:ip type='fixed' address='fd00::3' ipVersion='6'/></n:port>{more}</n:ports></n:instance></metadata></domain>"
)


def test_each_address_of_a_port_is_a_series() -> None:
    """Of both versions of the protocol; a port without an address, and a guest without ports, have none."""
    lines = description(domain_openstack_port.COLLECTOR, PORTS.format(more="<n:port uuid='p-2'/>"))
    assert lines == [
        'libvirt_domain_openstack_port_info{address="10.1.2.3",address_type="fixed",domain="web-1",ip_version="4",'
        'port_id="p-1"} 1',
        'libvirt_domain_openstack_port_info{address="fd00::3",address_type="fixed",domain="web-1",ip_version="6",'
        'port_id="p-1"} 1',
    ]
    assert description(domain_openstack_port.COLLECTOR, "<domain/>") == []


def test_more_addresses_than_any_guest_has_cost_this_guest_of_this_collector() -> None:
    """Whoever may write metadata could fill a page otherwise."""
    many = "<n:port uuid='p-2'>" + "<n:ip address='10.0.0.1'/>" * 1000 + "</n:port>"
    with pytest.raises(WrongData, match="1002 addresses"):
        description(domain_openstack_port.COLLECTOR, PORTS.format(more=many))


def test_a_title_is_cut() -> None:
    """A label must not carry a novel."""
    (line,) = description(domain_metadata.COLLECTOR, f"<domain><title>{'x' * 500}</title></domain>")
    assert line.count("x") == 128


def test_an_odd_time_or_size_of_an_instance_costs_only_itself() -> None:
    """Its title, its identity and what can be read beside it stay."""
    found = recording("many")
    odd = next(each for each in found["guests"] if each["name"] == "nova-new")
    odd["xml"] = odd["xml"].replace("2026-05-04 08:15:30", "lately")
    host = collected(found)
    text = page(host, "text")
    for name in ("info", "root_info", "flavor_vcpus"):
        assert f'libvirt_domain_openstack_{name}{{domain="nova-new"' in text
    assert 'libvirt_domain_openstack_creation_timestamp_seconds{domain="nova-new"' not in text
    assert 'libvirt_domain_openstack_creation_timestamp_seconds{domain="nova-old"' in text
    assert host.figures.parts["domain_metadata"].invalid == 1
    assert host.figures.collectors["domain_metadata"].failures >= 1


def test_labels_of_the_configuration_become_one_info_metric() -> None:
    """Each XPath gives a label; a guest without any of them has no series."""
    namespaces = {**NAMESPACES, "shop": "https://shop.example/1"}
    labels = {
        "team": XPath.parse("metadata/shop:owner/@team", namespaces),
        "tier": XPath.parse("metadata/shop:tier", namespaces),
    }
    collector = domain_metadata.configure(MetadataSettings(namespaces, labels))
    xml = "<domain><metadata><s:owner xmlns:s='https://shop.example/1' team='search'/></metadata></domain>"
    wanted = 'libvirt_domain_metadata_info{domain="web-1",team="search",tier=""} 1'
    assert description(collector, xml) == [wanted]
    assert description(collector, "<domain/>") == []


def test_a_number_that_is_none_costs_this_guest_of_this_collector() -> None:
    """It is said which collector failed, and nothing is written by halves."""
    with pytest.raises(WrongData):
        description(domain_tuning.COLLECTOR, "<domain><cputune><shares>many</shares></cputune></domain>")


def test_a_number_of_threads_no_guest_has_costs_this_guest_of_this_collector() -> None:
    """libvirt takes it as it was written; a series for each thread would fill the memory."""
    with pytest.raises(WrongData, match="4000000000 I/O threads"):
        description(domain_iothread.COLLECTOR, "<domain><iothreads>4000000000</iothreads></domain>")
