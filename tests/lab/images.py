"""Disk images of laboratory guests."""

import subprocess
from pathlib import Path


def raw(path: Path, mib: int = 8) -> Path:
    """Make a sparse raw image."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as image:
        image.truncate(mib << 20)
    return path


def qcow2(path: Path, mib: int = 64, *, backing: Path | None = None) -> Path:
    """Make a qcow2 image, on top of another qcow2 image if `backing` is given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    below = ["-b", str(backing), "-F", "qcow2"] if backing else []
    size = [] if backing else [f"{mib}M"]
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", *below, str(path), *size], check=True)
    return path


def chain(directory: Path, name: str, depth: int) -> Path:
    """Make `depth` qcow2 images, each on top of the one before, and give the topmost."""
    image: Path | None = None
    for level in range(depth):
        image = qcow2(directory / f"{name}-{level}.qcow2", backing=image)
    assert image is not None, "a chain has at least one image"
    return image
