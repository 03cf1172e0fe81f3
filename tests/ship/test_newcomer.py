"""A newcomer follows the README, the first minute and the install page word for word, each time in a fresh root."""

from pathlib import Path

import pytest

from tests.docs.markdown import CHECKOUT, DOCS, blocks, commands, section
from tests.lab.process import fetch, free_port

from .root import check_out, fresh_root

pytestmark = [pytest.mark.ship, pytest.mark.timeout(1800)]

_README = (CHECKOUT / "README.md").read_text()
_INSTALL = (DOCS / "install.md").read_text()
_CHECKED_OUT = "/root/libvirt-exporter"

TRIALS = {
    "readme": _README,
    "debian-package": "".join(
        section(_INSTALL, heading) for heading in ("Debian and Ubuntu", "Rules and dashboards", "Taking it away")
    ),
    "python-environment": section(_INSTALL, "Any distribution with Python 3.11"),
}


@pytest.mark.parametrize("trial", TRIALS)
def test_every_command_works(trial: str, tmp_path: Path) -> None:
    """Each block for the shell, in order, as root in the checkout; the first command that fails ends the trial."""
    followed = blocks(TRIALS[trial], "sh")
    assert followed, "nothing to follow"
    with fresh_root(tmp_path / "root") as root:
        check_out(root.path / _CHECKED_OUT.lstrip("/"))
        for block in followed:
            # No systemd runs in the root: units are enabled, and not started.
            root.run(
                "bash", "-euxo", "pipefail", "-c", block,
                directory=_CHECKED_OUT, environment={"SYSTEMD_OFFLINE": "1"},
            )  # fmt: skip


def test_the_first_minute_serves_the_demo_host(tmp_path: Path) -> None:
    """The first command of the first page, and what that says is at its address."""
    (command, *_others) = commands((DOCS / "index.md").read_text())
    address = f"127.0.0.1:{free_port()}"  # the root has the machine's network, where the usual port may be taken
    with fresh_root(tmp_path / "root") as root:
        check_out(root.path / _CHECKED_OUT.lstrip("/"))
        demo = root.start(
            tmp_path / "log", "bash", "-euc", f"exec {command}",
            directory=_CHECKED_OUT, environment={"LIBVIRT_EXPORTER_WEB_LISTEN_ADDRESS": address},
        )  # fmt: skip
        try:
            demo.wait_for_page(f"http://{address}/-/ready", within=900)
            assert "<!doctype html>" in fetch(f"http://{address}/")[1].lower()
            assert "\nlibvirt_up 1\n" in fetch(f"http://{address}/metrics")[1]
        finally:
            assert demo.stop() == 0


def test_every_block_for_the_shell_is_tried() -> None:
    """No section of the install page has commands that no trial follows."""
    tried = [block for trial in ("debian-package", "python-environment") for block in blocks(TRIALS[trial], "sh")]
    assert sorted(tried) == sorted(blocks(_INSTALL, "sh"))
