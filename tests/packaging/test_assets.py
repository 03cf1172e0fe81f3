"""--install-assets writes rules, dashboards and units out, each time the same."""

from pathlib import Path

import pytest

from exporter.assets import assets, install


def test_every_kind_is_written(tmp_path: Path) -> None:
    """Each file has the content it has in the project."""
    assert install(tmp_path) == 0
    written = {str(path.relative_to(tmp_path)): path for path in tmp_path.rglob("*") if path.is_file()}
    assert written.keys() == assets().keys()
    assert {name.rpartition("/")[0] for name in written} >= {"packaging/systemd", "packaging/kubernetes"}
    assert all(path.read_bytes() == assets()[name].read_bytes() for name, path in written.items())


def test_writing_again_changes_nothing(tmp_path: Path) -> None:
    """What is there already is written over."""
    assert install(tmp_path) == 0
    assert install(tmp_path) == 0


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line, exit code 1, no traceback."""
    (tmp_path / "file").write_text("")
    assert install(tmp_path / "file") == 1
    assert "cannot be written" in capsys.readouterr().err
