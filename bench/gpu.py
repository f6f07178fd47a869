"""Measure on one GPU: agreement with the CPU, attention, training, decoding, and transformers.

    python bench/gpu.py OUT [SECTION[=SECONDS] ...] [--tiny]

Sections run in the order given, by default all of them; none begins another case once its seconds
are spent. Each is a process of its own, so neither memory nor a broken kernel reaches the next, and
a case that fails does not end its section. Every case is a line on the screen and in
OUT/results.jsonl; tracebacks and warnings go to OUT/log.txt. `--tiny` tries everything on shapes so
small that a CPU does.
"""

from __future__ import annotations

import argparse
import importlib
import os
import subprocess
import sys
import time
from pathlib import Path

from gpu_case import Section

# Seconds until no further case begins.
SECTIONS = {"agreement": 40, "training": 110, "decoding": 80, "attention": 40, "peer": 50}
# What a section may take beyond its seconds, to finish the case that it is at.
GRACE = 75


def main() -> None:
    """Run sections one after the other, or a single one in this process."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="folder to write to")
    parser.add_argument("sections", nargs="*", help=f"of {', '.join(SECTIONS)}")
    parser.add_argument("--tiny", action="store_true", help="shapes for a CPU")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    chosen = [wish.partition("=") for wish in args.sections or SECTIONS]
    if unknown := [name for name, _, _ in chosen if name not in SECTIONS]:
        parser.error(f"unknown section {unknown[0]!r}: choose of {', '.join(SECTIONS)}")
    args.out.mkdir(parents=True, exist_ok=True)
    for name, _, seconds in chosen:
        budget = float(seconds or SECTIONS[name])
        if args.here:
            section = Section(args.out, name, time.monotonic() + budget, args.tiny)
            importlib.import_module(f"gpu_{name}").run(section)
        else:
            run_apart(args.out, name, budget, tiny=args.tiny)


def run_apart(out: Path, name: str, budget: float, *, tiny: bool) -> None:
    """Run a section in a process of its own, and end it where it takes too long."""
    wish = f"{name}={budget}"
    command = [sys.executable, __file__, str(out), wish, "--here", *["--tiny"] * tiny]
    # The pool is all that JAX takes; libraries need what is left.
    environment = {"XLA_PYTHON_CLIENT_MEM_FRACTION": "0.92", "PYTHONUNBUFFERED": "1", **os.environ}
    start = time.monotonic()
    with (out / "log.txt").open("a") as log:
        try:
            code = subprocess.run(
                command, stderr=log, env=environment, timeout=budget + GRACE, check=False
            ).returncode
        except subprocess.TimeoutExpired:
            code = -1
    outcome = {0: "done", -1: "ended: out of time"}.get(code, f"failed: {code}")
    section = Section(out, name, 0.0, tiny)
    section.note("section", outcome=outcome, seconds=time.monotonic() - start)


if __name__ == "__main__":
    main()
