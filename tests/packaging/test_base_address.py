"""Everything that names the project's address names the one of pyproject.toml."""

import re
from pathlib import Path

import pytest

from scripts.monitoring.runbooks import base_address

CHECKOUT = Path(__file__).parents[2]

PLACES = {
    "pyproject.toml": r'^(?:Homepage|Documentation) = "(.*?)"',
    "mkdocs.yml": r"^site_url: (.*)$",
    "Dockerfile": r'image\.(?:url|documentation|source)="(.*?)"',
    "packaging/debian/control": r"^Homepage: (.*)$",
    "packaging/debian/copyright": r"^Source: (.*)$",
}
"""Files that cannot read the address from there, and how each writes it. Links of alerts have a test of their own."""


@pytest.mark.parametrize("file", PLACES)
def test_the_address_is_the_base_address(file: str) -> None:
    """Whoever changes the base address and forgets this file is told."""
    written = re.findall(PLACES[file], (CHECKOUT / file).read_text(), re.MULTILINE)
    assert {address.rstrip("/") for address in written} == {base_address(CHECKOUT / "pyproject.toml")}
