"""What the web side tells of itself."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class ReloadMetrics:
    """Readings of configuration files, shared by everything that reads one again."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._success = Gauge(
            "libvirt_exporter_config_last_reload_success",
            "Whether the last reading of the configuration worked (exporter).",
            registry=registry,
        )
        self._timestamp = Gauge(
            "libvirt_exporter_config_last_reload_success_timestamp_seconds",
            "When the configuration in use was read (exporter clock).",
            registry=registry,
        )
        self._failures = Counter(
            "libvirt_exporter_config_reload_failures",
            "Times the configuration was read again and refused (exporter).",
            registry=registry,
        )
        self.read()  # what the process started with was read a moment ago

    def read(self) -> None:
        """A configuration was read and is in use now."""
        self._success.set(1)
        self._timestamp.set_to_current_time()

    def refused(self) -> None:
        """A configuration was read again and is not used."""
        self._success.set(0)
        self._failures.inc()


class WebMetrics:
    """Requests, refusals and the server's certificate."""

    def __init__(self, registry: CollectorRegistry, reloads: ReloadMetrics) -> None:
        self.reloads = reloads
        self.requests = Counter(
            "libvirt_exporter_http_requests",
            "Requests answered, by path and status code (exporter).",
            ["path", "code"],
            registry=registry,
        )
        self.duration = Histogram(
            "libvirt_exporter_http_request_duration_seconds",
            "How long requests took to answer (exporter).",
            ["path"],
            buckets=(0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10),
            registry=registry,
        )
        self.rejections = Counter(
            "libvirt_exporter_http_rejections",
            "Requests and connections refused, by reason: auth, limit, timeout or tls (exporter).",
            ["reason"],
            registry=registry,
        )
        for reason in ("auth", "limit", "timeout", "tls"):
            self.rejections.labels(reason)
        self._answered: dict[tuple[str, int], tuple[Counter, Histogram]] = {}
        self.certificate_expiry = Gauge(
            "libvirt_exporter_certificate_expiry_timestamp_seconds",
            "When a certificate in use ends: web, libvirt_client or libvirt_ca (exporter).",
            ["certificate"],
            registry=registry,
        )

    def answered(self, path: str, status: int, seconds: float) -> None:
        """Count a request; finding the same two rows for each would take longer than to count."""
        rows = self._answered.get((path, status))
        if rows is None:
            rows = self.requests.labels(path, str(status)), self.duration.labels(path)
            self._answered[path, status] = rows
        count, duration = rows
        count.inc()
        duration.observe(seconds)
