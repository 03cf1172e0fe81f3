"""The last station of an alert: a receiver that keeps what Alertmanager sends."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Webhook:
    """Listens on the loopback from the start until `stop()`."""

    def __init__(self) -> None:
        self._alerts: list[dict[str, Any]] = []
        received = self._alerts

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                received.extend(json.loads(body)["alerts"])
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Keep the test's output free of requests."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def alerts(self, name: str | None = None, status: str | None = None) -> list[dict[str, Any]]:
        """The alerts so far, of one `alertname` and one status (`firing`, `resolved`) if given."""
        return [
            alert
            for alert in list(self._alerts)
            if name in (None, alert["labels"].get("alertname")) and status in (None, alert["status"])
        ]

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
