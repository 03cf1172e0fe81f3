"""Makes the certificates that the tests use, with a small CA of their own."""

import subprocess
from pathlib import Path


def openssl(folder: Path, *arguments: str) -> None:
    """Run openssl in a folder."""
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def make_authority(folder: Path, name: str = "ca") -> None:
    """NAME.crt and NAME.key, a CA."""
    openssl(folder, *_new_key(name), "-x509", "-days", "2", "-subj", f"/CN={name}", "-out", f"{name}.crt")


def issue(folder: Path, name: str, sans: str, authority: str = "ca", days: int = 2) -> None:
    """NAME.crt and NAME.key, signed by the CA, for a list of names such as DNS:a,IP:127.0.0.1."""
    openssl(folder, *_new_key(name), "-subj", f"/CN={name}", "-out", f"{name}.csr")
    (folder / "extensions").write_text(f"subjectAltName={sans}\n")
    openssl(
        folder, "x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.crt", "-CAkey", f"{authority}.key",
        "-CAcreateserial", "-days", str(days), "-extfile", "extensions", "-out", f"{name}.crt",
    )  # fmt: skip


def _new_key(name: str) -> tuple[str, ...]:
    return ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key")
