"""Guests that come and go."""

import itertools
import time
from typing import Any

import libvirt

from tests.lab.guests import Guests
from tests.lab.polling import eventually


class Churn:
    """Defines, starts, renames, destroys and undefines guests, `a_minute` of them, `alive` at a time."""

    def __init__(self, guests: Guests, a_minute: float, alive: int = 4) -> None:
        self._guests = guests
        self._pause = 60.0 / a_minute
        self._alive = alive
        self._numbers = itertools.count()
        self._living: list[Any] = []
        self.made = 0
        self.gone: set[str] = set()
        """Names nobody has any more."""

    def run(self, seconds: float) -> None:
        """Let guests come and go for so long."""
        started = time.monotonic()
        due = started
        while due < started + seconds:
            self._turn()
            due += self._pause
            at = due
            eventually(lambda: time.monotonic() >= at, within=seconds, every=0.1, what="the next guest's time")  # noqa: B023

    def end(self) -> None:
        """Let the last ones go."""
        while self._living:
            self._bury()

    def _turn(self) -> None:
        name = f"mayfly-{next(self._numbers)}"
        guest = self._guests.idle(f"{name}-larva", disks=1, nics=1, vcpus=1)
        domain = self._guests.define(guest)
        domain.rename(name)
        self.gone.add(guest.name)
        domain = self._guests.connection.lookupByName(name)
        domain.createWithFlags(libvirt.VIR_DOMAIN_START_PAUSED)
        self._living.append(domain)
        self.made += 1
        if len(self._living) > self._alive:
            self._bury()

    def _bury(self) -> None:
        domain = self._living.pop(0)
        domain.destroy()
        domain.undefine()
        self.gone.add(domain.name())
