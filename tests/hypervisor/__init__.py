"""The layer that speaks to libvirt, against libvirt's own test driver."""
