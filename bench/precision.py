"""Compare a training step in float32 and in bfloat16 with float32 masters, in turn.

    python bench/precision.py [--pairs 4]

The model and the batch are those of `configs/train/tiny.toml`. Prints for each precision the
median seconds of processor time a step, and the loss after as many steps.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from gemsieve.model.gemma.execution import Execution, Precision
from gemsieve.model.gemma.transformer import initialise
from gemsieve.model.training.loss import text_loss
from gemsieve.model.training.settings import TrainSettings, settings_from
from gemsieve.model.training.step import fresh, make_update

KINDS: tuple[Precision, ...] = ("float32", "bfloat16")
_STEPS = 2  # timed together


def batch_of(settings: TrainSettings) -> dict[str, np.ndarray]:
    """Return a batch of random tokens, one text a row."""
    shape = settings.train.batch_size, settings.data.sequence_length
    tokens = np.random.default_rng(0).integers(0, settings.model.vocab_size, shape, np.int32)
    return {
        "tokens": tokens,
        "positions": np.tile(np.arange(shape[1], dtype=np.int32), (shape[0], 1)),
        "segments": np.ones(shape, np.int32),
        "targets": np.roll(tokens, -1, axis=1),
        "weights": np.ones(shape, np.float32),
    }


def stepping(precision: Precision) -> Callable[[], float]:
    """Return a function that takes a step on the same batch and gives the loss before it."""
    settings = replace(settings_from({}), execution=Execution(precision=precision))
    state, batch = fresh(settings, initialise(settings.model, seed=0)), batch_of(settings)
    update = make_update(settings, text_loss(settings.model, settings.execution), fixed={})

    def step() -> float:
        nonlocal state
        state, loss, _ = update(state, batch)
        return float(loss)

    return step


def main() -> None:
    """Print a line for each precision."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=4)
    args = parser.parse_args()
    steps = {kind: stepping(kind) for kind in KINDS}
    losses = {kind: step() for kind, step in steps.items()}  # the first compiles
    spent: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for _ in range(args.pairs):
        for kind, step in steps.items():
            begun = time.process_time()
            losses[kind] = [step() for _ in range(_STEPS)][-1]
            spent[kind].append((time.process_time() - begun) / _STEPS)
    for kind in KINDS:
        print(f"{kind:<10}{statistics.median(spent[kind]):8.3f} s a step, loss {losses[kind]:.4f}")


if __name__ == "__main__":
    main()
