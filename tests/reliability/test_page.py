"""The page that states the promises, against the tests that show them."""

import re

from tests.figures import PAGE, promised, recorded


def test_each_promise_names_a_test_that_there_is() -> None:
    """Every row's test stands in the file it links to."""
    rows = promised(PAGE.read_text())
    assert len(rows) > 40
    for name, link in rows.items():
        assert re.search(rf"^def {name}\(", (PAGE.parent / link).read_text(), re.MULTILINE), f"{name} is not in {link}"


def test_each_reliability_test_has_its_promise() -> None:
    """No test of a fault is missing on the page."""
    written = set()
    for path in (PAGE.parents[1] / "tests" / "reliability").glob("test_*.py"):
        if path.name != "test_page.py":
            written |= set(re.findall(r"^def (test_\w+)\(", path.read_text(), re.MULTILINE))
    assert written <= promised(PAGE.read_text()).keys()


def test_recording_replaces_the_figures_of_the_tests_that_ran() -> None:
    """A figure is replaced in the row of its test, and nothing else is."""
    page = "# Title\n\n| A | [test_a](a.py) | old |\n| B | [test_b](b.py) | old |\n"
    assert recorded(page, {"test_b": {"took": "1 s", "held": "2"}}) == page.replace(
        "(b.py) | old", "(b.py) | took 1 s; held 2"
    )
