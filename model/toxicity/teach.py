"""Have the strong tier say what it thinks of the texts that the fast tier learns from.

    python -m gemsieve.model.toxicity.teach --data DIR --output FILE [--seed N]

Then `python -m gemsieve.filters.toxicity_recipe --teacher FILE ...` learns from it. The strong tier
knows English alone, so only English sets and templates are asked about. Rows are never printed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from gemsieve.filters.toxicity import teacher
from gemsieve.filters.toxicity.data import SOURCES, THREADS, labelled
from gemsieve.filters.toxicity_recipe import training_rows
from gemsieve.model.toxicity import StrongTier

BATCH = 2_000
LONGEST = 200  # characters of a text: longer ones take most of the time and are the fewest
ASKED = frozenset({s.name for s in SOURCES if s.language == "en"} | {THREADS.name, "templates"})


def main(arguments: Sequence[str] | None = None) -> None:
    """Score the texts, telling how far it is, and write the answers."""
    parser = argparse.ArgumentParser(description="Score the fast tier's training texts.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the tox_* folders")
    parser.add_argument("--output", type=Path, required=True, help="file for the answers")
    parser.add_argument("--seed", type=int, default=1, help="of the fast tier's recipe")
    options = parser.parse_args(arguments)

    sets = {source.name: labelled(options.data, source) for source in SOURCES}
    parts = training_rows(sets, options.data, options.seed)
    asked = {row.text for name in ASKED for row in parts[name] if len(row.text) <= LONGEST}
    texts = sorted(asked, key=lambda text: (len(text), text))  # like lengths share a shape
    tier = StrongTier()
    answers: dict[str, float] = {}
    for start in range(0, len(texts), BATCH):
        some = texts[start : start + BATCH]
        answers |= {t: s["toxicity"] for t, s in zip(some, tier(some), strict=True)}
        print(f"\r{len(answers):,} of {len(texts):,}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    options.output.write_bytes(teacher.dump(answers))


if __name__ == "__main__":
    main()
