"""Measure the strong toxicity tier: `python bench/toxicity_strong.py [FILE] [--limit N]`.

Prints texts and word pieces a second of processor time on one core, for the texts of the file cut
to their first N words, N = 10, 20, 40 and 80; and the seconds for one text alone, median of 20.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from pathlib import Path

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"  # read when JAX is imported
WORDS = (10, 20, 40, 80)


def main() -> None:
    """Measure what ships."""
    from texts import read_texts

    from gemsieve.model.toxicity import StrongTier
    from gemsieve.model.toxicity.tier import FOLDER, VOCABULARY
    from gemsieve.model.toxicity.wordpiece import WordPiece, read_vocabulary

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, help="JSONL (or .gz) with a field `text`")
    parser.add_argument("--limit", type=int, default=400, help="texts of each length")
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    long = [t.split() for t in read_texts(options.file, None) if len(t.split()) >= WORDS[-1]]
    tier, cut = StrongTier(), WordPiece(read_vocabulary(FOLDER / VOCABULARY))
    tier.setup()
    for words in WORDS:
        texts = [" ".join(some[:words]) for some in long[: options.limit]]
        tier(texts)  # compiles the shapes
        start = time.process_time()
        tier(texts)
        spent = time.process_time() - start
        pieces = sum(len(cut(text)) for text in texts)
        alone = statistics.median(timed(tier, text) for text in texts[:20])
        print(
            f"{words:3} words {len(texts) / spent:7.0f} texts/s {pieces / spent:8,.0f} pieces/s"
            f" {1e3 * alone:6.1f} ms alone"
        )


def timed(tier: object, text: str) -> float:
    """Return the processor time of one text alone."""
    assert callable(tier)
    start = time.process_time()
    tier([text])
    return time.process_time() - start


if __name__ == "__main__":
    main()
