"""Compiled code on disk: shared by processes, and never more than a matter of time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
from gemsieve.filters.toxicity.fast.native import native

@native
def twice(number):
    return number + number

if __name__ == "__main__":
    print(twice(21), sum(twice.stats.cache_hits.values()))
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program that compiles one function."""
    place = tmp_path / "twice.py"
    place.write_text(CODE)
    return place


def start(program: Path, cache: Path) -> subprocess.Popen[str]:
    """Run the program over a cache; it prints an answer and how often code was found."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    command = [sys.executable, str(program)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def told(program: Path, cache: Path) -> str:
    """Return what the program prints."""
    return start(program, cache).communicate()[0].strip()


def test_processes_that_start_together_share_what_the_first_compiled(
    program: Path, tmp_path: Path
) -> None:
    """Several at once over an empty cache all answer, and leave one that the next can use."""
    several = [start(program, tmp_path / "cache") for _ in range(3)]
    assert {one.communicate()[0].split()[0] for one in several} == {"42"}
    assert told(program, tmp_path / "cache") == "42 1"


def test_a_cache_that_cannot_be_used_costs_time_alone(program: Path, tmp_path: Path) -> None:
    """A file in the folder's place, and code cut short on disk, are as good as nothing."""
    (tmp_path / "file").write_text("")
    assert told(program, tmp_path / "file") == "42 0"
    cache = tmp_path / "cache"
    assert told(program, cache) == "42 0"
    for body in cache.rglob("*.nbc"):
        body.write_bytes(body.read_bytes()[:100])
    assert told(program, cache) == "42 0"
    assert told(program, cache) == "42 1"
