"""What the Beam job costs beside its bare detectors, and what a second worker costs.

    python bench/job.py [FILE.jsonl[.gz]] [--limit N] [--rounds N] [--policy FILE]

Figures of processor seconds a megabyte of text, after start-up: the detectors called in a loop on
batches that are in memory; the same in two processes at once, which is what the machine makes of
its second core; the whole job with one worker (reading, deciding, writing, leak check, audit,
report); the job with two. A job's figure is the difference between a run over all
documents and one over a quarter of them, divided by the difference of their sizes, so that what a
run costs anyhow (imports, models, the samples of a fixed size that are checked and audited) is out.
Processor seconds are those of the whole process tree. Rounds alternate; medians.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FILES = 8  # so that two workers have slices to share
SMALL = 4  # the small run has one document in so many
DEFAULT = Path(__file__).parent.parent / "configs/policy/default.toml"
NAMES = ("detectors", "detectors, twice", "1 worker", "2 workers")
SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER: a worker whose parent ends first is counted all the same


def write(folder: Path, texts: list[str]) -> float:
    """Write texts into files, dealt out in turn; return their size in megabytes."""
    folder.mkdir()
    for number in range(FILES):
        with (folder / f"{number}.jsonl").open("w", encoding="utf-8") as file:
            file.writelines(json.dumps({"text": text}) + "\n" for text in texts[number::FILES])
    return sum(len(text.encode()) for text in texts) / 1e6


def spent() -> float:
    """Return the processor seconds of all processes that we started and that have ended."""
    while True:  # orphans of the job's that are ours now
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            break
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def job(corpus: Path, workers: int, policy: str | None) -> float:
    """Return the processor seconds of a job over a corpus."""
    before = spent()
    with tempfile.TemporaryDirectory() as output:
        command = [sys.executable, "-m", "gemsieve.cli", "filter", "--workers", str(workers)]
        command += ["--input", str(corpus / "*"), "--output", f"{output}/out"]
        command += ["--policy", policy] if policy else []
        subprocess.run(command, check=True, capture_output=True)
    return spent() - before


def bare(corpus: Path, policy: str | None, processes: int) -> float:
    """Return the processor seconds of the detectors alone, the mean of processes run at once."""
    command = [sys.executable, __file__, "--bare", str(corpus)]
    command += ["--policy", policy] if policy else []
    every = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(processes)]
    return statistics.fmean(float(one.communicate()[0]) for one in every)


def detect(corpus: Path, policy: str | None) -> float:
    """Call the detectors on a corpus in memory and return the processor seconds."""
    from gemsieve.filters import Batch
    from gemsieve.filters.catalogue import filter_from_text
    from gemsieve.filters.detect import detect as find
    from gemsieve.pipeline.reading.record import Record
    from gemsieve.pipeline.sieve import batches

    path = Path(policy) if policy else DEFAULT
    judge = filter_from_text(path.read_text("utf-8"), path.name)
    judge.setup("corpus")
    taken = 0.0
    for file in sorted(corpus.glob("*")):
        with file.open(encoding="utf-8") as lines:
            texts = [json.loads(line)["text"] for line in lines]
        for batch in batches(Record(i, text) for i, text in enumerate(texts)):
            some = [record.text for record in batch if isinstance(record, Record)]
            columns: dict[str, list[str | None]]
            columns = {"source": [file.name] * len(some), "url": [None] * len(some)}
            start = time.process_time()
            find(judge.detectors["corpus"], Batch(some, columns))
            taken += time.process_time() - start
    return taken


def main() -> None:
    """Measure and print the three figures and the two ratios."""
    from texts import read_texts

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path, help="JSONL (or .gz) with a field `text`")
    parser.add_argument("--limit", type=int, help="texts to read (all)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--policy", help="policy file (the default policy)")
    parser.add_argument("--bare", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.bare:
        print(detect(options.bare, options.policy))
        return
    ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
    texts = read_texts(options.file, options.limit)
    with tempfile.TemporaryDirectory() as scratch:
        small, large = Path(scratch) / "small", Path(scratch) / "large"
        less, more = write(small, texts[::SMALL]), write(large, texts)
        print(f"{len(texts):,} documents, {more:.1f} MB; small run {less:.1f} MB", flush=True)
        figures: dict[str, list[float]] = {name: [] for name in NAMES}
        for _ in range(options.rounds):
            for number in (1, 2):
                of_detectors, of_jobs = NAMES[number - 1], NAMES[number + 1]
                figures[of_detectors].append(bare(large, options.policy, number) / more)
                seconds = job(large, number, options.policy) - job(small, number, options.policy)
                figures[of_jobs].append(seconds / (more - less))
    medians = {name: statistics.median(some) for name, some in figures.items()}
    for name, median in medians.items():
        spread = f"{min(figures[name]):.3f} to {max(figures[name]):.3f}"
        print(f"{name:16} {median:.3f} s/MB ({spread}), {1 / median:.2f} MB a processor second")
    detectors, pair, one, two = medians.values()
    print(f"overhead of the job over its detectors {one / detectors - 1:.1%}")
    print(f"bytes a processor second, 2 workers to 1: {one / two:.2f}")
    print(f"the same of the detectors, which is the machine's share of it: {detectors / pair:.2f}")


if __name__ == "__main__":
    main()
