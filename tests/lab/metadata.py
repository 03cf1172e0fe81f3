"""Guest metadata as the big platforms write it, with made-up names."""

NOVA_1_1 = """\
<nova:instance xmlns:nova="http://openstack.org/xmlns/libvirt/nova/1.1">
  <nova:package version="28.1.0"/>
  <nova:name>billing-db</nova:name>
  <nova:creationTime>2026-05-04 08:15:30</nova:creationTime>
  <nova:flavor name="m1.tiny">
    <nova:memory>16</nova:memory><nova:disk>1</nova:disk><nova:swap>0</nova:swap>
    <nova:ephemeral>0</nova:ephemeral><nova:vcpus>1</nova:vcpus>
  </nova:flavor>
  <nova:owner>
    <nova:user uuid="7f6ae0c9a24f4a1c8a3b3d1c6ce1d0aa">alice</nova:user>
    <nova:project uuid="2b1c0a8f5d3e4f6b9c7d8e0f1a2b3c4d">billing</nova:project>
  </nova:owner>
  <nova:root type="image" uuid="4a5b6c7d-1111-4222-8333-444455556666"/>
  <nova:ports>
    <nova:port uuid="0c9d8e7f-aaaa-4bbb-8ccc-ddddeeeeffff">
      <nova:ip type="fixed" address="10.1.2.3" ipVersion="4"/>
    </nova:port>
  </nova:ports>
</nova:instance>"""

NOVA_1_0 = """\
<nova:instance xmlns:nova="http://openstack.org/xmlns/libvirt/nova/1.0">
  <nova:package version="20.6.1"/>
  <nova:name>legacy-mail</nova:name>
  <nova:creationTime>2020-02-03 10:00:00</nova:creationTime>
  <nova:flavor name="m1.small"><nova:memory>16</nova:memory><nova:vcpus>1</nova:vcpus></nova:flavor>
  <nova:owner>
    <nova:user uuid="0123456789abcdef0123456789abcdef">bob</nova:user>
    <nova:project uuid="fedcba9876543210fedcba9876543210">mail &amp; groupware</nova:project>
  </nova:owner>
</nova:instance>"""

KUBEVIRT = """\
<kubevirt xmlns="http://kubevirt.io">
  <uid>9d0b1a2c-3e4f-4a5b-8c6d-7e8f9a0b1c2d</uid>
  <graceperiod><deletionGracePeriodSeconds>30</deletionGracePeriodSeconds></graceperiod>
</kubevirt>"""

OVIRT = """\
<ovirt-vm:vm xmlns:ovirt-vm="http://ovirt.org/vm/1.0">
  <ovirt-vm:clusterVersion>4.7</ovirt-vm:clusterVersion>
  <ovirt-vm:minGuaranteedMemoryMb type="int">16</ovirt-vm:minGuaranteedMemoryMb>
  <ovirt-vm:startTime type="float">1790000000.5</ovirt-vm:startTime>
</ovirt-vm:vm>"""

CUSTOM = """\
<inventory:machine xmlns:inventory="https://inventory.example.com/machine/1">
  <inventory:team>search</inventory:team><inventory:tier>gold</inventory:tier>
</inventory:machine>
<libosinfo:libosinfo xmlns:libosinfo="http://libosinfo.org/xmlns/libvirt/domain/1.0">
  <libosinfo:os id="http://debian.org/debian/12"/>
</libosinfo:libosinfo>"""
