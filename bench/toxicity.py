"""Measure the toxicity detector: `python bench/toxicity.py [FILE.jsonl[.gz]] [--limit N]`.

Prints documents and megabytes a second of processor time on one core, for ours and, where it is
installed, for alt-profanity-check (`profanity_check.predict_prob`) in the same process.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from gemsieve.filters import Batch
from gemsieve.filters.toxicity import ToxicityDetector


def timed(name: str, judge: Callable[[Sequence[str]], object], texts: Sequence[str]) -> None:
    """Run once to load, then print the speed over all texts."""
    judge(texts[:10])
    size = sum(len(text.encode("utf-8", "replace")) for text in texts) / 1e6
    start = time.process_time()
    judge(texts)
    spent = time.process_time() - start
    print(f"{name:24} {len(texts) / spent:10,.0f} documents/s {size / spent:8.2f} MB/s")


def main() -> None:
    """Measure what is installed."""
    from texts import read_texts

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, help="JSONL (or .gz) with a field `text`")
    parser.add_argument("--limit", type=int, help="documents to read")
    options = parser.parse_args()
    texts = read_texts(options.file, options.limit)
    detector = ToxicityDetector()
    timed("gemsieve", lambda some: detector(Batch(some)), texts)
    if find_spec("profanity_check") is None:
        print(f"{'alt-profanity-check':24} not installed: not measured")
    else:
        timed("alt-profanity-check", import_module("profanity_check").predict_prob, texts)


if __name__ == "__main__":
    main()
