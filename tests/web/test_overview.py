"""The page for people, in a real browser: without guests, with some, with a thousand, and with names that attack it."""

import re
import shutil
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from xml.sax.saxutils import escape as xml_escape

import pytest

from tests.lab import chromium
from tests.lab.agent import Agent
from tests.lab.process import fetch

needs_browser = pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium on this machine")

ATTACKS = (
    "<script>document.title='owned'",
    "<img src=x onerror=\"document.title='owned'\">",
    '"><svg onload="document.title=\'owned\'">',
    "'onmouseover='alert(1)",
    "&lt;b&gt;{{7*7}} %s {0}",
)


def host_file(folder: Path, names: Sequence[str]) -> str:
    """The URI of a test host with these guests, all running."""
    guests = "".join(
        f"<domain type='test'><name>{xml_escape(name)}</name><uuid>{uuid.uuid5(uuid.NAMESPACE_DNS, name)}</uuid>"
        "<memory>65536</memory><vcpu>2</vcpu><os><type>hvm</type></os></domain>"
        for name in names
    )
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "host.xml"
    file.write_text(f"<node>{guests}</node>")
    return f"test://{file}"


@pytest.fixture
def agents() -> Iterator[list[Agent]]:
    """Agents that end with the test."""
    running: list[Agent] = []
    yield running
    for agent in running:
        agent.stop()


def start(agents: list[Agent], folder: Path, names: Sequence[str], *flags: str) -> Agent:
    """An agent that watches guests of these names."""
    agents.append(Agent(folder, f"--libvirt.uri={host_file(folder, names)}", *flags))
    return agents[-1]


@needs_browser
@pytest.mark.parametrize("count", [0, 12, 1000])
def test_page_shows_guests_and_takes_the_new_ones_in(agents: list[Agent], tmp_path: Path, count: int) -> None:
    """The browser shows a row a guest, at most a hundred at once, and the script has fetched the page again."""
    agent = start(agents, tmp_path, [f"guest-{number:04}" for number in range(count)])
    page = chromium.rendered(f"{agent.url}/", budget=12)
    assert page.count('<tr role="row" class="running">') == min(count, 100)
    assert "Updated " in page


@needs_browser
def test_names_that_are_markup_stay_names(agents: list[Agent], tmp_path: Path) -> None:
    """No name becomes an element or runs, neither at first nor after the script put fresh parts in."""
    agent = start(agents, tmp_path, [*ATTACKS, "\u202egnp.exe"])
    written = agent.page("/")
    for name in ATTACKS:
        assert name not in written
    page = chromium.rendered(f"{agent.url}/?q=%22%3E%3Cscript%3Edocument.title%3D%27owned%27%3C/script%3E", budget=12)
    assert "<title>owned" not in page
    page = chromium.rendered(f"{agent.url}/", budget=12)
    assert "<title>owned" not in page
    assert page.count("<script") == 1
    assert "<img" not in page
    assert escape(ATTACKS[0], quote=False) in page
    # What turns the direction of writing turns no more than the name.
    assert "\u202egnp.exe</bdi>" in page


def test_page_may_load_nothing_from_elsewhere(agents: list[Agent], tmp_path: Path) -> None:
    """The policy allows our own script and style alone, and the page names no other host."""
    agent = start(agents, tmp_path, ["one"])
    with urllib.request.urlopen(f"{agent.url}/", timeout=10) as answer:  # noqa: S310
        policy, page = answer.headers["Content-Security-Policy"], answer.read().decode()
    assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self';")
    assert "unsafe" not in policy
    assert "http" not in page.replace("http-equiv", "")
    assert " style=" not in page
    assert agent.status("/static/page.css") == agent.status("/static/page.js") == 200


def test_every_link_holds_below_a_prefix(agents: list[Agent], tmp_path: Path) -> None:
    """Behind a proxy that gives the agent a path of its own, the list, the page of a host and what they name answer."""
    file = tmp_path / "config.yml"
    file.write_text(f"hosts: [{{name: a, uri: '{host_file(tmp_path, ['guest'])}'}}]")
    agents.append(Agent(tmp_path, f"--config.file={file}", prefix="/libvirt"))
    seen = set()
    for path in ("/", "/?host=a"):
        for found in re.findall(r'(?:href|src)="([^"]+)"', agents[0].page(path)):
            url = urllib.parse.urljoin(agents[0].url + path, found.replace("&amp;", "&"))
            if not url.startswith("data:"):
                assert url.startswith(f"{agents[0].url}/")
                assert fetch(url)[0] == 200, url
                seen.add(url.removeprefix(agents[0].url).partition("?")[0])
    assert seen >= {"/", "/metrics", "/probe", "/sd/hypervisors", "/api/v1/events", "/static/page.js"}


def test_table_is_filtered_and_sorted_without_a_script(agents: list[Agent], tmp_path: Path) -> None:
    """Query parameters choose and order the rows, and nonsense in them does no harm."""
    agent = start(agents, tmp_path, ["web-1", "web-2", "db-1"])
    page = agent.page("/?q=WEB&sort=-name")
    assert "db-1" not in page
    assert page.index(">web-2<") < page.index(">web-1<")
    assert "No guest is like that." in agent.page("/?state=paused")
    assert ">db-1<" in agent.page("/?sort=nonsense&page=99999999999&state=")


def test_guests_beyond_a_hundred_stand_on_further_pages(agents: list[Agent], tmp_path: Path) -> None:
    """Each guest is on one page of the table, and links lead from page to page."""
    agent = start(agents, tmp_path, [f"guest-{number:03}" for number in range(250)])
    pages = [agent.page(f"/?page={number}") for number in (1, 2, 3)]
    assert [page.count(">guest-") for page in pages] == [100, 100, 50]
    assert 'href="?page=2" rel="next"' in pages[0]
    assert 'rel="next"' not in pages[2]


def test_several_hosts_are_listed_and_each_has_a_page(agents: list[Agent], tmp_path: Path) -> None:
    """`/` lists the hosts, `/?host=NAME` is one of them, and an unknown name is 404."""
    lines = ["hosts:"]
    for name in ("a", "b@c"):
        lines += [f"  - name: {name!r}", f"    uri: {host_file(tmp_path / name, [f'guest-of-{name}'])}"]
    file = tmp_path / "config.yml"
    file.write_text("\n".join(lines))
    agents.append(Agent(tmp_path, f"--config.file={file}"))
    listed = agents[0].page("/")
    assert 'href="?host=a"' in listed
    assert 'href="?host=b%40c"' in listed
    assert "guest-of-b@c" in agents[0].page("/?host=b%40c")
    assert agents[0].status("/?host=nobody") == 404
