"""How long `gemsieve --help` takes, beside a Python that does nothing."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

RUNS = 15


def seconds(*arguments: str) -> float:
    """Return the median of some runs of this Python."""
    taken = []
    for _ in range(RUNS):
        start = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


if __name__ == "__main__":
    nothing, program = seconds("-c", "pass"), seconds("-m", "gemsieve.cli", "--help")
    print(f"gemsieve --help {program:.3f} s, python -c pass {nothing:.3f} s")
    print(f"ratio {program / nothing:.2f}")
