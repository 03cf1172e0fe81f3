"""What happened on a host: the record of an event, their counts, and the newest in a ring. Nothing of libvirt."""
