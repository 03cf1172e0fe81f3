"""A newcomer follows the README and the install page word for word, each time in a fresh root."""

import subprocess
from pathlib import Path

import pytest

from tests.docs.markdown import CHECKOUT, blocks, section

from .root import Root, fresh_root

pytestmark = [pytest.mark.ship, pytest.mark.timeout(1800)]

_README = (CHECKOUT / "README.md").read_text()
_INSTALL = (CHECKOUT / "docs" / "install.md").read_text()

TRIALS = {
    "readme": _README,
    "debian-package": section(_INSTALL, "Debian and Ubuntu"),
    "python-environment": section(_INSTALL, "Any distribution with Python 3.11"),
}


def check_out(root: Root) -> None:
    """Give the root a checkout: the files that git knows, as they are now."""
    listed = subprocess.run(["git", "ls-files"], cwd=CHECKOUT, check=True, capture_output=True, text=True)
    for name in listed.stdout.splitlines():
        source = CHECKOUT / name
        target = root.path / "root" / "libvirt-exporter" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_symlink():
            target.symlink_to(source.readlink())
        elif source.exists():
            root.copy(source, f"/root/libvirt-exporter/{name}")


@pytest.mark.parametrize("trial", TRIALS)
def test_every_command_works(trial: str, tmp_path: Path) -> None:
    """Each block for the shell, in order, as root in the checkout; the first command that fails ends the trial."""
    commands = blocks(TRIALS[trial], "sh")
    assert commands, "nothing to follow"
    with fresh_root(tmp_path / "root") as root:
        check_out(root)
        for block in commands:
            # No systemd runs in the root: units are enabled, and not started.
            root.run(
                "bash", "-euxo", "pipefail", "-c", block,
                directory="/root/libvirt-exporter", environment={"SYSTEMD_OFFLINE": "1"},
            )  # fmt: skip


def test_every_block_for_the_shell_is_tried() -> None:
    """No section of the install page has commands that no trial follows."""
    tried = [block for trial in ("debian-package", "python-environment") for block in blocks(TRIALS[trial], "sh")]
    assert tried == blocks(_INSTALL, "sh")
