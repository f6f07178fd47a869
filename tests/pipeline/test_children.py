"""What a child may take: time that is its own, memory that is there, and one folder for one job."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gemsieve.pipeline.reading.slices import InputError
from gemsieve.pipeline.workers import machine
from gemsieve.pipeline.workers.child import told
from gemsieve.pipeline.workers.children import LENGTH, TICK, Clock, Limits
from gemsieve.pipeline.workers.lock import BusyError, alone
from gemsieve.pipeline.workers.place import IDLE, JUDGING, Place, Spot

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of other processes")


def test_a_record_has_time_by_its_length() -> None:
    """Twice the length that any record may have gives three times its time; idling is free."""
    limits = Limits(2.0, 1, 1, 1)
    assert limits.allowed(Spot(1, JUDGING, 5, 5, 2 * LENGTH)) == 6.0
    assert limits.allowed(Spot(1, IDLE, 0, 0, 0)) == float("inf")


def test_a_mark_is_seen_by_whoever_shares_the_memory(tmp_path: Path) -> None:
    """Two places on one file agree on the last mark, and each mark is told from the one before."""
    with (tmp_path / "place").open("w+b") as file:
        file.truncate(64)
        ours, theirs = Place(file.fileno()), Place(file.fileno())
        theirs.judging(3, 9, 700)
        first = ours.read()
        theirs.judging(3, 9, 700)
    assert first[1:] == (JUDGING, 3, 9, 700)
    assert ours.read().marks == first.marks + 1


@linux
def test_waiting_for_a_processor_is_not_charged() -> None:
    """A busy process is charged what it used, a stopped one the time, and a pause two ticks."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
        try:
            clock = Clock(busy.pid)
            time.sleep(3 * TICK)
            assert clock.passed() <= 2 * TICK
            look = machine.look(busy.pid)
            assert look
            assert look.runs
            os.kill(busy.pid, signal.SIGSTOP)
            time.sleep(0.05)
            clock.passed()
            time.sleep(TICK)
            assert TICK <= clock.passed() <= 2 * TICK
        finally:
            busy.kill()


@linux
def test_memory_is_what_the_system_says() -> None:
    """Our own resident memory is what the system counts, and no more than it counted at most."""
    look = machine.look(os.getpid())
    assert look
    assert 1 << 20 < look.bytes <= resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    assert machine.look(2**22 + 1) is None


def test_the_smallest_limit_is_shared(tmp_path: Path) -> None:
    """Limits of control groups of both versions are read, and a group without one has none."""
    for name, file, said in (
        ("new", "memory.max", "4096\n"),
        ("old", "memory.limit_in_bytes", "8192"),
        ("free", "memory.max", "max\n"),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).write_text(said)
    assert [[*machine.limits(tmp_path / name)] for name in ("new", "old", "free", "none")] == [
        [4096],
        [8192],
        [],
        [],
    ]
    assert 0 < machine.share(4) <= min(machine.available()) * 0.8 / 4


def test_an_error_is_told_without_words() -> None:
    """Errors of ours and the system's speak for themselves; others' class and place is told."""
    assert told(InputError("a.jsonl: gone")) == "a.jsonl: gone"
    assert (
        told(PermissionError(13, "Permission denied", "out/kept")) == "out/kept: Permission denied"
    )
    assert told(ValueError("quillwort")) == "ValueError in builtins"


def test_a_folder_takes_one_job_at_a_time(tmp_path: Path) -> None:
    """While one holds it another is told so; afterwards it is free, and nothing is left in it."""
    busy = pytest.raises(BusyError, match="another job is at work")
    with alone(tmp_path / "out"), busy, alone(tmp_path / "out"):
        pass
    with alone(tmp_path / "out"):
        assert not [*(tmp_path / "out").iterdir()]
