"""Speed of the Gopher measures beside a plain-Python reading of the same definitions.

    python bench/quality.py [FILE.jsonl[.gz]]

The reference says each definition in the plainest way there is; the tests hold the detector to it.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from gemsieve.filters.finding import Batch
from gemsieve.filters.quality import QualityDetector

BULLETS = "•‣⁃◦▪▫■□●○▶►◆◇·*-–"
STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")


def reference(text: str) -> dict[str, float]:
    """Return every measure of a text, by name, one plain step after another."""
    words = text.split()
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    forms = {form: word for word in STOP_WORDS for form in (word, word.title(), word.upper())}
    measures: dict[str, float] = {
        "word_count": len(words),
        "mean_word_length": ratio(sum(len(word) for word in words), len(words)),
        "hash_word_ratio": ratio(text.count("#"), len(words)),
        "ellipsis_word_ratio": ratio(text.count("...") + text.count("…"), len(words)),
        "alphabetic_word_share": ratio(
            sum(any(c.isalpha() for c in word) for word in words), len(words)
        ),
        "stop_words": len({forms[word] for word in words if word in forms}),
        "bullet_line_share": ratio(sum(line[0] in BULLETS for line in lines), len(lines)),
        "ellipsis_line_share": ratio(
            sum(line.endswith(("...", "…")) for line in lines), len(lines)
        ),
    }
    for name, parts in (("line", lines), ("paragraph", paragraphs(text))):
        copies = Counter(parts) - Counter(set(parts))
        measures[f"duplicate_{name}_share"] = ratio(copies.total(), len(parts))
        measures[f"duplicate_{name}_character_share"] = ratio(
            sum(len(part) for part in copies.elements()), sum(len(part) for part in parts)
        )
    characters = sum(len(word) for word in words)
    for n in (2, 3, 4):
        measures[f"top_{n}gram_character_share"] = ratio(top(words, n), characters)
    for n in (5, 6, 7, 8, 9, 10):
        measures[f"duplicate_{n}gram_character_share"] = ratio(duplicate(words, n), characters)
    return measures


def ratio(part: float, whole: float) -> float:
    """Divide, with 0 where there is nothing to divide by."""
    return part / whole if whole else 0.0


def paragraphs(text: str) -> list[str]:
    """Return the runs of lines between blank ones."""
    found: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.strip():
            found[-1].append(line.strip())
        else:
            found.append([])
    return ["\n".join(lines) for lines in found if lines]


def top(words: Sequence[str], n: int) -> int:
    """Return the characters within the most frequent n-gram, if it occurs more than once."""
    grams = [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]
    counts = Counter(grams)
    most = max(counts.values(), default=0)
    best = {gram: set[int]() for gram, times in counts.items() if times == most > 1}
    for i, gram in enumerate(grams):
        if gram in best:
            best[gram].update(range(i, i + n))
    return max((sum(len(words[i]) for i in covered) for covered in best.values()), default=0)


def duplicate(words: Sequence[str], n: int) -> int:
    """Return the characters within n-grams that occurred before."""
    seen: set[tuple[str, ...]] = set()
    covered: set[int] = set()
    for i in range(len(words) - n + 1):
        gram = tuple(words[i : i + n])
        if gram in seen:
            covered.update(range(i, i + n))
        seen.add(gram)
    return sum(len(words[i]) for i in covered)


def speed(run: Callable[[list[str]], object], groups: Sequence[list[str]]) -> float:
    """Return megabytes of UTF-8 a CPU second."""
    start = time.process_time()
    for texts in groups:
        run(texts)
    seconds = time.process_time() - start
    return sum(len(text.encode()) for texts in groups for text in texts) / 1e6 / seconds


def main() -> None:
    """Print both speeds and their ratio."""
    from texts import read_texts

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, help="JSONL (or .gz) with a field `text`")
    texts = read_texts(parser.parse_args().file)
    groups = [texts[start : start + 1000] for start in range(0, len(texts), 1000)]
    detector = QualityDetector()
    detector.setup()
    ours = speed(lambda texts: detector(Batch(texts)), groups)
    plain = speed(lambda texts: [reference(text) for text in texts], groups[:1])
    print(f"gemsieve {ours:.1f} MB/s, plain Python {plain:.2f} MB/s: {ours / plain:.0f} times")


if __name__ == "__main__":
    main()
