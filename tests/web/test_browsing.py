"""The page in a real browser that is driven: on a phone, by keyboard, at night, and while it updates itself."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.agent import Agent
from tests.lab.polling import eventually
from tests.web.browser import Browser, browser
from tests.web.test_overview import host_file

pytestmark = pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium on this machine")

LONG = "a-virtual-machine-with-quite-a-long-name-number"
HOST = "hypervisor-{}.rack-b.example.org"
PHONE, DESK = (390, 844), (1280, 900)

TOO_WIDE = """[...document.querySelectorAll("body *")].filter((each) => {
  const place = each.getBoundingClientRect();
  return !each.matches(".unseen, .skip") && (place.right > innerWidth + 1 || each.matches(".scroll")
    && each.scrollWidth > each.clientWidth);
}).map((each) => each.outerHTML.slice(0, 100))"""
FOCUSED = "document.activeElement.id"


@pytest.fixture(scope="module")
def tab() -> Iterator[Browser]:
    """The tab that all tests of this module use one after another."""
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    """An agent of one host with twelve guests."""
    folder = tmp_path_factory.mktemp("one")
    agent = Agent(folder, f"--libvirt.uri={host_file(folder, [f'{LONG}-{number:02}' for number in range(12)])}")
    yield agent
    agent.stop()


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    """An agent of two hosts that answer and one that does not."""
    folder = tmp_path_factory.mktemp("several")
    lines = ["hosts:"]
    for number in range(2):
        lines.append(f"  - {{name: {HOST.format(number)}, uri: '{host_file(folder / str(number), ['guest'])}'}}")
    lines.append(f"  - {{name: {HOST.format(2)}, uri: 'test:///no/such/host.xml'}}")
    (folder / "config.yml").write_text("\n".join(lines))
    agent = Agent(folder, f"--config.file={folder / 'config.yml'}", ready_within=None)
    eventually(lambda: agent.page("/").count(">up<") >= 2, within=30, what="both hosts up")
    yield agent
    agent.stop()


@pytest.mark.parametrize(
    "path", ["/", "/?host=hypervisor-0.rack-b.example.org", "/?host=hypervisor-2.rack-b.example.org"]
)
def test_pages_of_several_hosts_fit_a_phone(tab: Browser, several: Agent, path: str) -> None:
    """Nothing is cut off or has to be moved sideways on a screen of 390 pixels."""
    tab.show(*PHONE)
    tab.open(several.url + path)
    assert tab.run(TOO_WIDE) == []


def test_the_page_of_a_host_fits_a_phone_and_a_desk(tab: Browser, one: Agent) -> None:
    """Long names and tables stay within the screen."""
    for size in (PHONE, (800, 900), DESK):
        tab.show(*size)
        tab.open(one.url + "/")
        assert tab.run(TOO_WIDE) == []


def test_the_table_is_sorted_by_keyboard(tab: Browser, one: Agent) -> None:
    """The head that was reached by the tab key turns the order at Enter, and keeps the focus."""
    tab.show(*DESK)
    tab.open(one.url + "/")
    tab.run("document.querySelector('input[type=search]').focus()")
    for _ in range(3):
        tab.press("Tab")
    assert tab.run(FOCUSED) == "sort-name"
    tab.press("Enter")
    eventually(
        lambda: tab.run("document.querySelector('th.name[aria-sort]').ariaSort") == "descending",
        within=10,
        what="the turned order",
    )
    assert tab.run("document.querySelector('tbody th').innerText") == f"{LONG}-11"
    assert tab.run(FOCUSED) == "sort-name"
    assert tab.run("document.querySelector('#choice').elements.sort.value") == "-name"


def test_the_focus_survives_an_update(tab: Browser, several: Agent) -> None:
    """Whoever stands on the link of a host stands on it after the table was exchanged."""
    tab.show(*DESK)
    tab.open(several.url + "/")
    link = f"host-{HOST.format(1)}"
    tab.run(f"document.getElementById('{link}').focus()")
    tab.run("document.activeElement.dataset.old = 'yes'")
    tab.run("refresh()")
    assert tab.run(FOCUSED) == link
    assert tab.run("document.activeElement.dataset.old") is None


def test_colours_follow_the_night(tab: Browser, one: Agent) -> None:
    """By night the ground is darker than the text, by day it is the other way round."""
    lightness = "(kind) => getComputedStyle(document.body)[kind].match(/\\d+/g).slice(0, 3).reduce((a, b) => +a + +b)"
    seen = {}
    for dark in (False, True):
        tab.show(*DESK, dark=dark)
        tab.open(one.url + "/")
        seen[dark] = [tab.run(f"({lightness})('{kind}')") for kind in ("backgroundColor", "color")]
    assert seen[False][0] > seen[False][1] + 400
    assert seen[True][1] > seen[True][0] + 400


def test_nothing_is_loaded_from_elsewhere_and_nothing_complained_of(tab: Browser, one: Agent) -> None:
    """Page, script, style and updates come from the agent, and the policy forbids none of them."""
    tab.requests.clear()
    tab.complaints.clear()
    tab.open(one.url + "/")
    tab.run("refresh()")
    assert {request.partition("?")[0] for request in tab.requests if not request.startswith("data:")} == {
        f"{one.url}/",
        f"{one.url}/static/page.css",
        f"{one.url}/static/page.js",
    }
    assert tab.complaints == []


def test_only_failures_are_announced(tab: Browser, tmp_path: Path) -> None:
    """What screen readers say aloud stays empty until an update fails, and then does not change with each."""
    agent = Agent(tmp_path, "--demo")
    try:
        tab.open(agent.url + "/")
        assert "this host is not real" in tab.run("document.body.innerText")
        tab.run("refresh()")
        assert tab.run("document.querySelector('#updates').textContent").startswith("Updated ")
        assert tab.run("document.querySelector('[role=status]').textContent") == ""
    finally:
        agent.stop()
    tab.run("refresh()")
    assert tab.run("document.querySelector('[role=status]').textContent").startswith("Not updating: ")
    assert tab.run("[...document.querySelectorAll('[role=status], [aria-live]')].length") == 1
