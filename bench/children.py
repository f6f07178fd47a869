"""What it costs to judge in a child that is watched: processor seconds beside judging right here.

The same slice is sieved and checked in this process and in a child, in turns, once the models are
loaded; and the seconds until a first, tiny slice is done tell what a child costs to start.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from texts import read_texts, until

from gemsieve.filters.catalogue import policy_text
from gemsieve.pipeline.job import Job
from gemsieve.pipeline.leak.check import Checker
from gemsieve.pipeline.reading.slices import Slice, plan
from gemsieve.pipeline.sieve import Siever
from gemsieve.pipeline.workers.children import Child, Limits
from gemsieve.pipeline.workers.machine import look
from gemsieve.pipeline.workers.place import Place


def write(folder: Path, texts: list[str], megabytes: float) -> list[Slice]:
    """Write a tiny slice and one of this size, and return both."""
    for name, size in (("a", 1e3), ("b", 1e6 * megabytes)):
        lines = (json.dumps({"text": text}) + "\n" for text in until(texts, size))
        (folder / f"{name}.jsonl").write_text("".join(lines))
    return plan([str(folder / "*.jsonl")])


class Here:
    """Works in this process."""

    def ask(self, step: Siever | Checker, piece: Slice) -> float:
        """Do a step's work and return its processor seconds."""
        began = time.process_time()
        step.work(piece, Place())
        return time.process_time() - began


class There:
    """Works in a child."""

    def __init__(self) -> None:
        self._child = Child(Limits(60, 0, 1, 1))

    def ask(self, step: Siever | Checker, piece: Slice) -> float:
        """Have a step's work done and return the processor seconds of both processes."""
        began, before = time.process_time(), look(self._child.pid)
        self._child.ask(replace(step), "work", piece)  # without the models that are loaded here
        after = look(self._child.pid)
        assert before
        assert after
        return time.process_time() - began + after.seconds - before.seconds


def main() -> None:
    """Measure in turns and print medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="?", type=Path, help="JSONL(.gz) with a text field")
    parser.add_argument("--megabytes", type=float, default=4)
    parser.add_argument("--repeat", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        tiny, large = write(folder, read_texts(args.data), args.megabytes)
        large = replace(large, number=0)
        job = Job(str(folder / "out"), *policy_text(None))
        steps = (Siever(job, "bench", 1), Checker(job, "bench", 1, (50,)))
        tiny = replace(tiny, number=0)
        seconds: dict[str, list[float]] = {}
        workers: dict[str, Here | There] = {"here": Here(), "in a child": There()}
        for name, worker in workers.items():
            print(f"start {name}: {sum(worker.ask(s, tiny) for s in steps):.2f} s", flush=True)
            seconds[name] = []
        for _ in range(args.repeat):
            for name, worker in workers.items():
                seconds[name].append(sum(worker.ask(step, large) for step in steps))
                print(f"{name}: {seconds[name][-1]:.2f} s", flush=True)
    one, other = (statistics.median(seconds[name]) for name in workers)
    print(f"ratio of medians: {other / one:.4f}")


if __name__ == "__main__":
    main()
