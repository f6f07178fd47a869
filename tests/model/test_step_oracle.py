from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import numpy as np
from tests.model.oracle import Arrays, oracles

from gemsieve.model.checkpoints.huggingface.names import as_ours, their_name
from gemsieve.model.checkpoints.placement import leaves
from gemsieve.model.gemma.execution import Execution
from gemsieve.model.training.loss import text_loss
from gemsieve.model.training.settings import settings_from
from gemsieve.model.training.step import fresh, in_parts, make_update


def in_rows(oracle: Arrays) -> Arrays:
    """Return what the oracle was trained on, a text a row; some tokens weigh nothing."""
    tokens = oracle["full/tokens"]
    return {
        "tokens": tokens,
        "positions": np.broadcast_to(np.arange(tokens.shape[1]), tokens.shape),
        "segments": np.ones_like(tokens),
        "targets": oracle["train/targets"],
        "weights": oracle["train/weights"],
    }


def packed(rows: Arrays, padding: int = 7) -> Arrays:
    """Return the same texts end to end in one row, and padding."""
    numbers = np.arange(1, len(rows["tokens"]) + 1)[:, None]
    columns = rows | {"segments": rows["segments"] * numbers}
    return {
        name: np.pad(value.reshape(1, -1), ((0, 0), (0, padding)))
        for name, value in columns.items()
    }


def test_a_step_agrees_with_the_oracle() -> None:
    """Loss, gradient and its norm are transformers' own: masked, in parts, packed and padded."""
    for config, params, oracle in oracles():
        rows = in_rows(oracle)
        execution = Execution(attention_block=8, loss_tokens=16)
        loss_of = text_loss(config, execution)
        for batch, parts in ((rows, 2), (packed(rows), 1)):
            loss, gradient = jax.jit(in_parts(loss_of, parts))(params, {}, batch)
            np.testing.assert_allclose(loss, oracle["train/loss"], atol=1e-4)
            check_gradient(gradient, oracle)
    settings = replace(settings_from({}), model=config, execution=execution)
    _, loss, norm = make_update(settings, loss_of, {})(fresh(settings, params), batch)
    theirs = [value for name, value in oracle.items() if name.startswith("train/grad/")]
    length = np.sqrt(sum(np.sum(np.square(value, dtype=float)) for value in theirs))
    np.testing.assert_allclose((loss, norm), (oracle["train/loss"], length), rtol=1e-4)


def check_gradient(gradient: Any, oracle: Arrays) -> None:
    """Compare each tensor's gradient, relative to its largest entry."""
    for path, ours in leaves(gradient):
        theirs = as_ours(path, oracle[f"train/grad/{their_name(path)}"], ours.shape)
        np.testing.assert_allclose(ours, theirs, atol=1e-4 * max(1.0, np.abs(theirs).max()))
