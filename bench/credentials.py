"""Measure the secrets detector, beside other scanners where they are installed.

    python bench/credentials.py [FILE.jsonl[.gz]] [--megabytes 10] [--rounds 3] [--slow 0.5]

Prints medians of megabytes of UTF-8 per second of processor time, and how much is found, by label:
on texts without planted secrets, that is how often the rules are wrong. Peers are
kingfisher-secret-scanner and detect-secrets, as they come; the latter is slow and gets the first
texts only. Without a file, texts are the documentation of the installed packages.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path

from texts import read_texts, until

from gemsieve.filters import Batch
from gemsieve.filters.secrets import SecretsDetector

Find = Callable[[str], Iterable[str]]


def main() -> None:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path, help="JSONL with a field `text`")
    parser.add_argument("--megabytes", type=float, default=10, help="how much to read")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--slow", type=float, default=0.5, help="megabytes for detect-secrets")
    args = parser.parse_args()
    texts = until(read_texts(args.file), args.megabytes * 1e6)
    with ExitStack() as stack:
        report("gemsieve", ours, texts, args.rounds)
        report("kingfisher", kingfisher, texts, args.rounds)
        few = until(texts, args.slow * 1e6)
        report("detect-secrets", lambda: detect_secrets(stack), few, 1)


def report(name: str, make: Callable[[], Find], texts: list[str], rounds: int) -> None:
    """Time one scanner on the texts and print what it found."""
    try:
        find = make()
    except ImportError:
        print(f"{name:15} not installed")
        return
    find("warm up")
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    rates = []
    for _ in range(rounds):
        start = time.process_time()
        found = Counter(kind for text in texts for kind in find(text))
        rates.append(megabytes / (time.process_time() - start))
    print(f"{name:15} {statistics.median(rates):8.2f} MB/s on {megabytes:.1f} MB; {dict(found)}")


def ours() -> Find:
    """Return our detector."""
    detector = SecretsDetector()
    detector.setup()
    return lambda text: (finding.label for finding in detector(Batch([text]))[0])


def kingfisher() -> Find:
    """Return Kingfisher's scanner of strings, which remembers nothing of other texts."""
    from kingfisher_sdk import Scanner  # type: ignore[import-not-found]

    scanner = Scanner(dedup=False)
    return lambda text: (finding.rule_id for finding in scanner.scan(text))


def detect_secrets(stack: ExitStack) -> Find:
    """Return detect-secrets' scan of a file, with its default plugins, until the stack closes."""
    from detect_secrets.core.scan import scan_file  # type: ignore[import-not-found]
    from detect_secrets.settings import default_settings  # type: ignore[import-not-found]

    stack.enter_context(default_settings())
    file = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "text.txt"

    def find(text: str) -> Iterable[str]:
        file.write_text(text)
        return (found.type for found in scan_file(str(file)))

    return find


if __name__ == "__main__":
    main()
