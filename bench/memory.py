"""Peak memory of a job's whole process tree, over a small corpus and over a large one.

Both corpora are the same texts, repeated to a number of documents and cut to a length, in 16 files.
Memory is the sum of the processes' proportional set sizes (pages they share count once), sampled
ten times a second.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

FILES = 16


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
        for child in task.read_text().split():
            yield from tree(int(child))


def held(root: int) -> int:
    """Return the proportional set size of a process tree, in bytes."""
    total = 0
    for process in list(tree(root)):
        try:
            rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
        except OSError:  # it has just ended
            continue
        total += sum(int(line.split()[1]) for line in rollup.splitlines() if line[:4] == "Pss:")
    return total * 1024


def peak(corpus: Path, output: Path, workers: int) -> tuple[int, float]:
    """Run the job and return its peak memory in bytes and its seconds."""
    command = [sys.executable, "-m", "gemsieve.cli", "filter", "--workers", str(workers)]
    command += ["--input", str(corpus / "*"), "--output", str(output)]
    start, most = time.perf_counter(), 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as job:
        while job.poll() is None:
            most = max(most, held(job.pid))
            time.sleep(0.1)
        if job.returncode:
            raise SystemExit(f"the job failed with status {job.returncode}")
    return most, time.perf_counter() - start


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
    source, medians = [text[: args.characters] for text in read_texts(args.data)], []
    for documents in args.documents:
        with tempfile.TemporaryDirectory() as scratch:
            write(Path(scratch) / "corpus", source, documents)
            peaks = []
            for number in range(args.repeat):
                corpus, output = Path(scratch) / "corpus", Path(scratch) / f"out{number}"
                most, seconds = peak(corpus, output, args.workers)
                peaks.append(most)
                print(
                    f"{documents:,} documents: {most / 1e6:.0f} MB peak, {seconds:.0f} s",
                    flush=True,
                )
        medians.append(statistics.median(peaks))
    print(f"ratio of medians: {medians[1] / medians[0]:.3f}")


if __name__ == "__main__":
    main()
