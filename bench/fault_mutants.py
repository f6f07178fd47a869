"""Take away one safeguard of a job after another, and show which faults of the suite notice.

A copy of the sources gets each mutant of `tests/faults/mutants.toml`, and the cases that the table
names are run on it. A mutant that no case of its own notices ends this with status 1.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
FOLDERS = ("filters", "pipeline", "model", "safety", "configs", "src", "tests")
SUITE = "tests/faults/test_faults.py"


def copied(folder: Path) -> None:
    """Copy the sources."""
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, symlinks=True)
    shutil.copy(ROOT / "pyproject.toml", folder)


def mutated(path: Path, old: str, new: str) -> str:
    """Change a file in the one place that is meant, and return what it was."""
    before = path.read_text()
    if before.count(old) != 1:
        raise SystemExit(f"{path.name}: {old!r} is there {before.count(old)} times, not once")
    path.write_text(before.replace(old, new))
    return before


def noticed(folder: Path, cases: list[str]) -> list[str]:
    """Run cases on the copy and return those that fail."""
    names = [f"{SUITE}::test_a_fault[{case}]" for case in cases]
    options = ["-q", "-W", "ignore", "-p", "no:cacheprovider", "-rf", "--tb=no"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *names],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in {0, 1}:
        raise SystemExit(done.stdout + done.stderr)
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
    return [case for case in cases if any(f"[{case}]" in line for line in failed)]


def main() -> int:
    """Try the mutants and print a row for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="mutants; all without any")
    names = parser.parse_args().names
    mutants: list[dict[str, Any]] = tomllib.loads((ROOT / "tests/faults/mutants.toml").read_text())[
        "mutant"
    ]
    alive = 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        copied(folder)
        for mutant in mutants:
            if names and mutant["name"] not in names:
                continue
            path = folder / mutant["file"]
            before = mutated(path, mutant["old"], mutant["new"])
            found = noticed(folder, mutant["cases"])
            path.write_text(before)
            alive += not found
            print(f"| {mutant['name']} | {', '.join(found) or 'NONE'} |", flush=True)
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main())
