"""Peak memory of a job's whole process tree, over a small corpus and over a large one.

Both corpora are the same texts, cut to pieces of a length in an order of chance, and repeated to a
number of documents, in 8 files: a slice each, so that either worker takes several at both sizes.
Memory is the sum of the processes' proportional set sizes (pages they share count once), sampled
ten times a second, and told by process for the moment of the peak. What others on the machine run
of the same libraries shares its pages too: `anonymous` is the processes' alone.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

FILES = 8


def pieces(texts: Iterable[str], characters: int) -> list[str]:
    """Return texts in pieces of a length, shuffled; short ones as they are."""
    every = [
        text[start : start + characters]
        for text in texts
        for start in range(0, max(1, len(text) - characters + 1), characters)
    ]
    random.Random(0).shuffle(every)
    return every


def write(folder: Path, source: list[str], documents: int) -> None:
    """Write the texts, over and over, into plain files of equally many documents."""
    folder.mkdir()
    endless = itertools.cycle(source)
    for number in range(FILES):
        with (folder / f"{number:02d}.jsonl").open("w") as file:
            for text in itertools.islice(endless, documents // FILES):
                file.write(json.dumps({"text": text}) + "\n")


def tree(root: int) -> Iterator[int]:
    """Yield a process and all its descendants."""
    yield root
    for task in Path(f"/proc/{root}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:  # the thread has just ended
            continue
        for child in children:
            yield from tree(int(child))


class Held(NamedTuple):
    """What the processes of a tree held at one moment, in bytes."""

    all: list[int]
    anonymous: list[int]


def held(root: int) -> Held:
    """Return the proportional set sizes of a process tree, and what of them no file is behind."""
    found = Held([], [])
    for process in list(tree(root)):
        try:
            rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
        except OSError:  # it has just ended
            continue
        sizes = {
            words[0]: words[1] for line in rollup.splitlines() if len(words := line.split()) > 2
        }
        found.all.append(int(sizes["Pss:"]) * 1024)
        found.anonymous.append(int(sizes["Pss_Anon:"]) * 1024)
    return found


def peak(corpus: Path, output: Path, workers: int) -> tuple[Held, int, float]:
    """Run the job; return what it held at its peak, its most anonymous memory and its seconds."""
    command = [sys.executable, "-m", "gemsieve.cli", "filter", "--workers", str(workers)]
    command += ["--input", str(corpus / "*"), "--output", str(output)]
    start, most, anonymous = time.perf_counter(), Held([], []), 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as job:
        while job.poll() is None:
            now = held(job.pid)
            most = max(most, now, key=lambda one: sum(one.all))
            anonymous = max(anonymous, sum(now.anonymous))
            time.sleep(0.1)
        if job.returncode:
            raise SystemExit(f"the job failed with status {job.returncode}")
    return most, anonymous, time.perf_counter() - start


def main() -> None:
    """Measure both sizes and print the medians and their ratio."""
    from texts import read_texts

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="?", type=Path, help="JSONL(.gz) with a text field")
    parser.add_argument("--documents", nargs=2, type=int, default=[10_000, 1_000_000])
    parser.add_argument("--characters", type=int, default=400, help="of a document at most (400)")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=1)
    args = parser.parse_args()
    source = pieces(read_texts(args.data), args.characters)
    medians: list[tuple[float, float]] = []
    for documents in args.documents:
        with tempfile.TemporaryDirectory() as scratch:
            write(Path(scratch) / "corpus", source, documents)
            peaks = []
            for number in range(args.repeat):
                corpus, output = Path(scratch) / "corpus", Path(scratch) / f"out{number}"
                most, anonymous, seconds = peak(corpus, output, args.workers)
                peaks.append((sum(most.all), anonymous))
                each = " + ".join(f"{size / 1e6:.0f}" for size in most.all)
                print(
                    f"{documents:,} documents: {sum(most.all) / 1e6:.0f} MB peak ({each}),"
                    f" {anonymous / 1e6:.0f} MB anonymous, {seconds:.0f} s",
                    flush=True,
                )
        medians.append(tuple(map(statistics.median, zip(*peaks, strict=True))))
    ratios = [large / small for small, large in zip(*medians, strict=True)]
    print("ratio of medians: {:.3f}, anonymous memory {:.3f}".format(*ratios))


if __name__ == "__main__":
    main()
