"""How well a gender swap can be undone: pronouns of prose, read as "her", told apart again.

    python bench/gender.py raw_en.jsonl.gz [--source gutenberg] [--part 0|1]

Every "him" and "his" of the texts is written "her"; the rule says which it was. Then each text is
swapped twice, and the words that differ are counted. Prints figures, never text.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from gemsieve.filters.bias.gender import gender_swap
from gemsieve.filters.bias.her import is_object

MASCULINE = re.compile(r"(?<!\w)(?:him|his)(?!\w)", re.IGNORECASE)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("texts", type=Path, help="JSON Lines, gzipped, with `text` and `source`")
    parser.add_argument("--source", default="gutenberg")
    parser.add_argument("--part", type=int, default=1, help="half of the texts, by hash: 0 or 1")
    options = parser.parse_args()
    told: Counter[tuple[bool, bool]] = Counter()
    swapped: Counter[str] = Counter()
    started = time.process_time()
    for text in texts(options.texts, options.source, options.part):
        told += pronouns(text)
        swapped += there_and_back(text)
    for him in (True, False):
        right = told[him, him] / (told[him, True] + told[him, False])
        print(f"{'him' if him else 'his'}: {told[him, True] + told[him, False]}, right {right:.4f}")
    right = (told[True, True] + told[False, False]) / told.total()
    print(f"told apart: {right:.4f}; {dict(swapped)}")
    print(f"{swapped['characters'] / 1e6 / (time.process_time() - started):.2f} MB/s, all told")


def texts(path: Path, source: str, part: int) -> Iterator[str]:
    """Yield half of the texts of a source."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            digest = hashlib.sha256(row["text"].encode()).digest()
            if row["source"] == source and digest[-1] % 2 == part:
                yield row["text"]


def pronouns(text: str) -> Counter[tuple[bool, bool]]:
    """Count whether each masculine pronoun is "him", and whether the rule says so."""
    hidden = MASCULINE.sub("her", text)  # as long as what it stands for
    return Counter(
        (found[0].lower() == "him", is_object(hidden, *found.span()))
        for found in MASCULINE.finditer(text)
    )


def there_and_back(text: str) -> Counter[str]:
    """Count the words that a swap changes, and those that a second one does not restore."""
    there = gender_swap(text)
    back = gender_swap(there.text)
    first, last = text.split(), back.text.split()
    return Counter(
        {
            "characters": len(text),
            "texts": 1,
            f"reason {there.reason}": 1,
            "words swapped": len(there.edits),
            "words not restored": sum(a != b for a, b in zip(first, last, strict=False)),
        }
    )


if __name__ == "__main__":
    main()
