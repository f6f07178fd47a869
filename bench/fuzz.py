"""Throw random and hostile texts at the detectors of personal data and secrets.

    python bench/fuzz.py [--texts 1000000] [--seed 0] [--digits 100]

Prints how many texts went through, whatever went wrong (an exception, a span outside its text), the
slowest kind of text, and for each hostile piece how much longer eight times the text takes: linear
is about eight. `--digits` is how many megabytes of digits the last text has.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter

from gemsieve.filters.catalogue import build
from gemsieve.filters.detector import Detector
from gemsieve.filters.finding import Batch

DETECTORS = ("pii", "pii_hidden", "secrets")
# Lone surrogates, NUL, markup, digits and spaces of all scripts, what values are made of.
PIECES = [
    *"0123456789abcxyzABCXYZ .,:;-_+/@#%()[]{}<>\"'=&?!~*\\|^`\n\t\r\0",
    *(
        "\ud800",
        "\udfff",
        "\u200b",
        "\u00ad",
        "\u2060",
        "\ufeff",
        "٣",
        "३",
        "３",
        "ｘ",
        "é",
        "ß",
        "я",
    ),
    *(
        "İ",
        "ı",
        "ſ",
        "K",
        "你",
        "日",
        "\u3000",
        "\u2028",
        "😀",
        "\u0301",
        "<div>",
        "</p>",
        "<!--",
        "]]>",
    ),
    *(
        "http://",
        "www.",
        ".com",
        "@",
        "a@b.de",
        "192.168.",
        "::",
        "fe80",
        "+49",
        "+1",
        "(212)",
        "555-",
    ),
    *(
        "4111",
        "1111 ",
        "536-90-",
        "4399",
        "DE89",
        "3704 0044",
        "0x",
        "bc1",
        "AKIA",
        "ghp_",
        "-----BEGIN",
    ),
    *(
        "password=",
        "postgres://",
        "eyJ",
        "ssn",
        "card",
        "passport",
        "ext",
        "IBAN",
        "2012-01-02",
        "10:30",
    ),
]
HOSTILE = [
    *(
        "7",
        "1 ",
        "12 ",
        "1234567890 ",
        "1.",
        "1-",
        "(1",
        "1)",
        "1/2",
        "12:30 ",
        "2012-01-02 08:00:00 ",
    ),
    *(
        "a@",
        "@",
        "a.",
        "x@a.",
        "a@b.c",
        "::",
        "1:",
        "ab:",
        "1.1.1.1.",
        "http://",
        "www.a.",
        "-----BEGIN ",
    ),
    *(
        "3a",
        "A1 ",
        "DE89370400440532013000",
        "AKIA",
        "eyJ",
        "a=",
        "password=",
        "://",
        "<a href='",
        "<div>",
    ),
    *(
        "\ud800",
        "\0",
        "é",
        "1\u200b",
        "а",
        "٣",
        "😀",
        "\n",
        " ",
        "ext 1",
        "x",
        "+",
        "1ext",
        "1,",
        "_",
        "#1",
    ),
]


def main() -> None:
    """Run all three parts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--digits", type=float, default=100, help="megabytes")
    args = parser.parse_args()
    detectors = [d for d in build({}, "fuzz") if d.name in DETECTORS]
    for detector in detectors:
        detector.setup()
    faults = random_texts(detectors, args.texts, args.seed)
    print(f"{args.texts} random texts, faults: {dict(faults) or 'none'}")
    for detector in detectors:
        growth(detector)
    digits = "".join(random.Random(args.seed).choices("0123456789", k=int(args.digits * 1e6)))
    for detector in detectors:
        print(f"{args.digits:g} MB of digits: {detector.name} {seconds(detector, digits):.1f} s")


def random_texts(detectors: list[Detector], count: int, seed: int) -> Counter[str]:
    """Judge random texts, a thousand a batch, and count what goes wrong by kind."""
    generator = random.Random(seed)
    faults: Counter[str] = Counter()
    for begin in range(0, count, 1000):
        texts = ["".join(text(generator)) for _ in range(min(1000, count - begin))]
        for detector in detectors:
            try:
                found = detector(Batch(texts))
            except Exception as error:
                faults[f"{detector.name}: {type(error).__name__}"] += 1
                continue
            for words, findings in zip(texts, found, strict=True):
                for finding in findings:
                    start, end = finding.span or (0, 0)
                    faults[f"{detector.name}: span"] += not 0 <= start < end <= len(words)
                    faults[f"{detector.name}: score"] += not 0 < finding.score <= 1
    return +faults


def text(generator: random.Random) -> list[str]:
    """Return the pieces of a text: a few kinds often, so that values come about, or any sign."""
    length = generator.randrange(1, 60)
    if generator.random() < 0.1:
        return [chr(generator.randrange(0x110000)) for _ in range(length)]
    kinds = generator.sample(PIECES, generator.randrange(1, 9))
    return generator.choices(kinds, k=length)


def growth(detector: Detector, size: int = 25_000) -> None:
    """Print the hostile pieces whose text takes most, and how that grows with its length."""
    rows = []
    for piece in HOSTILE:
        short, long = (piece * (n // len(piece)) for n in (size, 8 * size))
        one, eight = seconds(detector, short), seconds(detector, long)
        rows.append((eight / max(one, 0.002), eight, piece))
    worst, slowest = max(rows), max(rows, key=lambda row: row[1])
    print(
        f"{detector.name}: eight times the text takes at most {worst[0]:.1f} times as long"
        f" ({worst[2]!r}); slowest {slowest[2]!r}, {8 * size / slowest[1] / 1e6:.2f} MB/s"
    )


def seconds(detector: Detector, text: str) -> float:
    """Return the processor seconds that one text takes."""
    start = time.process_time()
    detector(Batch([text]))
    return time.process_time() - start


if __name__ == "__main__":
    main()
