"""Measure the search for names: Presidio's engine and ours, with the same model on the same texts.

    python bench/names.py [FILE.jsonl[.gz]] [--megabytes 0.3] [--words 0]

Prints megabytes of UTF-8 per second of processor time, the ratio, and how many documents differ.
With `--words`, also by how much the process grows over that many documents of eight words each
that were never seen before, ours first.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from texts import read_texts, until

from gemsieve.filters import Batch
from gemsieve.filters.names import NamesDetector
from gemsieve.filters.names.engines import nlp_engine
from gemsieve.filters.names.models import PACKAGED
from gemsieve.filters.names.options import ENTITIES
from gemsieve.filters.names.pipeline import LANGUAGE

if TYPE_CHECKING:
    from presidio_analyzer import AnalyzerEngine

Found = list[list[tuple[str, tuple[int, int] | None, float]]]
BATCH = 1000


def main() -> None:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path, help="JSONL with a field `text`")
    parser.add_argument("--megabytes", type=float, default=0.3, help="how much to read")
    parser.add_argument("--words", type=int, default=0, help="documents of new words")
    parser.add_argument("--seed", type=int, default=0, help="of the choice of documents")
    args = parser.parse_args()
    texts = sample(args.file, args.megabytes * 1e6, args.seed)
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    print(f"{len(texts)} documents, {megabytes:.2f} MB, {PACKAGED}")

    engine = presidio()
    expected, seconds = timed(lambda: stock(engine, texts))
    found, ours = timed(lambda: gemsieve(texts))
    print(f"Presidio's AnalyzerEngine  {megabytes / seconds:7.4f} MB/s")
    print(f"gemsieve                   {megabytes / ours:7.4f} MB/s  {seconds / ours:5.2f} times")
    different = sum(a != b for a, b in zip(found, expected, strict=True))
    print(
        f"findings                   {sum(map(len, expected))}, documents that differ: {different}"
    )
    if args.words:
        growth("gemsieve", args.words, gemsieve)
        growth("Presidio", args.words, lambda texts: stock(engine, texts))


def presidio() -> AnalyzerEngine:
    """Return Presidio's engine with the model and settings that we use, all components at work."""
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.predefined_recognizers import SpacyRecognizer

    registry = RecognizerRegistry([SpacyRecognizer()], supported_languages=[LANGUAGE])
    return AnalyzerEngine(registry, nlp_engine("spacy", PACKAGED, weak={"ORGANIZATION"}))


def stock(engine: AnalyzerEngine, texts: Sequence[str]) -> Found:
    """Return what Presidio finds, text by text."""
    results = (
        engine.analyze(text, LANGUAGE, entities=[*ENTITIES], score_threshold=0) for text in texts
    )
    return [
        sorted((f"names.{r.entity_type.lower()}", (r.start, r.end), r.score) for r in found)
        for found in results
    ]


def gemsieve(texts: Sequence[str]) -> Found:
    """Return what we find, in batches as a job makes them."""
    detector = NamesDetector()
    return [
        sorted((f.label, f.span, f.score) for f in found)
        for start in range(0, len(texts), BATCH)
        for found in detector(Batch(texts[start : start + BATCH]))
    ]


def timed(work: Callable[[], Found]) -> tuple[Found, float]:
    """Return what some work finds and the seconds of processor time it takes, once loaded."""
    gemsieve(["warm up"])
    start = time.process_time()
    return work(), time.process_time() - start


def growth(name: str, documents: int, find: Callable[[list[str]], Found]) -> None:
    """Print what a process grows by while it looks at documents of words that nobody wrote."""
    letters = random.Random(0)
    before = resident()
    for done in range(BATCH, documents + 1, BATCH):
        find([" ".join(new_words(letters)) for _ in range(BATCH)])
        if done == documents or done in (documents // 20, documents // 4, documents // 2):
            print(
                f"{name}: {done} documents of new words: {resident() - before:+.0f} MB", flush=True
            )


def new_words(letters: random.Random) -> Iterator[str]:
    """Yield eight words."""
    for _ in range(8):
        yield "".join(letters.choices("abcdefghijklmnopqrstuvwxyz", k=8)).title()


def resident() -> float:
    """Return the megabytes that this process holds in memory (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def sample(file: Path | None, size: float, seed: int) -> list[str]:
    """Return texts of about `size` bytes together; none longer than we read at once."""
    texts = [text[: NamesDetector.longest] for text in read_texts(file)]
    random.Random(seed).shuffle(texts)
    return until(texts, size)


if __name__ == "__main__":
    main()
