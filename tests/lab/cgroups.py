"""A control group of its own for a laboratory, on hosts with version 1, version 2, both or neither.

Two private daemons would otherwise put guests of one name into one group, and read each other's figures.
"""

import errno
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Hierarchy:
    """One mounted control group hierarchy of this machine."""

    mount_point: Path
    kind: str
    """`cgroup` or `cgroup2`"""
    options: str
    """What `mount -o` needs to mount the same hierarchy again: the controllers, or `none,name=...`."""
    group: Path
    """The laboratory's directory in it."""

    @property
    def leaf(self) -> Path:
        """Where the processes start: version 2 allows none beside child groups that have controllers."""
        return self.group / "daemons" if self.kind == "cgroup2" else self.group


class Cgroups:
    """The groups called `name`, one in each hierarchy that lets us make one."""

    def __init__(self, name: str) -> None:
        self._hierarchies = [made for mounted in _mounted(name) if (made := _make(mounted)) is not None]

    @property
    def usable(self) -> bool:
        """Whether there is any hierarchy at all; without one, libvirt must be told to use none."""
        return bool(self._hierarchies)

    def join(self) -> list[str]:
        """Shell lines that move the shell itself into the groups, said before the namespace is made."""
        return [f"echo $$ > {hierarchy.group}/cgroup.procs" for hierarchy in self._hierarchies]

    def mounts(self) -> list[str]:
        """Shell lines that mount the hierarchies in the cgroup namespace, where our group is the root."""
        lines = ["mount -t tmpfs tmpfs /sys/fs/cgroup"] if self._hierarchies else []
        for hierarchy in sorted(self._hierarchies, key=lambda found: found.mount_point):
            lines.append(f"mkdir -p {hierarchy.mount_point}")
            options = f"-o {hierarchy.options} " if hierarchy.options else ""
            lines.append(f"mount -t {hierarchy.kind} {options}{hierarchy.kind} {hierarchy.mount_point}")
            if hierarchy.kind == "cgroup2":
                lines.append(f"mkdir -p {hierarchy.mount_point}/daemons")
                lines.append(f"echo $$ > {hierarchy.mount_point}/daemons/cgroup.procs")
        return lines

    def enter(self) -> list[str]:
        """Shell lines with which a process that entered the namespaces joins the groups too."""
        return [
            f"echo $$ > {hierarchy.mount_point / hierarchy.leaf.relative_to(hierarchy.group)}/cgroup.procs"
            for hierarchy in self._hierarchies
        ]

    def remove(self) -> None:
        """Remove the groups; every process in them must have ended."""
        for hierarchy in self._hierarchies:
            if not hierarchy.group.exists():
                continue
            for group in sorted(hierarchy.group.glob("**/"), key=lambda path: len(path.parts), reverse=True):
                group.rmdir()


def _mounted(name: str) -> list[Hierarchy]:
    found = []
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, mount_point, kind, options, *_ = line.split()
        if kind not in ("cgroup", "cgroup2"):
            continue
        generic = {"rw", "ro", "nosuid", "nodev", "noexec", "relatime", "noatime", "xattr"}
        generic |= {"nsdelegate", "memory_recursiveprot", "memory_hugetlb_accounting"}
        wanted = [option for option in options.split(",") if option not in generic]
        wanted = [option for option in wanted if not option.startswith("release_agent=")]
        if any(option.startswith("name=") for option in wanted):
            wanted.insert(0, "none")
        found.append(Hierarchy(Path(mount_point), kind, ",".join(wanted), Path(mount_point) / name))
    return found


def _make(hierarchy: Hierarchy) -> Hierarchy | None:
    try:
        hierarchy.group.mkdir()
        for setting in ("cpuset.cpus", "cpuset.mems"):
            if hierarchy.kind == "cgroup" and (hierarchy.group / setting).exists():
                (hierarchy.group / setting).write_text((hierarchy.mount_point / setting).read_text())
        if hierarchy.kind == "cgroup2":
            _delegate(hierarchy)
    except OSError as error:
        if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            return None
        raise
    return hierarchy


def _delegate(hierarchy: Hierarchy) -> None:
    """Give the group the controllers its parent may hand on; a busy root refuses some, libvirt copes."""
    for controller in (hierarchy.mount_point / "cgroup.controllers").read_text().split():
        try:
            (hierarchy.mount_point / "cgroup.subtree_control").write_text(f"+{controller}")
        except OSError as error:
            if error.errno not in (errno.EBUSY, errno.EINVAL, errno.ENOENT, errno.EOPNOTSUPP):
                raise
