"""libvirt's own event loop, in one thread of the process.

It must be registered before the first connection is opened and then run for ever: keepalive, close callbacks and events
all come through it, and a daemon drops clients whose loop does not answer its pings.
"""

import threading
import time

import libvirt
import structlog

from exporter.hypervisor import lasterror

_BEAT_MILLISECONDS = 1000

logger = structlog.get_logger()


class EventLoop:
    """The native loop; `last_turn` (Unix seconds) shows that it turns."""

    def __init__(self) -> None:
        self.last_turn = time.time()
        self._thread: threading.Thread | None = None
        self._turned = threading.Event()

    def start(self) -> None:
        """Register the loop with libvirt and run it; later calls do nothing, as libvirt takes one loop a process."""
        if self._thread is not None:
            return
        libvirt.registerErrorHandler(_log_error, None)
        libvirt.virEventRegisterDefaultImpl()
        # Without a timer the loop would sleep until something happens, and look stuck.
        libvirt.virEventAddTimeout(_BEAT_MILLISECONDS, self._beat, None)
        self._thread = threading.Thread(target=self._run, name="libvirt-events", daemon=True)
        self._thread.start()

    def _beat(self, _timer: int, _opaque: object) -> None:
        self.last_turn = time.time()
        self._turned.set()

    def turned(self, seconds: float) -> bool:
        """Whether the loop turns within the next `seconds`, which must be more than its beat of one second."""
        self._turned.clear()
        return self._turned.wait(seconds)

    def _run(self) -> None:
        while True:
            if libvirt.virEventRunDefaultImpl() < 0:
                logger.error("libvirt event loop failed once")


def _log_error(_context: object, error: tuple[object, ...]) -> None:
    """What libvirt would print to stderr; every failed call raises as well, so this is for the curious."""
    lasterror.keep(error)
    logger.debug("libvirt said", message=error[2], code=error[0], domain=error[1])


LOOP = EventLoop()
"""The loop of this process."""
