"""The page that states the promises, against the tests that show them."""

import re
import subprocess
import sys
from pathlib import Path

from tests.figures import PAGE, promised, recorded

CHECKOUT = Path(__file__).parents[2]
ROWS = promised((CHECKOUT / PAGE).read_text())


def test_each_promise_names_a_test_that_there_is() -> None:
    """Every row's test stands in the file it names."""
    assert len(ROWS) > 40
    for name, file in ROWS.items():
        assert re.search(rf"^def {name}\(", (CHECKOUT / file).read_text(), re.MULTILINE), f"{name} is not in {file}"


def test_each_reliability_test_has_its_promise() -> None:
    """No test of a fault is missing on the page."""
    written = set()
    for path in (CHECKOUT / "tests" / "reliability").glob("test_*.py"):
        if path.name != "test_page.py":
            written |= set(re.findall(r"^def (test_\w+)\(", path.read_text(), re.MULTILINE))
    assert written <= ROWS.keys()


def test_recording_replaces_the_figures_of_the_tests_that_ran() -> None:
    """A figure is replaced in the row of its test, and nothing else is."""
    page = "# Title\n\n| A | `a.py::test_a` | old |\n| B | `b.py::test_b` | old |\n"
    assert recorded(page, {"test_b": {"took": "1 s", "held": "2"}}) == page.replace(
        "test_b` | old", "test_b` | took 1 s; held 2"
    )


def test_a_test_that_fails_records_nothing(tmp_path: Path) -> None:
    """What was noted before an assertion failed stays off the page; what a test that passed noted is on it."""
    page = tmp_path / PAGE
    page.parent.mkdir()
    page.write_text("| A | `test_two.py::test_holds` | old |\n| B | `test_two.py::test_breaks` | old |\n")
    (tmp_path / "test_two.py").write_text(
        "def test_holds(measured):\n    measured('took', '1 s')\n"
        "def test_breaks(measured):\n    measured('took', '9 s')\n    assert False\n"
    )
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "tests.figures", f"--rootdir={tmp_path}", "--record", tmp_path]
    done = subprocess.run(argv, cwd=CHECKOUT, check=False, capture_output=True, text=True)
    assert "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    assert page.read_text().splitlines() == [
        "| A | `test_two.py::test_holds` | took 1 s |",
        "| B | `test_two.py::test_breaks` | old |",
    ]
