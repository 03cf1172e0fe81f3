"""The end of a certificate, against what openssl says."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from exporter.web.certificate import not_after


@pytest.mark.parametrize("name", ["ca", "server", "renewed"])
def test_the_end_is_that_of_openssl(made: Path, name: str) -> None:
    """The time is the one openssl prints."""
    done = subprocess.run(
        ["openssl", "x509", "-in", made / f"{name}.crt", "-noout", "-enddate"],
        capture_output=True,
        text=True,
        check=True,
    )
    text = done.stdout.strip().removeprefix("notAfter=")
    expected = datetime.strptime(text, "%b %d %H:%M:%S %Y %Z").replace(tzinfo=UTC).timestamp()
    assert not_after((made / f"{name}.crt").read_text()) == expected


def test_a_year_past_2049_is_understood(made: Path, tmp_path: Path) -> None:
    """Far years are written in another form."""
    subprocess.run(
        [
            "openssl", "req", "-x509", "-key", made / "server.key", "-subj", "/CN=far", "-days", "20000",
            "-out", tmp_path / "far.crt",
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    end = datetime.fromtimestamp(not_after((tmp_path / "far.crt").read_text()), UTC)
    assert end.year > 2049


@pytest.mark.parametrize("text", ["", "words", "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----"])
def test_no_certificate_is_an_error(text: str) -> None:
    """What is no certificate is a ValueError."""
    with pytest.raises(ValueError, match="certificate"):
        not_after(text)
