"""A Linux that boots in seconds under software emulation: the distribution's kernel with a busybox."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CACHE = Path(__file__).parents[2] / ".cache" / "lab"
_INIT = Path(__file__).with_name("init.sh")

# A kernel that has one of them built in, or not at all, ships no such file.
_MODULES = [
    "virtio_pci", "virtio_blk", "virtio_net", "virtio_balloon", "virtio_console", "button", "evdev",
    "pvpanic", "pvpanic_mmio", "i6300esb",
]  # fmt: skip

# Debian's and Ubuntu's names for a kernel made for virtual machines.
_META_PACKAGES = ["linux-image-cloud-amd64", "linux-image-virtual"]


@dataclass(frozen=True)
class Linux:
    """What a guest boots directly."""

    kernel: Path
    initramfs: Path


def linux(cache: Path = CACHE) -> Linux:
    """Give kernel and initramfs; the first call downloads about 30 MB, a newer init.sh is taken in."""
    cache.mkdir(parents=True, exist_ok=True)
    made = Linux(cache / "vmlinuz", cache / "initramfs.gz")
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.kernel.exists():
            _unpack(cache)
        if not made.initramfs.exists() or made.initramfs.stat().st_mtime < _INIT.stat().st_mtime:
            _build_initramfs(cache, made.initramfs)
    return made


def _unpack(cache: Path) -> None:
    """Download the kernel's package and take it apart; nothing is installed."""
    unpacked = cache / "unpacked"
    shutil.rmtree(unpacked, ignore_errors=True)
    unpacked.mkdir()
    for package in _packages():
        subprocess.run(
            ["apt-get", "-q", "download", package], cwd=unpacked, check=True, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
    for archive in unpacked.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", archive, unpacked], check=True)
    modules = cache / "modules"
    shutil.rmtree(modules, ignore_errors=True)
    modules.mkdir()
    available = {path.name.split(".")[0].replace("-", "_"): path for path in unpacked.glob("**/modules/**/*.ko*")}
    order: list[str] = []
    for name in _MODULES:
        if name in available:
            _take(name, available, modules, order)
    (modules / "order").write_text("".join(f"{name}.ko\n" for name in order))
    (kernel,) = unpacked.glob("boot/vmlinuz-*")
    kernel.rename(cache / "vmlinuz")
    shutil.rmtree(unpacked)


def _packages() -> list[str]:
    """The versioned packages of kernel and modules behind the first known meta package."""
    for meta in _META_PACKAGES:
        said = subprocess.run(
            ["apt-cache", "depends", "--important", meta], check=False, capture_output=True, text=True
        ).stdout
        images = [line.split()[-1] for line in said.splitlines() if "linux-image" in line and "Depends:" in line]
        if images:
            modules = images[0].replace("linux-image", "linux-modules")
            known = subprocess.run(["apt-cache", "show", modules], check=False, capture_output=True)
            return [images[0], modules] if known.returncode == 0 else [images[0]]
    raise RuntimeError(f"apt knows none of {', '.join(_META_PACKAGES)}; run apt-get update")


def _build_initramfs(cache: Path, target: Path) -> None:
    root = cache / "root"
    shutil.rmtree(root, ignore_errors=True)
    for directory in ("bin", "proc", "sys", "dev", "tmp"):
        (root / directory).mkdir(parents=True)
    shutil.copy("/bin/busybox", root / "bin" / "busybox")
    shutil.copytree(cache / "modules", root / "modules")
    shutil.copy(_INIT, root / "init")
    (root / "init").chmod(0o755)
    files = subprocess.run(["find", "."], cwd=root, check=True, capture_output=True).stdout
    archive = subprocess.run(
        ["cpio", "--quiet", "-o", "-H", "newc", "-R", "0:0"],
        cwd=root,
        check=True,
        input=files,
        capture_output=True,
    ).stdout
    partial = target.with_suffix(".partial")
    partial.write_bytes(subprocess.run(["gzip", "-1"], check=True, input=archive, capture_output=True).stdout)
    os.replace(partial, target)


def _take(name: str, available: Mapping[str, Path], directory: Path, order: list[str]) -> None:
    """Copy a module without its compression, after those it depends on, and note the order."""
    if name in order:
        return
    module = available[name]
    tool = {".xz": "xz", ".zst": "zstd"}.get(module.suffix)
    data = module.read_bytes()
    if tool is not None:
        data = subprocess.run([tool, "-dc", module], check=True, capture_output=True).stdout
    depends = data.partition(b"\0depends=")[2].partition(b"\0")[0].decode()
    for other in filter(None, depends.split(",")):
        _take(other.replace("-", "_"), available, directory, order)
    (directory / f"{name}.ko").write_bytes(data)
    order.append(name)
