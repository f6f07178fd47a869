"""How much memory there is for this process, and how much of it another one holds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
OF_CHILDREN = 0.8  # of the machine's memory; the rest is for those who watch, and for its own


def share(children: int) -> int:
    """Return the bytes that each of so many children may hold."""
    return int(OF_CHILDREN * min(available())) // children


def available() -> Iterator[int]:
    """Yield what bounds the memory of this process, in bytes: the machine, and its groups."""
    yield os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:  # no Linux
        return
    for _, controllers, name in (line.split(":", 2) for line in lines):
        if controllers in {"", "memory"}:
            root = CGROUPS / controllers
            own = root / name.removeprefix("/")
            for folder in (own, *own.parents):
                if folder.is_relative_to(root):
                    yield from limits(folder)


def limits(group: Path) -> Iterator[int]:
    """Yield the limit of a control group, of either version, if it has one."""
    for name in ("memory.max", "memory.limit_in_bytes"):
        try:
            said = (group / name).read_text().strip()
        except OSError:
            continue
        if said != "max":
            yield int(said)


def held(process: int) -> int:
    """Return the resident memory of a process in bytes; 0 where the system does not tell."""
    try:
        pages = Path(f"/proc/{process}/statm").read_text().split()[1]
    except (OSError, IndexError):  # no Linux, or it has just ended
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
