"""Measure dolma's and datatrove's personal-data rules; run by `bench/pii.py --peers`.

    python bench/pii_peers.py FILE.jsonl ROUNDS

Imports neither gemsieve nor what it needs: these tools live in an environment of their own.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable


def main() -> None:
    """Print the median of megabytes per second of processor time of each tool."""
    file, rounds = sys.argv[1], int(sys.argv[2])
    with open(file, encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    for name, run in (
        ("dolma, 3 entities", dolma_tagger()),
        ("datatrove, 2 entities", datatrove_formatter()),
    ):
        rates = []
        for _ in range(rounds):
            start = time.process_time()
            for text in texts:
                run(text)
            rates.append(megabytes / (time.process_time() - start))
        print(f"{name:<22}{statistics.median(rates):8.2f} MB/s")


def dolma_tagger() -> Callable[[str], object]:
    """Return dolma's fastest tagger of personal data."""
    import dolma.taggers  # noqa: F401 (fills the registry)
    from dolma.core.data_types import Document
    from dolma.core.registry import TaggerRegistry

    tagger = TaggerRegistry.get("pii_regex_with_counts_fast_v2")()
    return lambda text: tagger.predict(Document(source="", id="", text=text))


def datatrove_formatter() -> Callable[[str], object]:
    """Return datatrove's formatter, which replaces addresses of both kinds."""
    from datatrove.pipeline.formatters import PIIFormatter

    run: Callable[[str], object] = PIIFormatter().format
    return run


if __name__ == "__main__":
    main()
