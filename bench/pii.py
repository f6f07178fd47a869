"""Measure personal-data detection: ours, stock Presidio and pre-training tools on the same texts.

    python bench/pii.py [FILE.jsonl[.gz]] [--megabytes 5] [--rounds 3] [--peers PYTHON]

Prints medians of megabytes of UTF-8 per second of processor time, ratios, and how many documents
differ from stock Presidio's. Ours is measured cold (nothing remembered of these texts) and again
warm. `--peers` is a Python that has dolma and datatrove, which need other versions of what we need:
they run in a process of their own. Without a file, texts are made up with Faker.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from texts import read_texts, until

from gemsieve.filters.pii.entities import PREDEFINED, STOCK
from gemsieve.filters.pii.overlap import Hit
from gemsieve.filters.pii.recognizers import predefined
from gemsieve.filters.pii.scanner import Scanner
from gemsieve.filters.pii.stock import stock

Hits = list[list[Hit]]
# What dolma's tagger looks for.
THREE = ("EMAIL_ADDRESS", "IP_ADDRESS", "PHONE_NUMBER")
SETS = {
    "dolma's three": THREE,
    "English, default": tuple(sorted(PREDEFINED)),
    "every country": tuple(STOCK),
}
PEERS = Path(__file__).with_name("pii_peers.py")


def main() -> None:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path, help="JSONL with a field `text`")
    parser.add_argument("--megabytes", type=float, default=5, help="how much to read or make")
    parser.add_argument("--stock-megabytes", type=float, default=1, help="how much stock is given")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0, help="of the choice of documents")
    parser.add_argument("--peers", help="a Python with dolma and datatrove")
    args = parser.parse_args()
    texts = sample(args.file, args.megabytes * 1e6, args.seed)
    few = until(texts, args.stock_megabytes * 1e6)
    print(f"{len(texts)} documents, {size(texts):.1f} MB; stock: {len(few)}, {size(few):.1f} MB")
    for name, entities in SETS.items():
        compare(name, entities, texts, few, args.rounds)
    if args.peers:
        peers(args.peers, texts, args.rounds)


def compare(
    name: str, entities: Sequence[str], texts: list[str], few: list[str], rounds: int
) -> None:
    """Measure ours and stock over some entities and print both."""
    reference = stock(entities)
    reference("warm up")
    theirs, expected = speeds(lambda: reference, few, rounds)
    cold, found = speeds(lambda: fresh(entities), texts, rounds)
    ready = fresh(entities)
    warm, _ = speeds(lambda: ready, texts, rounds + 1)
    different = sum(a != b for a, b in zip(found, expected, strict=False))
    print(f"{name}: {len(entities)} entities")
    print(f"  stock Presidio  {theirs:8.3f} MB/s")
    print(f"  gemsieve, cold  {cold:8.2f} MB/s  {cold / theirs:6.1f} times")
    print(f"  gemsieve, warm  {warm:8.2f} MB/s  {warm / theirs:6.1f} times")
    print(f"  findings        {sum(map(len, expected))}, documents that differ: {different}")


def fresh(entities: Sequence[str]) -> Callable[[str], list[Hit]]:
    """Return our scanner as a new process would have it, compiled but with an empty memory."""
    scanner = Scanner(predefined(entities))
    scanner.hits("é a@example.com, 212-555-2368")
    return scanner.hits


def peers(python: str, texts: list[str], rounds: int) -> None:
    """Run the other tools on the same texts in their own environment; they print their lines."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        file.writelines(json.dumps({"text": text}) + "\n" for text in texts)
        file.flush()
        subprocess.run([python, str(PEERS), file.name, str(rounds)], check=True)


def speeds(
    make: Callable[[], Callable[[str], list[Hit]]], texts: list[str], rounds: int
) -> tuple[float, Hits]:
    """Return the median of megabytes a second over the rounds, and the hits of the last."""
    rates: list[float] = []
    hits: Hits = []
    for _ in range(rounds):
        detect = make()
        start = time.process_time()
        hits = [detect(text) for text in texts]
        rates.append(size(texts) / (time.process_time() - start))
    return statistics.median(rates), hits


def size(texts: list[str]) -> float:
    """Return megabytes of UTF-8."""
    return sum(len(text.encode()) for text in texts) / 1e6


def sample(file: Path | None, size: float, seed: int) -> list[str]:
    """Return texts of about `size` bytes together; none longer than stock Presidio takes."""
    if file is None:
        return until(made_up(seed), size)
    texts = [text[:1_000_000] for text in read_texts(file)]
    random.Random(seed).shuffle(texts)
    return until(texts, size)


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
