"""Recordings of hosts in the place of libvirt: everything above the binding runs as it does on a host."""
