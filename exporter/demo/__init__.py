"""What the demo host consists of: plain data, without libvirt, which `exporter.hypervisor.demo` brings to life."""
