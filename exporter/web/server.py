"""The web server: its thread, its event loop, its start and stop."""

import asyncio
import socket
import threading
from collections.abc import Iterable
from pathlib import Path

import structlog

from exporter.web.access import Access
from exporter.web.door import House
from exporter.web.entrance import Entrance
from exporter.web.exchange import Exchange
from exporter.web.listen import name_of, open_sockets, systemd_sockets
from exporter.web.metrics import WebMetrics
from exporter.web.options import Limits, WebOptions
from exporter.web.pages import site_routes
from exporter.web.routes import Route, Routes
from exporter.web.site import Site
from exporter.web.slots import Slots
from exporter.web.trouble import Trouble

logger = structlog.get_logger()


class WebServer:
    """Serves a site, and whatever other routes it is given, from one thread named "web"."""

    def __init__(
        self,
        site: Site,
        options: WebOptions,
        metrics: WebMetrics,
        routes: Iterable[Route] = (),
        limits: Limits | None = None,
    ) -> None:
        """`routes` come after the site's own and replace those of the same path."""
        self._options = options
        self._metrics = metrics
        self._limits = limits or Limits()
        self._routes = Routes(options.route_prefix, (*site_routes(site, options), *routes))
        self._sockets: list[socket.socket] = []
        self._addresses: tuple[str, ...] = ()
        self._files: dict[Path, int] = {}
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)

    def start(self) -> None:
        """Listen and serve; raises ConfigError (address or web configuration) and ListenError."""
        access = Access(self._options.config_file, self._metrics)
        options = self._options
        try:
            self._sockets = systemd_sockets() if options.systemd_socket else open_sockets(options.listen_addresses)
        except BaseException:
            access.close()
            raise
        self._addresses = tuple(map(name_of, self._sockets))
        if not options.systemd_socket:
            paths = (Path(name.removeprefix("unix:")) for name in self._addresses if name.startswith("unix:"))
            self._files = {path: path.stat().st_ino for path in paths}
        slots = Slots(options.max_requests, self._limits.queue_seconds)
        exchange = Exchange(self._routes, access, slots, self._metrics)
        self._access = access
        self._house = House(exchange, access, self._limits, self._metrics)
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(Trouble())
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        logger.info("listening", addresses=", ".join(self._addresses), tls=access.current().tls is not None)

    def stop(self, grace: float) -> None:
        """Stop listening, finish answers under way for at most `grace` seconds, end the thread."""
        if not self._thread.is_alive():
            return
        asyncio.run_coroutine_threadsafe(self._close(grace), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._access.close()
        for path, inode in self._files.items():
            # Another process may have put its own socket in our place.
            if path.exists() and path.stat().st_ino == inode:
                path.unlink()

    def addresses(self) -> tuple[str, ...]:
        """Addresses listened on, with the ports that the system chose."""
        return self._addresses

    def turned(self, seconds: float) -> bool:
        """Whether the loop that answers requests turns within the next `seconds`."""
        reached = threading.Event()
        self._loop.call_soon_threadsafe(reached.set)
        return reached.wait(seconds)

    @property
    def secure(self) -> bool:
        """Whether it speaks TLS."""
        return self._access.current().tls is not None

    def reload_access(self) -> None:
        """Read the web configuration again, changed or not; a broken one is logged, and the old one stays."""
        self._loop.call_soon_threadsafe(self._access.reload)

    def _run(self) -> None:
        try:
            self._loop.run_forever()
        finally:
            self._loop.run_until_complete(self._end())
            self._loop.close()

    async def _end(self) -> None:
        """Let everything that is left run to its end, so that nothing stays open."""
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self._loop.shutdown_asyncgens()

    async def _listen(self) -> None:
        self._entrances = [Entrance(self._loop, listener, self._house) for listener in self._sockets]

    async def _close(self, grace: float) -> None:
        for entrance in self._entrances:
            await entrance.close()
        await self._house.empty(grace)
