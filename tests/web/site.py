"""A site of a few bytes."""

import gzip as gzip_module
from collections.abc import Mapping, Sequence

from attrs import define, frozen

from exporter.web.site import Form

KNOWN = {"domain_state": True, "node_info": True, "domain_perf": False}


@frozen
class FakePage:
    """Says in its body what was asked of it."""

    name: str
    chunks: Sequence[bytes] = ()

    def render(self, form: Form, gzip: bool, collectors: frozenset[str] | None = None) -> Sequence[bytes]:
        chosen = "all" if collectors is None else ",".join(sorted(collectors))
        body = f'fake_page{{name="{self.name}",form="{form}",collectors="{chosen}"}} 1\n'.encode()
        if form == "openmetrics":
            body += b"# EOF\n"
        if self.chunks:
            return self.chunks
        return (gzip_module.compress(body),) if gzip else (body,)

    def collectors(self) -> Mapping[str, bool]:
        return KNOWN


@define
class FakeSite:
    """One page at the telemetry path, and one for each target."""

    names: tuple[str, ...] = ()
    is_ready: bool = True
    chunks: Sequence[bytes] = ()

    def page(self, target: str | None) -> FakePage | None:
        if target is None:
            return FakePage("main", self.chunks)
        return FakePage(target) if target in self.names else None

    def targets(self) -> Sequence[str]:
        return self.names

    def ready(self) -> bool:
        return self.is_ready
