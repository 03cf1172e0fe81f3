"""One event, as it is counted, logged and handed out."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from exporter.clock import Moment

Value = str | int | float


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an object of a host.

    `object` is domain, network, storage_pool, node_device or secret; `identifier` the kind libvirt registers
    ("lifecycle", "io_error"), `kind` the same with lifecycle told apart ("started"); `at` is when it came. `fields` say
    more, in base units; `personal` holds addresses and names of people, which stay in here unless they were asked for.
    """

    object: str
    identifier: str
    kind: str
    at: Moment
    name: str
    uuid: str = ""
    detail: str = ""
    fields: Mapping[str, Value] = field(default_factory=dict)
    personal: Mapping[str, Value] = field(default_factory=dict)

    def told(self, *, personal: bool) -> dict[str, Value]:
        """The event as a log line or a JSON object says it, without its time; nothing that is empty."""
        said: dict[str, Value] = {"object": self.object, "kind": self.kind}
        if self.name:
            said["guest" if self.object == "domain" else "name"] = self.name
        if self.uuid:
            said["uuid"] = self.uuid
        if self.detail:
            said["detail"] = self.detail
        for key, value in (*self.fields.items(), *(self.personal.items() if personal else ())):
            said.setdefault(key, value)
        return said
