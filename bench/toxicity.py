"""Measure the fast toxicity tier: `python bench/toxicity.py [FILE.jsonl[.gz]] [--limit N]`.

Prints documents and megabytes a second of processor time on one core, over documents of 2,000
characters cut from the texts: ours and, where it is installed, alt-profanity-check
(`profanity_check.predict_prob`) in the same process, in turns; medians, and the ratio of them. The
first round, in which ours meets every word for the first time, is told apart.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from gemsieve.filters import Batch
from gemsieve.filters.toxicity import ToxicityDetector

SIZE = 2_000  # characters of a document
BATCH = 1_000  # documents, as in a job


def documents(texts: Sequence[str]) -> list[str]:
    """Cut texts into documents of the size that is measured."""
    return [
        text[start : start + SIZE]
        for text in texts
        for start in range(0, len(text) - SIZE + 1, SIZE)
    ]


def seconds(judge: Callable[[Sequence[str]], object], texts: Sequence[str]) -> float:
    """Return the processor seconds that judging all texts takes."""
    start = time.process_time()
    for i in range(0, len(texts), BATCH):
        judge(texts[i : i + BATCH])
    return time.process_time() - start


def main() -> None:
    """Measure what is installed."""
    from texts import read_texts

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, help="JSONL (or .gz) with a field `text`")
    parser.add_argument("--limit", type=int, default=1_000, help="texts to read (1000)")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    texts = documents(read_texts(options.file, options.limit))
    size = sum(len(text.encode("utf-8", "replace")) for text in texts) / 1e6
    detector = ToxicityDetector()
    detector.setup()
    judges: dict[str, Callable[[Sequence[str]], object]] = {
        "gemsieve": lambda some: detector(Batch(some))
    }
    if find_spec("profanity_check") is None:
        print("alt-profanity-check: not installed, not measured")
    else:
        judges["alt-profanity-check"] = import_module("profanity_check").predict_prob
    taken = {name: [seconds(judge, texts)] for name, judge in judges.items()}
    for _ in range(options.rounds):
        for name, judge in judges.items():
            taken[name].append(seconds(judge, texts))
    medians = {name: statistics.median(some[1:]) for name, some in taken.items()}
    for name, median in medians.items():
        first = taken[name][0]
        print(
            f"{name:20} {len(texts) / median:8,.0f} documents/s {size / median:7.2f} MB/s"
            f"   (first round {size / first:.2f} MB/s)"
        )
    if len(medians) > 1:
        ours, theirs = medians.values()
        print(f"ratio {theirs / ours:.2f}")


if __name__ == "__main__":
    main()
