"""Paths, methods, prefixes and forms, over real sockets."""

import gzip

import pytest

from exporter.web.message import Request, Response, text
from exporter.web.routes import Route
from tests.web.served import Serve, Until
from tests.web.site import FakeSite

REQUESTS = "libvirt_exporter_http_requests_total"
DURATION = "libvirt_exporter_http_request_duration_seconds"

HOSTS = FakeSite(names=("alpha", "beta"))


def test_metrics_are_text_by_default(start: Serve) -> None:
    """A client without wishes gets text 0.0.4 with its length and what it varies by."""
    answer = start().get("/metrics")
    assert (answer.status, answer.headers["Content-Type"]) == (
        200,
        "text/plain; version=0.0.4; charset=utf-8",
    )
    assert answer.headers["Vary"] == "Accept, Accept-Encoding"
    assert answer.headers["Content-Length"] == str(len(answer.body))
    assert 'form="text",collectors="all"' in answer.text


def test_openmetrics_is_given_when_asked(start: Serve) -> None:
    """The Accept header reaches the page, and the Content-Type says what came."""
    answer = start().get("/metrics", {"Accept": "application/openmetrics-text;version=1.0.0"})
    assert answer.headers["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert answer.text.endswith("# EOF\n")


def test_gzip_is_given_when_asked(start: Serve) -> None:
    """The page's own compression is passed on and named."""
    answer = start().get("/metrics", {"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert b"fake_page" in gzip.decompress(answer.body)


def test_head_has_the_length_and_no_body(start: Serve) -> None:
    """HEAD answers like GET, without the body."""
    served = start()
    answer = served.get("/metrics", method="HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["Content-Length"] == served.get("/metrics").headers["Content-Length"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW"])
def test_other_methods_are_not_allowed(start: Serve, method: str) -> None:
    """405 names the methods there are, whatever body came along."""
    answer = start().get("/metrics", method=method, body=b"x" * 100_000)
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", ["/nope", "/metrics/", "/metricsx", "/..", "//", "/%00", "/-/", "/METRICS"])
def test_unknown_paths_are_not_found(start: Serve, until: Until, path: str) -> None:
    """404 for all but the paths there are."""
    served = start()
    assert served.get(path).status == 404
    until(lambda: served.figure(REQUESTS, path="other", code="404") == 1)


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ("collect[]=domain_state", 200, 'collectors="domain_state"'),
        ("collect%5B%5D=domain_state&collect[]=node_info", 200, 'collectors="domain_state,node_info"'),
        ("exclude[]=node_info", 200, 'collectors="domain_state"'),
        ("collect[]=a&exclude[]=b", 400, "Combined collect and exclude queries are not allowed."),
        ("collect[]=zebra", 400, "missing collector: zebra"),
        ("exclude[]=zebra", 400, "missing collector: zebra"),
        ("collect[]=domain_perf", 400, "disabled collector: domain_perf"),
        ("other=1", 200, 'collectors="all"'),
    ],
)
def test_collectors_are_chosen_by_the_query(start: Serve, query: str, status: int, says: str) -> None:
    """collect[] and exclude[] work as in node_exporter."""
    answer = start().get(f"/metrics?{query}")
    assert answer.status == status
    assert says in answer.text


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ("?target=alpha", 200, 'name="alpha"'),
        ("", 400, "Target parameter is missing"),
        ("?target=", 400, "Target parameter is missing"),
        ("?target=qemu:///system", 404, "known are: alpha, beta"),
        ("?target=alpha&collect[]=zebra", 400, "missing collector: zebra"),
    ],
)
def test_probe_takes_names_from_the_configuration_only(start: Serve, query: str, status: int, says: str) -> None:
    """A known name gives its page; everything else is refused and the known names are listed."""
    answer = start(HOSTS).get(f"/probe{query}")
    assert answer.status == status
    assert says in answer.text


def test_ready_follows_the_site(start: Serve) -> None:
    """503 until the site is ready; healthy all along."""
    served = start(FakeSite(is_ready=False))
    assert (served.get("/-/ready").status, served.get("/-/healthy").status) == (503, 200)
    served.site.is_ready = True
    assert served.get("/-/ready").status == 200


def test_landing_page_links_what_there_is(start: Serve) -> None:
    """The landing page has relative links to the metrics and to each host, names being no markup."""
    answer = start(FakeSite(names=("<b>",))).get("/")
    assert 'href="metrics"' in answer.text
    assert 'href="probe?target=%3Cb%3E">Metrics of &lt;b&gt;<' in answer.text


def test_telemetry_path_moves(start: Serve) -> None:
    """--web.telemetry-path is where the metrics are, and the only place."""
    served = start(telemetry_path="/stats")
    assert (served.get("/stats").status, served.get("/metrics").status) == (200, 404)


def test_prefix_is_before_every_path(start: Serve) -> None:
    """With a route prefix nothing answers without it, and the prefix alone leads to the landing page."""
    served = start(route_prefix="/libvirt")
    assert [served.get(f"/libvirt{path}").status for path in ("/", "/metrics", "/-/healthy")] == [200] * 3
    assert [served.get(path).status for path in ("/", "/metrics", "/-/healthy")] == [404] * 3
    assert served.get("/libvirt").headers["Location"] == "/libvirt/"


def test_keep_alive_serves_many_requests(start: Serve) -> None:
    """One connection carries requests one after another, even sent all at once."""
    connection = start().connect()
    request = b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n"
    last = b"GET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with connection:
        connection.sendall(request * 20 + last)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    assert received.count(b"HTTP/1.1 200 OK") == 21


def test_a_client_that_only_reads_on_gets_its_answer(start: Serve) -> None:
    """A connection closed in one direction is answered in the other."""
    with start().connect() as connection:
        connection.sendall(b"GET /-/healthy HTTP/1.0\r\n\r\n")
        connection.shutdown(1)
        assert b"200 OK" in b"".join(iter(lambda: connection.recv(65536), b""))


def test_a_broken_handler_harms_only_its_request(start: Serve) -> None:
    """An exception is a 500 without details, and the server goes on."""

    def broken(_: Request) -> Response:
        raise RuntimeError("the secret reason")

    served = start(routes=[Route("/broken", broken)])
    answer = served.get("/broken")
    assert (answer.status, answer.text) == (500, "500 Internal Server Error\n")
    assert served.get("/metrics").status == 200


def test_routes_are_added_and_replaced(start: Serve) -> None:
    """Other parts bring routes of their own, synchronous or not, and may take over a path."""

    async def later(request: Request) -> Response:
        return text(f"hello {request.first('name')}")

    served = start(routes=[Route("/hello", later), Route("/", lambda _: text("mine"))])
    assert served.get("/hello?name=you").text == "hello you\n"
    assert served.get("/").text == "mine\n"


def test_requests_are_counted_and_timed(start: Serve, until: Until) -> None:
    """Each answer counts by path and code, and its time is taken."""
    served = start()
    served.get("/metrics")
    served.get("/metrics?collect[]=zebra")
    until(lambda: served.figure(DURATION + "_count", path="/metrics") == 2)
    assert [served.figure(REQUESTS, path="/metrics", code=code) for code in ("200", "400")] == [1, 1]
