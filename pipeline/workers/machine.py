"""What the system says of its memory, and of what a process takes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

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


class Look(NamedTuple):
    """What a process has of its machine.

    Attributes:
        bytes: Resident memory.
        seconds: Of processors, since it began.
        runs: It would use a processor if it was given one; it waits for nothing else.
    """

    bytes: int
    seconds: float
    runs: bool


def look(process: int) -> Look | None:
    """Return what a process has, or None where the system does not tell."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:  # no Linux, or it has just ended
        return None
    # proc(5): after the name in brackets; utime and stime in clock ticks, rss in pages.
    state, *numbers = stat.rpartition(")")[2].split()
    ticks = int(numbers[10]) + int(numbers[11])
    resident = int(numbers[20]) * os.sysconf("SC_PAGE_SIZE")
    return Look(resident, ticks / os.sysconf("SC_CLK_TCK"), state == "R")
