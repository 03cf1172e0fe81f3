"""Lets collectors write what calls about one guest at a time gave, to the daemon or to the agent inside the guest."""

from collections.abc import Iterable, Mapping
from typing import Any

from exporter.collection.plan import Batch
from exporter.collection.writing import Writing
from exporter.collectors.source import AgentCall, GuestCall
from exporter.figures import HostFigures
from exporter.guest import Guest
from exporter.hypervisor.agentlane import AgentLane
from exporter.hypervisor.errors import NotSupported
from exporter.hypervisor.guestcalls import ask_guests
from exporter.outcome import Outcome


class GuestCalls:
    """The guests of one host, asked one by one. `expires` is until when (steady seconds) what they say may stand."""

    def __init__(self, figures: HostFigures, writing: Writing, agents: AgentLane | None) -> None:
        self._figures = figures
        self._writing = writing
        self._agents = agents

    def forget(self) -> None:
        """The host was away: agents that did not answer are asked again."""
        if self._agents is not None:
            self._agents.forget()

    def ask(self, batch: Batch, source: GuestCall, outcomes: Mapping[str, Outcome], expires: float) -> None:
        """Ask the daemon about each guest that was listed last; raises HypervisorError."""
        listed = self._figures.inventory.guests.values()
        guests = [guest for guest in listed if guest.active or source.inactive]
        if not source.inactive:
            # What was true of a guest that ran is not true of it while it is off.
            self._writing.drop(batch, [guest for guest in listed if not guest.active])
        among = None if source.among is None else self._figures.pool.submit(source.among).result()
        if among is not None:
            for guest in guests:
                if guest.uuid not in among:
                    for slot in batch.slots:
                        self._writing.guest(slot, guest, outcomes, expires, source.otherwise)
            guests = [guest for guest in guests if guest.uuid in among]
        monitors = self._figures.set_aside if source.enters_monitor else None
        self._write(batch, ask_guests(self._figures.pool, guests, source.read, monitors), outcomes, expires)

    def ask_agents(self, batch: Batch, source: AgentCall, outcomes: Mapping[str, Outcome], expires: float) -> None:
        """Ask the agent of each guest that runs; raises HypervisorError."""
        if self._agents is None:
            raise NotSupported("ask guest agents", "no connection is configured for it")
        guests = [guest for guest in self._figures.inventory.guests.values() if guest.active]
        self._write(batch, self._agents.ask(guests, source.read), outcomes, expires)

    def _write(
        self, batch: Batch, answers: Iterable[tuple[Guest, Any, int]], outcomes: Mapping[str, Outcome], expires: float
    ) -> None:
        for guest, data, failures in answers:
            for slot in batch.slots:
                outcomes[slot.collector.name].failures += failures
                if data is not None:
                    self._writing.guest(slot, guest, outcomes, expires, data)
        for slot in batch.slots:
            self._writing.sums(slot, expires)
