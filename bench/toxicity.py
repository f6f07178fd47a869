"""Measure the toxicity detector: `python bench/toxicity.py FILE.jsonl[.gz] [--limit N]`.

Prints documents and megabytes a second of processor time on one core, for ours and, where it is
installed, for alt-profanity-check (`profanity_check.predict_prob`) in the same process.
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

from gemsieve.filters import Batch
from gemsieve.filters.toxicity import ToxicityDetector


def read(path: Path, limit: int | None) -> list[str]:
    """Return the texts of a JSONL file, plain or gzipped."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in islice(lines, limit)]


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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--limit", type=int, help="documents to read")
    options = parser.parse_args()
    texts = read(options.file, options.limit)
    detector = ToxicityDetector()
    timed("gemsieve", lambda some: detector(Batch(some)), texts)
    if find_spec("profanity_check") is None:
        print(f"{'alt-profanity-check':24} not installed: not measured")
    else:
        timed("alt-profanity-check", import_module("profanity_check").predict_prob, texts)


if __name__ == "__main__":
    main()
