"""Make the toxicity model anew, by one command.

    python -m gemsieve.filters.toxicity_recipe --data DIR --output DIR [--teacher FILE] [--seed N]

Reads the labelled sets, learns (from a teacher's answers as well, where there are any), calibrates
on the development part, measures on the test part, and writes the weights, the counts of scores
that targets are set by, and the model card. With one seed and one kind of processor the files are
the same bytes. Rows are never printed.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from gemsieve.filters.toxicity import limits, teacher
from gemsieve.filters.toxicity.card import card, made
from gemsieve.filters.toxicity.data import (
    SOURCES,
    THREADS,
    Row,
    augmented,
    harmless,
    labelled,
    learned,
)
from gemsieve.filters.toxicity.detector import FAMILY, MEASURES, MODEL
from gemsieve.filters.toxicity.fast.learn import calibrated, learnt, truths
from gemsieve.filters.toxicity.fast.model import Model
from gemsieve.filters.toxicity.judge import Judge
from gemsieve.filters.toxicity.measure import measure

CARD = "toxicity.md"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the recipe; print the card and write its three files.

    Raises:
        FileNotFoundError: A data folder is missing; names it.
    """
    parser = argparse.ArgumentParser(description="Train, calibrate and measure the toxicity model.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the tox_* folders")
    parser.add_argument("--output", type=Path, required=True, help="folder for the three files")
    parser.add_argument("--teacher", type=Path, help="what `gemsieve.model.toxicity.teach` wrote")
    parser.add_argument("--seed", type=int, default=1, help="of what is drawn and written anew")
    options = parser.parse_args(arguments)

    rows = {source.name: labelled(options.data, source) for source in SOURCES}
    options.output.mkdir(parents=True, exist_ok=True)
    parts = training_rows(rows, options.data, options.seed)
    dev = [row for some in rows.values() for row in some if row.part == "dev"]
    told = teacher.read(options.teacher) if options.teacher else {}
    tables = calibrated(learnt(teacher.taught(flat(parts), told)), dev)
    judge = Judge(Model(tables))
    figures = measure(options.data, rows, judge, options.seed)
    with tempfile.TemporaryDirectory(dir=options.output) as folder:
        written = Path(folder) / MODEL
        written.write_bytes(tables.dump())
        counts = score_counts(judge, dev)
        (Path(folder) / limits.LIMITS).write_text(limits.dump(counts, [written]), "utf-8")
        how = made(written.read_bytes(), tables, options.seed, len(told))
        text = card(parts, figures, how)
        (Path(folder) / CARD).write_text(text, "utf-8")
        for name in (MODEL, limits.LIMITS, CARD):
            (Path(folder) / name).replace(options.output / name)
    print(text)


def training_rows(rows: Mapping[str, Sequence[Row]], data: Path, seed: int) -> dict[str, list[Row]]:
    """Return what is learned from, by where it came from."""
    rng = random.Random(seed)
    return {
        **{name: learned(some, name) for name, some in rows.items()},
        THREADS.name: learned(labelled(data, THREADS), THREADS.name),
        "harmless passages": harmless(data, rng),
        "templates": augmented(rng, data),
    }


def flat(parts: Mapping[str, Sequence[Row]]) -> list[Row]:
    """Return the rows of all parts."""
    return [row for some in parts.values() for row in some]


def score_counts(judge: Judge, dev: Sequence[Row]) -> dict[str, limits.ScoreCounts]:
    """Return, by label, the scores of the development part, and of harmless texts by group."""
    columns = judge.measures([row.text for row in dev]).T
    groups = limits.by_group(lambda text: float(judge.measures([text])[0, 0]))
    found = {}
    for label, name, scores in zip(MEASURES, judge.names, columns, strict=True):
        known, truth = truths(dev, name)
        about = groups if label == FAMILY + "toxicity" else None
        found[label] = limits.counts(truth, [float(score) for score in scores[known]], about)
    return found


if __name__ == "__main__":
    main()
