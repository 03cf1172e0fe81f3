"""What systemd is told: that the agent is ready, that it turns, that it stops (sd_notify(3), Type=notify)."""

import os
import socket
import threading
from collections.abc import Callable, Mapping, Sequence

import structlog

logger = structlog.get_logger()


class Notifier:
    """Speaks to the service manager of `environ`, and says nothing where there is none."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        # A leading @ stands for the NUL byte of an abstract socket.
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        ours = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        microseconds = environ.get("WATCHDOG_USEC", "")
        self._limit = int(microseconds) / 1e6 if ours and microseconds.isdecimal() else 0.0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._feed, name="notify", daemon=True)
        self._turning: Sequence[Callable[[float], bool]] = ()

    def ready(self, *turning: Callable[[float], bool]) -> None:
        """Say that the agent answers, and from now on feed the watchdog if the manager wants that.

        Each of `turning` is given seconds and says whether a loop turned within them. Three are asked in the time that
        the manager allows; if one says no, the manager is not told anything, and restarts the service in the end.
        """
        self._say("READY=1")
        if self._address and self._limit:
            self._turning = turning
            self._thread.start()

    def stopping(self) -> None:
        """Say that the agent is about to end."""
        self._stopped.set()
        self._say("STOPPING=1")

    def _feed(self) -> None:
        pause = self._limit / 3
        while not self._stopped.wait(pause):
            if all(turned(pause) for turned in self._turning):
                self._say("WATCHDOG=1")
            else:
                logger.error("an event loop does not turn, the watchdog is not fed")

    def _say(self, state: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as plain:
                plain.sendto(state.encode(), self._address)
        except OSError as error:
            logger.warning("systemd not reached", state=state, error=str(error))
