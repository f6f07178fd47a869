"""Write the golden set: inputs, weights and what the float64 reference makes of them.

    python -m tests.model.golden.make

Two small models, in `loud.npz` and `faint.npz`; the second writes so little to the residual stream
that the epsilon of the norms shows. Arrays by name:

- `params/...`: weights, float32, by their path.
- `tokens`, `positions`, `segments`, `targets`, `weights`: one row of two packed documents, the
  first longer than the window, with padding on both sides.
- `logits`: [length, vocab_size], float64, 0 at padding.
- `loss`: the mean cross-entropy over `weights`.
- `slope/...`: for each weight, the loss's derivative in the direction of `direction`, by central
  differences.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tests.model.reference import logits_of, loud_params

from gemsieve.model.gemma.config import GemmaConfig, named

Arrays = dict[str, npt.NDArray[Any]]

HERE = Path(__file__).parent
CONFIG: GemmaConfig = replace(
    named("test"),
    vocab_size=53,
    # Neither the width of a head nor d_model / heads, so that either in its place shows.
    query_pre_attn_scalar=10,
    attn_logit_softcap=5.0,
    final_logit_softcap=20.0,
)
# By what the weights that write to the residual stream are multiplied.
BRANCHES = {"loud": 1.0, "faint": 1e-3}
_DOCUMENTS = (11, 6)
_LEFT, _RIGHT = 3, 2
_STEP = 1e-5  # of a weight's largest entry


def inputs(seed: int) -> Arrays:
    """Return one row of two documents between padding."""
    rng = np.random.default_rng(seed)
    length = _LEFT + sum(_DOCUMENTS) + _RIGHT
    row: Arrays = {name: np.zeros(length, np.int32) for name in ("tokens", "positions", "segments")}
    start = _LEFT
    for number, count in enumerate(_DOCUMENTS, start=1):
        place = slice(start, start + count)
        row["tokens"][place] = rng.integers(0, CONFIG.vocab_size, count)
        row["positions"][place] = np.arange(count)
        row["segments"][place] = number
        start += count
    row["targets"] = np.roll(row["tokens"], -1)
    inner = row["segments"] == np.roll(row["segments"], -1)
    row["weights"] = (inner & (row["segments"] > 0)).astype(np.float32)
    row["weights"][_LEFT : _LEFT + 2] = 0  # as a prompt that is not learned
    return row


def logits_of_row(
    params: dict[str, Any], row: Mapping[str, npt.NDArray[Any]]
) -> npt.NDArray[np.float64]:
    """Run the reference on each document alone."""
    out = np.zeros((len(row["tokens"]), CONFIG.vocab_size))
    for number in range(1, len(_DOCUMENTS) + 1):
        place = row["segments"] == number
        out[place] = logits_of(CONFIG, params, row["tokens"][place].tolist())
    return out


def direction(shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """Return a direction that no symmetry of the model hides."""
    return np.cos(np.arange(np.prod(shape))).reshape(shape)


def flat(params: Mapping[str, Any], prefix: str) -> Arrays:
    """Name nested arrays by their path."""
    named_: Arrays = {}
    for name, value in params.items():
        path = f"{prefix}/{name}"
        named_.update(flat(value, path) if isinstance(value, Mapping) else {path: value})
    return named_


def nested(arrays: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Undo `flat`."""
    params: dict[str, Any] = {}
    for path, value in arrays.items():
        if path.startswith(f"{prefix}/"):
            *outer, name = path.split("/")[1:]
            place = params
            for part in outer:
                place = place.setdefault(part, {})
            place[name] = value
    return params


def _loss(params: dict[str, Any], row: Mapping[str, npt.NDArray[Any]]) -> float:
    out = logits_of_row(params, row)
    log_total = np.log(np.exp(out).sum(axis=-1))
    chosen = np.take_along_axis(out, row["targets"][:, None], axis=-1)[:, 0]
    return float((row["weights"] * (log_total - chosen)).sum() / row["weights"].sum())


def make(branch: float, seed: int) -> Arrays:
    """Return one model's arrays."""
    params = loud_params(CONFIG, seed)
    for index in range(CONFIG.num_layers):
        params[f"layer_{index}"]["attention"]["o"] *= np.float32(branch)
        params[f"layer_{index}"]["feed_forward"]["down"] *= np.float32(branch)
    row, weights = inputs(seed), flat(params, "params")
    arrays: dict[str, Any] = {
        **weights,
        **row,
        "logits": logits_of_row(params, row),
        "loss": np.float64(_loss(params, row)),
    }
    for path, value in weights.items():
        step = _STEP * np.abs(value).max()
        ends = []
        for sign in (1, -1):
            moved = value.astype(np.float64) + sign * step * direction(value.shape)
            ends.append(_loss(nested({**weights, path: moved}, "params"), row))
        arrays[path.replace("params", "slope", 1)] = np.float64((ends[0] - ends[1]) / (2 * step))
    return arrays


def main() -> None:
    """Write both files."""
    for seed, (name, branch) in enumerate(BRANCHES.items()):
        np.savez_compressed(HERE / f"{name}.npz", **make(branch, seed))  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
