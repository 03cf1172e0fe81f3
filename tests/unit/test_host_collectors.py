"""Collectors of the host's things over descriptions that no machine at hand gives."""

from xml.etree import ElementTree

from exporter.collectors import host_interface, network, node_device, storage_pool
from exporter.collectors.collector import Collector
from exporter.exposition.live import write_rows
from exporter.exposition.rows import Rows
from exporter.hypervisor.devices import HostInterfaces, NodeDevices
from exporter.hypervisor.networks import Lease, Network
from exporter.hypervisor.storage import Pool
from exporter.hypervisor.things import Thing

_THING = Thing("one", active=True, persistent=True, autostart=False)


def _samples(collector: Collector, rows: Rows) -> list[str]:
    text = write_rows(collector.metrics, rows, "text").decode()
    return [line for line in text.splitlines() if not line.startswith("#")]


def test_virtual_functions_and_mediated_devices_are_counted() -> None:
    """SR-IOV functions set up and possible, mediated devices in use and left."""
    pci = """\
<device><name>pci_0000_3b_00_0</name><capability type='pci'>
  <capability type='virt_functions' maxCount='64'><address bus='0x3b'/><address bus='0x3b'/></capability>
</capability></device>"""
    parent = """\
<device><name>pci_0000_65_00_0</name><capability type='pci'><capability type='mdev_types'>
  <type id='nvidia-35'><name>GRID</name><availableInstances>14</availableInstances></type>
</capability></capability></device>"""
    mdev = """\
<device><name>mdev_1</name><parent>pci_0000_65_00_0</parent>
  <capability type='mdev'><type id='nvidia-35'/></capability></device>"""
    rows = Rows()
    devices = NodeDevices(
        {"pci": 2},
        [ElementTree.fromstring(parent)],
        [ElementTree.fromstring(mdev), ElementTree.fromstring(mdev)],
        [ElementTree.fromstring(pci), ElementTree.fromstring(parent)],
    )
    node_device.collect(devices, rows)
    assert _samples(node_device.COLLECTOR, rows) == [
        'libvirt_node_devices{capability="pci"} 2',
        'libvirt_node_mdev_available_instances{device="pci_0000_65_00_0",mdev_type="nvidia-35"} 14',
        'libvirt_node_mdev_instances{device="pci_0000_65_00_0",mdev_type="nvidia-35"} 2',
        'libvirt_node_pci_virtual_functions{device="pci_0000_3b_00_0"} 2',
        'libvirt_node_pci_virtual_functions_maximum{device="pci_0000_3b_00_0"} 64',
    ]


def test_limits_and_reservations_of_a_network_are_told() -> None:
    """Kilobytes of 1000 a second for rates, KiB for bursts; IPv6 ranges are not counted as IPv4 addresses."""
    root = """\
<network connections='3'><name>one</name><uuid>u</uuid><forward/><bridge name='br7'/><mtu size='9000'/>
  <bandwidth><inbound average='1000' peak='5000' burst='1024'/><outbound average='30' peak='40' burst='2'/></bandwidth>
  <ip address='10.0.0.1' netmask='255.255.255.0'><dhcp>
    <range start='10.0.0.10' end='10.0.0.19'/><range start='10.0.0.30' end='10.0.0.30'/><host mac='m' ip='10.0.0.5'/>
  </dhcp></ip>
  <ip family='ipv6' address='fd00::1' prefix='64'><dhcp><range start='fd00::10' end='fd00::ff'/></dhcp></ip>
</network>"""
    rows = Rows()
    network.collect(_THING, Network(ElementTree.fromstring(root), None, None), rows)
    assert set(_samples(network.COLLECTOR, rows)) == {
        'libvirt_network_info{bridge="br7",domain_name="",forward_mode="nat",network="one",uuid="u"} 1',
        'libvirt_network_active{network="one"} 1',
        'libvirt_network_persistent{network="one"} 1',
        'libvirt_network_autostart{network="one"} 0',
        'libvirt_network_connections{network="one"} 3',
        'libvirt_network_mtu_bytes{network="one"} 9000',
        'libvirt_network_dhcp_addresses{network="one"} 11',
        'libvirt_network_dhcp_reservations{network="one"} 1',
        'libvirt_network_inbound_average_bytes_per_second{network="one"} 1000000',
        'libvirt_network_inbound_peak_bytes_per_second{network="one"} 5000000',
        'libvirt_network_inbound_burst_bytes{network="one"} 1048576',
        'libvirt_network_outbound_average_bytes_per_second{network="one"} 30000',
        'libvirt_network_outbound_peak_bytes_per_second{network="one"} 40000',
        'libvirt_network_outbound_burst_bytes{network="one"} 2048',
    }


def test_only_leases_out_of_an_ipv4_range_make_it_smaller() -> None:
    """Five of ten are given; IPv6 leases and a reservation outside the range take nothing of it."""
    root = """\
<network><name>one</name>
  <ip address='10.0.0.1' netmask='255.255.255.0'><dhcp>
    <range start='10.0.0.10' end='10.0.0.19'/><host mac='m' ip='10.0.0.200'/>
  </dhcp></ip>
  <ip family='ipv6' address='fd00::1' prefix='64'><dhcp><range start='fd00::10' end='fd00::ff'/></dhcp></ip>
</network>"""
    addresses = [f"10.0.0.{last}" for last in (10, 12, 14, 16, 19, 9, 20, 200)] + [f"fd00::{n}" for n in range(10, 20)]
    leases = [Lease("m", address, 24, "", None) for address in addresses]
    rows = Rows()
    network.collect(_THING, Network(ElementTree.fromstring(root), None, leases), rows)
    assert [line for line in _samples(network.COLLECTOR, rows) if "dhcp" in line] == [
        'libvirt_network_dhcp_leases{network="one"} 5',
        'libvirt_network_dhcp_addresses{network="one"} 10',
        'libvirt_network_dhcp_reservations{network="one"} 1',
    ]


def test_a_source_is_told_without_its_credentials() -> None:
    """Hosts, name and directory stand in the label; user and secret do not."""
    root = """\
<pool type='rbd'><name>one</name><uuid>u</uuid><source>
  <host name='mon1' port='6789'/><host name='mon2'/><name>vms</name>
  <auth type='ceph' username='admin'><secret uuid='2ec115d7'/></auth>
</source></pool>"""
    rows = Rows()
    storage_pool.collect(_THING, Pool([2, 30, 10, 20], ElementTree.fromstring(root), 5), rows)
    (info,) = (line for line in _samples(storage_pool.COLLECTOR, rows) if "_info{" in line)
    assert 'source="mon1,mon2:vms"' in info
    assert "admin" not in info


def test_a_member_of_a_bridge_names_it_as_its_parent() -> None:
    """Speeds are bytes a second; a speed libvirt does not know is absent."""
    bridge = "<interface type='bridge' name='br0'><bridge><interface type='ethernet' name='eth0'/></bridge></interface>"
    card = "<interface type='ethernet' name='eth0'><link speed='1000' state='up'/><mac address='m'/></interface>"
    other = "<interface type='ethernet' name='eth1'><link speed='4294967295' state='down'/></interface>"
    rows = Rows()
    roots = [ElementTree.fromstring(each) for each in (bridge, card, other)]
    host_interface.collect(HostInterfaces(roots, frozenset({"br0", "eth0"})), rows)
    samples = _samples(host_interface.COLLECTOR, rows)
    assert (
        'libvirt_host_interface_info{interface="eth0",interface_type="ethernet",mac_address="m",parent="br0"} 1'
        in samples
    )
    assert [line for line in samples if "speed" in line] == [
        'libvirt_host_interface_speed_bytes_per_second{interface="eth0"} 125000000'
    ]
    assert 'libvirt_host_interface_link_up{interface="eth1"} 0' in samples
    assert 'libvirt_host_interface_active{interface="eth1"} 0' in samples
