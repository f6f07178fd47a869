"""Measure personal-data detection: stock Presidio's patterns and ours, on the same texts.

    python bench/pii.py [FILE.jsonl[.gz]] [--megabytes 5] [--rounds 3]

Prints medians of megabytes of UTF-8 per second of processor time, the ratio, and how many documents
differ. Ours is
measured cold (nothing remembered of these texts) and again warm. Without a file, texts are made
up with Faker.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from gemsieve.filters.pii.entities import DEFAULT
from gemsieve.filters.pii.overlap import Hit
from gemsieve.filters.pii.scanner import load
from gemsieve.filters.pii.stock import stock

Hits = list[list[Hit]]


def main() -> None:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path, help="JSONL with a field `text`")
    parser.add_argument("--megabytes", type=float, default=5, help="how much to read or make")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0, help="of the choice of documents")
    args = parser.parse_args()
    texts = sample(args.file, args.megabytes * 1e6, args.seed)
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    print(f"{len(texts)} documents, {megabytes:.1f} MB, {len(DEFAULT)} entities")

    reference = stock(DEFAULT)
    reference("warm up")
    theirs, expected = speeds(lambda: reference, texts, megabytes, args.rounds)
    cold, found = speeds(fresh, texts, megabytes, args.rounds)
    warm, _ = speeds(lambda: load(DEFAULT).hits, texts, megabytes, args.rounds)
    print(f"stock Presidio  {theirs:8.2f} MB/s")
    print(f"gemsieve, cold  {cold:8.2f} MB/s  {cold / theirs:6.1f} times")
    print(f"gemsieve, warm  {warm:8.2f} MB/s  {warm / theirs:6.1f} times")
    different = sum(a != b for a, b in zip(found, expected, strict=True))
    print(f"findings        {sum(map(len, expected))}, documents that differ: {different}")


def fresh() -> Callable[[str], list[Hit]]:
    """Return our detector as a new process would have it, compiled but with an empty memory."""
    load.cache_clear()
    return load(DEFAULT).hits


def speeds(
    make: Callable[[], Callable[[str], list[Hit]]], texts: list[str], megabytes: float, rounds: int
) -> tuple[float, Hits]:
    """Return the median of megabytes a second over the rounds, and the hits of the last."""
    rates: list[float] = []
    hits: Hits = []
    for _ in range(rounds):
        detect = make()
        start = time.process_time()
        hits = [detect(text) for text in texts]
        rates.append(megabytes / (time.process_time() - start))
    return statistics.median(rates), hits


def sample(file: Path | None, size: float, seed: int) -> list[str]:
    """Return texts of about `size` bytes together; none longer than stock Presidio takes."""
    if file is None:
        return list(until(made_up(seed), size))
    opener = gzip.open if file.suffix == ".gz" else open
    with opener(file, "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["text"][:1_000_000] for line in lines]
    random.Random(seed).shuffle(texts)
    return list(until(iter(texts), size))


def until(texts: Iterator[str], size: float) -> Iterator[str]:
    """Yield texts up to a size in bytes."""
    for text in texts:
        if size <= 0:
            return
        size -= len(text.encode())
        yield text


def made_up(seed: int) -> Iterator[str]:
    """Yield paragraphs without end, every other with a value of some kind in it."""
    from faker import Faker

    fake = Faker("en_US")
    fake.seed_instance(seed)
    kinds = (fake.email, fake.phone_number, fake.ssn, fake.credit_card_number, fake.ipv4, fake.iban)
    while True:
        yield "\n".join(
            f"{fake.paragraph(8)} {fake.random_element(kinds)() if i % 2 else ''}" for i in range(4)
        )


if __name__ == "__main__":
    main()
