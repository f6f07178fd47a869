"""Measure the telephone search alone: on a file's texts, and on text made to be dear.

    python bench/phone.py [FILE.jsonl[.gz]] [--megabytes 10] [--rounds 5] [--hostile 1]

Prints milliseconds of processor time a megabyte on the file's texts, cold (nothing remembered of
them) and warm, the least of the rounds, with projection and gate; and megabytes a second on hostile
texts, each searched once.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from pathlib import Path

from pii import sample
from presidio_analyzer.predefined_recognizers import PhoneRecognizer

from gemsieve.filters.pii.scanner import Scanner


def main() -> None:
    """Run the measurements and print them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path, help="JSONL with a field `text`")
    parser.add_argument("--megabytes", type=float, default=10, help="how much to read")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--hostile", type=float, default=1, help="megabytes of each hostile text")
    args = parser.parse_args()
    if args.file:
        texts = sample(args.file, args.megabytes * 1e6, seed=0)
        size = sum(len(text.encode()) for text in texts) / 1e6
        searches = [Scanner([PhoneRecognizer()]) for _ in range(args.rounds)]
        cold = min(seconds(search, texts) for search in searches)
        warm = min(seconds(search, texts) for search in searches)
        print(f"{size:.1f} MB: cold {1e3 * cold / size:.1f} ms/MB, warm {1e3 * warm / size:.1f}")
    for name, text in hostile(int(args.hostile * 1e6)).items():
        spent = seconds(Scanner([PhoneRecognizer()]), [text])
        print(f"{name:24} {len(text) / 1e6 / spent:8.2f} MB/s")


def seconds(search: Scanner, texts: list[str]) -> float:
    """Return the processor time that a search takes for all texts."""
    start = time.process_time()
    for text in texts:
        search.hits(text)
    return time.process_time() - start


def hostile(length: int) -> dict[str, str]:
    """Return texts of a length, full of candidates or of numbers."""
    draw = random.Random(0)

    def figures(least: int, most: int) -> str:
        return "".join(draw.choice("0123456789") for _ in range(draw.randint(least, most)))

    units: dict[str, Callable[[], str]] = {
        "one number repeated": lambda: "1234567890 ",
        "times repeated": lambda: "2012-01-02 08:00:00 ",
        "times": lambda: (
            f"20{figures(2, 2)}-0{figures(1, 1)}-1{figures(1, 1)} 08:{figures(2, 2)}:00 "
        ),
        "single digits": lambda: figures(1, 1) + " ",
        "digits, no signs": lambda: figures(1, 1),
        "dots": lambda: figures(3, 3) + ".",
        "brackets": lambda: f"({figures(3, 3)}) ",
        "slashes": lambda: figures(1, 4) + "/",
        "table, spaces": lambda: figures(1, 7) + "  ",
        "table, tabs": lambda: f"{figures(5, 5)}.{figures(3, 3)}\t",
        "table, commas": lambda: f"0.{figures(6, 6)},",
        "lengths 1 to 12": lambda: figures(1, 12) + " ",
        "ten digits": lambda: figures(10, 10) + " ",
        "telephone list": lambda: (
            f"{draw.randint(200, 989)}-{draw.randint(200, 999)}-{figures(4, 4)}\n"
        ),
        "extensions": lambda: f"650253{figures(4, 4)} ext {figures(3, 3)} ",
        "x between": lambda: f"{figures(4, 4)}x{figures(4, 4)} ",
        "Arabic digits": lambda: "".join(chr(0x660 + int(d)) for d in figures(8, 8)) + " ",
    }
    return {name: repeated(unit, length) for name, unit in units.items()}


def repeated(unit: Callable[[], str], length: int) -> str:
    """Return so many characters of a unit, made again and again."""
    made: list[str] = []
    missing = length
    while missing > 0:
        made.append(unit())
        missing -= len(made[-1])
    return "".join(made)[:length]


if __name__ == "__main__":
    main()
