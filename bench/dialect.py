"""How often each dialect feature is found, a million words, and how fast.

    python bench/dialect.py raw_en.jsonl.gz tox_davidson_tweets/data.jsonl.gz [...]

Prints figures by source, never text.
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
from collections import Counter, defaultdict
from pathlib import Path

from gemsieve.filters import Batch
from gemsieve.filters.dialect import DialectDetector


def main() -> None:
    """Print rates of features by source, and megabytes a second."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("texts", type=Path, nargs="+", help="JSON Lines, gzipped")
    parser.add_argument("--sources", nargs="*", help="of these sources only")
    options = parser.parse_args()
    by_source: dict[str, list[str]] = defaultdict(list)
    for path in options.texts:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                if not options.sources or row["source"] in options.sources:
                    by_source[row["source"]].append(row["text"])
    detector = DialectDetector()
    detector.setup()
    for source, texts in by_source.items():
        words = sum(len(text.split()) for text in texts)
        size = sum(len(text.encode("utf-8", "replace")) for text in texts)
        started = time.process_time()
        answer = detector(Batch(texts))
        seconds = time.process_time() - started
        found = Counter(finding.label for findings in answer for finding in findings)
        marked = sum(any(f.score == 1 for f in findings) for findings in answer)
        rates = {label.split(".")[2]: round(n / words * 1e6, 1) for label, n in found.items()}
        print(f"{source}: {len(texts)} texts, {words} words, {size / 1e6 / seconds:.0f} MB/s")
        print(f"  {found.total() / words * 1e6:.1f} a million words; own in {marked} texts")
        print("  " + ", ".join(f"{k} {v}" for k, v in sorted(rates.items(), key=lambda r: -r[1])))


if __name__ == "__main__":
    main()
