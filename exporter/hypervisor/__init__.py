"""Everything that speaks to libvirt, over connections that may only read."""
