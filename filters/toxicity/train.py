"""Train and quantise one fastText model, in a process whose memory starts as zeros.

With one thread, fastText 0.9 fills a tenth of its input matrix with random numbers and leaves the
rest as the allocator hands it over: what an earlier use of that memory left there becomes part of
the model, or "Encountered NaN". glibc fills fresh memory with the complement of MALLOC_PERTURB_,
so 255 makes it zeros and the model a function of its input and seed. More than one thread would
fill the matrix, but their updates race. Run as `python -m ... TRAINING_FILE MODEL SEED`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

# Small on purpose: 100 dimensions and 2 million buckets were no better and a third as fast.
SETTINGS: dict[str, float] = {
    "dim": 16,
    "bucket": 200_000,
    "wordNgrams": 2,
    "minn": 2,
    "maxn": 4,
    "minCount": 5,  # also keeps rare words, which may be names, out of the shipped vocabulary
    "epoch": 5,
    "lr": 0.1,
    "thread": 1,
    "verbose": 0,
}


def train(lines: Path, model: Path, seed: int) -> None:
    """Train on a file of labelled lines and write the quantised model, reproducibly.

    Raises:
        subprocess.CalledProcessError: fastText failed; its own words are on the error stream.
    """
    command = [sys.executable, "-m", __spec__.name, str(lines), str(model), str(seed)]
    environment = {**os.environ, "MALLOC_PERTURB_": "255"}
    subprocess.run(command, env=environment, check=True)  # noqa: S603 our own module and paths


def main(lines: str, model: str, seed: str) -> None:
    """Do the work of `train` in this process."""
    import fasttext

    trained = fasttext.train_supervised(lines, seed=int(seed), **SETTINGS)
    trained.quantize(qnorm=True)
    trained.save_model(model)


if __name__ == "__main__":
    main(*sys.argv[1:])
