"""Make the toxicity model anew, by one command.

    python -m gemsieve.filters.toxicity_recipe --data DIR --output DIR [--seed N]

Reads the labelled sets, trains twice (the two models must be the same bytes), fits the calibration
on the development part, measures on the test part, and writes weights, constants and model card.
Rows are never printed.
"""

from __future__ import annotations

import argparse
import filecmp
import random
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from gemsieve.filters.fasttext_model import Model, load_file
from gemsieve.filters.toxicity import calibration, metrics
from gemsieve.filters.toxicity.card import card
from gemsieve.filters.toxicity.data import (
    SOURCES,
    THREADS,
    Row,
    augmented,
    harmless,
    labelled,
    learned,
    training_line,
)
from gemsieve.filters.toxicity.detector import CONSTANTS, MODEL, raw_score, scorer
from gemsieve.filters.toxicity.measure import measure
from gemsieve.filters.toxicity.text import normalise
from gemsieve.filters.toxicity.train import train

CARD = "toxicity.md"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the recipe; print the card and write its three files.

    Raises:
        FileNotFoundError: A data folder is missing; names it.
        RuntimeError: Two trainings with one seed differ.
    """
    parser = argparse.ArgumentParser(description="Train, calibrate and measure the toxicity model.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the tox_* folders")
    parser.add_argument("--output", type=Path, required=True, help="folder for the three files")
    parser.add_argument("--seed", type=int, default=1, help="of sampling, shuffling and weights")
    options = parser.parse_args(arguments)

    rows = {source.name: labelled(options.data, source) for source in SOURCES}
    options.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.output) as folder:
        parts = training_rows(rows, options.data, options.seed)
        weights = trained([row for part in parts.values() for row in part], folder, options.seed)
        model = load_file(weights)
        curve = calibrated(model, rows)
        figures = measure(options.data, rows, scorer(model, curve), options.seed)
        text = card(parts, curve, weights, figures, options.seed)
        (Path(folder) / CONSTANTS).write_text(curve.dump(), "utf-8")
        (Path(folder) / CARD).write_text(text, "utf-8")
        for name in (MODEL, CONSTANTS, CARD):
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


def trained(rows: Sequence[Row], folder: str, seed: int) -> Path:
    """Train on the rows in a seeded order, twice, and return the model's file.

    Raises:
        RuntimeError: The two models differ, so neither could be made again.
    """
    lines = [training_line(row) for row in rows]
    random.Random(seed).shuffle(lines)
    written = Path(folder) / "training.txt"
    written.write_text("".join(lines), "utf-8", "replace")
    first, second = Path(folder) / MODEL, Path(folder) / "again.ftz"
    train(written, first, seed)
    train(written, second, seed)
    if not filecmp.cmp(first, second, shallow=False):
        raise RuntimeError("two trainings with the same seed differ: see filters/toxicity/train.py")
    return first


def calibrated(model: Model, rows: Mapping[str, Sequence[Row]]) -> calibration.Calibration:
    """Fit the curve on the development part of every set."""
    known = [row for some in rows.values() for row in some if row.part == "dev"]
    raw = [raw_score(model, normalise(row.text)) for row in known]
    return metrics.fit([row.toxic for row in known], raw)


if __name__ == "__main__":
    main()
