"""What each size needs on each slice of TPUs, asked of the real TPU compiler, with no TPU there.

    python bench/scale.py             # compile what has no row in scale.jsonl yet: minutes each
    python bench/scale.py --only 27b  # of that, the plans with these words
    python bench/scale.py --table     # write docs/scale.md's tables anew from the rows

Compiling needs `gemsieve[tpu]`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from scale_plan import Plan, plans

ROWS = Path(__file__).with_name("scale.jsonl")
SECONDS = 1800


def read() -> dict[str, dict[str, Any]]:
    """Return the rows by the names of their plans."""
    lines = ROWS.read_text().splitlines() if ROWS.exists() else []
    return {row["name"]: row for row in map(json.loads, lines)}


def compile_all(only: str) -> None:
    """Compile each plan without a row, in a process of its own: a compiler keeps what it took."""
    for plan in plans():
        if plan.name in read() or not all(word in plan.name for word in only.split()):
            continue
        start = time.monotonic()
        command = [sys.executable, __file__, "--one", json.dumps(asdict(plan))]
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                check=False,
                timeout=SECONDS,
                env=os.environ,
            )
        except subprocess.TimeoutExpired:
            print(f"{plan.name}: not done in {SECONDS} s", flush=True)
            continue
        if done.returncode:
            print(f"{plan.name}: {done.stderr.strip().splitlines()[-1]}", flush=True)
            continue
        row = {"name": plan.name, **json.loads(done.stdout.splitlines()[-1])}
        with ROWS.open("a") as file:
            file.write(json.dumps(row) + "\n")
        print(f"{plan.name}: {time.monotonic() - start:.0f} s, {row}", flush=True)


def compile_one(plan: Plan) -> None:
    """Compile a plan here and print its row."""
    from scale_program import compiled

    versions = {name: version(name) for name in ("jax", "libtpu")}
    print(json.dumps({**compiled(plan), **versions}))


def main() -> None:
    """Do what the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="words of a plan's name")
    parser.add_argument("--table", action="store_true", help="write the tables")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        fields = json.loads(args.one)
        compile_one(Plan(**fields | {"mesh": tuple(fields["mesh"])}))
    elif args.table:
        from scale_table import write

        write(read())
    else:
        compile_all(args.only)


if __name__ == "__main__":
    main()
