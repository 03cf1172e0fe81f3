"""What the web server is told by flags."""

from pathlib import Path

from attrs import frozen


@frozen
class WebOptions:
    """Where and how to answer; `route_prefix` is empty, or starts with a slash and ends without."""

    listen_addresses: tuple[str, ...] = (":9177",)
    telemetry_path: str = "/metrics"
    config_file: Path | None = None
    systemd_socket: bool = False
    external_url: str | None = None
    route_prefix: str = ""
    max_requests: int = 40  # 0: no limit


@frozen
class Limits:
    """What one client may take, in bytes, seconds and pieces; only tests have a reason to change it."""

    line_bytes: int = 8 * 1024
    head_bytes: int = 32 * 1024
    connections: int = 2000
    handshake_seconds: float = 5.0
    head_seconds: float = 10.0
    idle_seconds: float = 120.0  # beyond the usual scrape interval, so that Prometheus keeps its connection
    stall_seconds: float = 10.0  # without one byte taken by the reader
    answer_seconds: float = 60.0
    linger_seconds: float = 2.0
    queue_seconds: float = 1.0
