"""A guest on its way from one private libvirtd to another, for as long as a test wants."""

import threading
from typing import Any

import libvirt

from .guests import Guests
from .libvirtd import Libvirtd

_MIB_A_SECOND = 12
"""Less than a guest of the role `dirtier` writes to its memory, so that the migration does not end by itself."""

_IDENTITY = 'host_uuid = "11111111-2222-4333-8444-555566667777"\n'
"""Of the second host: libvirt moves no guest to the host it is on, which both daemons of one machine believe to be."""


def destination() -> Libvirtd:
    """A second host, whose daemon was not started."""
    return Libvirtd(settings=_IDENTITY)


class Migration:
    """A live migration from `source` to `target`, slower than the guest writes until `hurry`.

    The daemons reach each other, and their QEMUs too, through sockets in the target's directory: both hosts have a
    network of their own. The guest's disks must be files that both see under the same name.
    """

    def __init__(self, source: Libvirtd, target: Libvirtd, name: str) -> None:
        self.error = ""
        self._name = name
        self._target = target
        with_network = Guests(target)
        with_network.network()
        with_network.close()
        self._connection: Any = libvirt.open(source.admin_uri)
        self._thread = threading.Thread(target=self._migrate, daemon=True)
        self._thread.start()

    def _migrate(self) -> None:
        connection = libvirt.open(self._connection.getURI())
        try:
            connection.lookupByName(self._name).migrateToURI3(
                self._target.admin_uri,
                {
                    libvirt.VIR_MIGRATE_PARAM_URI: f"unix://{self._target.directory}/migration.sock",
                    libvirt.VIR_MIGRATE_PARAM_BANDWIDTH: _MIB_A_SECOND,
                },
                libvirt.VIR_MIGRATE_PEER2PEER
                | libvirt.VIR_MIGRATE_LIVE
                | libvirt.VIR_MIGRATE_PERSIST_DEST
                | libvirt.VIR_MIGRATE_UNDEFINE_SOURCE
                | libvirt.VIR_MIGRATE_UNSAFE,  # the disk is shared, which libvirt cannot know of one file system
            )
        except libvirt.libvirtError as error:
            self.error = str(error)
        finally:
            connection.close()

    def hurry(self) -> None:
        """Let it go as fast as it can, and wait for its end; raise AssertionError when it failed."""
        self._connection.lookupByName(self._name).migrateSetMaxSpeed(1000)
        self._thread.join(60)
        assert not self._thread.is_alive(), "the migration does not end"
        assert not self.error, self.error

    def close(self) -> None:
        """Close the connection; a migration that goes on ends with its hosts."""
        self._connection.close()
