"""Make the strong toxicity tier anew.

    python -m gemsieve.model.toxicity_recipe train --data DIR --output DIR [--encoder DIR]
    python -m gemsieve.model.toxicity_recipe band --data DIR --output DIR

`train` tunes the encoder, rounds its weights, fits the calibration on the development part,
measures on the test part, and writes weights, vocabulary, constants and model card; stopped and
run again, it goes on. `band` chooses where the fast tier as installed is to be doubted. Rows are
never printed. On two CPU cores both together take about an hour and a half.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from gemsieve.filters import Batch
from gemsieve.filters.toxicity import ToxicityDetector
from gemsieve.filters.toxicity.data import labelled
from gemsieve.model.toxicity import band, minilm, quantised, rows, scorer
from gemsieve.model.toxicity.batches import TrainingBatch, training_batches
from gemsieve.model.toxicity.card import card
from gemsieve.model.toxicity.encoder import Encoder, Shape
from gemsieve.model.toxicity.measure import calibration, judged, measure
from gemsieve.model.toxicity.tier import CONSTANTS, VOCABULARY, WEIGHTS, judge
from gemsieve.model.toxicity.tuning import Tuning, tune
from gemsieve.model.toxicity.wordpiece import WordPiece, read_vocabulary

CARD = "strong.md"
FAST = "toxicity.toxicity"
SHAPE = Shape()
PASSES = 2
EVERYWHERE = [0.0, 1.0]  # the band until one is chosen


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command of the recipe."""
    parser = argparse.ArgumentParser(description="Make the strong toxicity tier.")
    parser.add_argument("command", choices=("train", "band"))
    parser.add_argument("--data", type=Path, required=True, help="folder of the tox_* folders")
    parser.add_argument("--output", type=Path, required=True, help="folder of the weights")
    parser.add_argument("--encoder", type=Path, help="folder of the encoder to start from")
    parser.add_argument("--seed", type=int, default=1, help="of sampling, order and new weights")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if options.command == "train":
        options.output.mkdir(parents=True, exist_ok=True)
        train(options.data, options.output, minilm.folder(options.encoder), options.seed)
    else:
        choose_band(options.data, options.output)


def train(data: Path, output: Path, encoder: Path, seed: int, shape: Shape = SHAPE) -> None:
    """Train, round, calibrate, measure; write the four files.

    Raises:
        FileNotFoundError: A data folder is missing; names it.
    """
    cut = WordPiece(read_vocabulary(encoder / "vocab.txt"))
    strata = rows.training(data, seed)
    shown = [rows.one_pass(strata, number, seed) for number in range(PASSES)]
    batches = [
        batch
        for number, examples in enumerate(shown)
        for batch in training_batches(examples, cut, seed + number)
    ]
    digest = digest_of(batches, shape)
    saved = output / f"tuning-{digest[:12]}.state"
    start = minilm.read(encoder, shape, seed)
    tuned = tune(start, Encoder(shape), batches, Tuning(), saved)
    quantised.write(tuned, output / WEIGHTS)
    shutil.copyfile(encoder / "vocab.txt", output / VOCABULARY)

    model = scorer.load(output / WEIGHTS, output / VOCABULARY, shape)
    curves = calibration(judged(model, data, "dev"))
    figures = measure(model, judged(model, data, "test"), curves, seed)
    run = {"seed": seed, "passes": PASSES, "steps": len(batches), "training batches": digest}
    text = card(strata, [one for some in shown for one in some], figures, output / WEIGHTS, run)
    constants = {"shape": asdict(shape), "calibration": curves, "band": EVERYWHERE}
    write_constants(output, constants)
    (output / CARD).write_text(text, "utf-8")
    saved.unlink()
    print(text)


def digest_of(batches: Sequence[TrainingBatch], shape: Shape) -> str:
    """Return the SHA-256 of what is learned from and how, so that no other run is gone on with."""
    body = hashlib.sha256(repr((Tuning(), shape)).encode())
    for batch in batches:
        for array in vars(batch).values():
            body.update(array.tobytes())
    return body.hexdigest()


def choose_band(data: Path, output: Path) -> None:
    """Choose the band for the fast tier as it is installed, and write it down.

    Raises:
        FileNotFoundError: There are no weights in the folder, or a data folder is missing.
    """
    strong, fast = judge(output), ToxicityDetector()
    sets = {}
    for source in rows.ENGLISH:
        dev = [row for row in labelled(data, source) if row.part == "dev"]
        texts = [row.text for row in dev]
        found = fast(Batch(texts))
        sets[source.name] = band.Tiers(
            np.array([row.toxic for row in dev]),
            np.array([next(f.score for f in some if f.label == FAST) for some in found]),
            np.array([one["toxicity"] for one in strong(texts)]),
        )
    chosen = band.choose(sets)
    constants = json.loads((output / CONSTANTS).read_text("utf-8"))
    write_constants(output, {**constants, "band": [chosen.low, chosen.high]})
    print(json.dumps(asdict(chosen)))


def write_constants(output: Path, constants: Mapping[str, object]) -> None:
    """Write calibration and band."""
    (output / CONSTANTS).write_text(json.dumps(constants, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
