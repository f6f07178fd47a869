from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import pytest
from flax import linen as nn
from tests.model.golden.make import (
    BRANCHES,
    CONFIG,
    HERE,
    direction,
    flat,
    inputs,
    logits_of_row,
    nested,
)

from gemsieve.model.gemma import attention
from gemsieve.model.gemma.config import GemmaConfig
from gemsieve.model.gemma.execution import Execution
from gemsieve.model.gemma.rope import rotate
from gemsieve.model.gemma.transformer import Params, Transformer
from gemsieve.model.training.loss import next_token_loss

TOLERANCE = 1e-4
DENSE = Execution(attention="dense")
IN_BLOCKS = Execution(attention_block=8, loss_tokens=5)
SCANNED = Execution(attention_block=8, scan=True, remat="full")
Golden = dict[str, npt.NDArray[Any]]


@cache
def golden(name: str) -> Golden:
    """Read one model's arrays."""
    return dict(np.load(HERE / f"{name}.npz"))


def row(arrays: Golden) -> Golden:
    """Return the row of tokens, as a batch of one."""
    names = ("tokens", "positions", "segments", "targets", "weights")
    return {name: arrays[name][None] for name in names}


def gap(arrays: Golden, config: GemmaConfig, params: Params) -> float:
    """Return by how much a model's logits miss the golden ones, where there is no padding."""
    batch = row(arrays)
    places = (batch["tokens"], batch["positions"], batch["segments"])
    model = Transformer(config, execution=DENSE)
    return missed(arrays, model.apply({"params": params}, *places)[0])


def missed(arrays: Golden, logits: Any) -> float:
    """Return by how much logits miss the golden ones, where there is no padding."""
    real = arrays["segments"] > 0
    return float(np.abs(np.asarray(logits)[0] - arrays["logits"])[real].max())


@partial(jax.jit, static_argnums=0)
def results(execution: Execution, params: Params, batch: Golden) -> Any:
    """Return logits, and the loss with its gradient."""
    model = Transformer(CONFIG, execution=execution)
    places = (batch["tokens"], batch["positions"], batch["segments"])
    logits, _ = model.apply({"params": params}, *places)
    return logits, jax.value_and_grad(partial(next_token_loss, model))(params, batch)


def test_the_golden_set_is_what_its_script_writes() -> None:
    """The reference, run again, gives the stored inputs and logits."""
    arrays = golden("loud")
    for name, value in inputs(seed=0).items():
        np.testing.assert_array_equal(arrays[name], value)
    np.testing.assert_allclose(logits_of_row(nested(arrays, "params"), arrays), arrays["logits"])


@pytest.mark.parametrize("execution", [DENSE, IN_BLOCKS, SCANNED], ids=["dense", "blocks", "scan"])
@pytest.mark.parametrize("name", BRANCHES)
def test_the_model_agrees_with_the_golden_set(name: str, execution: Execution) -> None:
    """Logits, loss and its slope along one direction of every weight, packed and padded."""
    arrays = golden(name)
    params = nested(arrays, "params")
    logits, (loss, gradient) = results(execution, params, row(arrays))
    assert missed(arrays, logits) < TOLERANCE
    assert loss == pytest.approx(arrays["loss"], abs=TOLERANCE)
    for path, slope in flat(gradient, "slope").items():
        ours = float(np.sum(np.asarray(slope, np.float64) * direction(slope.shape)))
        scale = max(1.0, float(np.linalg.norm(slope)))
        assert ours == pytest.approx(float(arrays[path]), abs=TOLERANCE * scale), path


def unscaled(model: Transformer, tokens: jax.Array) -> jax.Array:
    """Look embeddings up and leave them as they are."""
    return jnp.take(model.embedding, tokens, axis=0)


def rounded(model: Transformer, tokens: jax.Array) -> jax.Array:
    """Scale embeddings by the root of their width in bfloat16, though all else is float32."""
    scale = jnp.sqrt(jnp.bfloat16(model.config.embed_dim)).astype(jnp.float32)
    return unscaled(model, tokens) * scale


def interleaved(x: jax.Array, positions: jax.Array, base: float) -> jax.Array:
    """Turn neighbours, not halves."""
    apart = jnp.concatenate([x[..., ::2], x[..., 1::2]], axis=-1)
    turned = jnp.stack(jnp.split(ROTATE(apart, positions, base), 2, axis=-1), axis=-1)
    return turned.reshape(x.shape)


def layers_changed(change: Callable[[Params], Params]) -> Callable[[Params], Params]:
    """Return a function that changes every layer's weights."""

    def changed(params: Params) -> Params:
        return {
            name: change(value) if name.startswith("layer_") else value
            for name, value in params.items()
        }

    return changed


def tiled(layer: Params) -> Params:
    """Hand keys and values round the query heads in turn, not in runs."""
    order = [0, 2, 1, 3]
    kernels = layer["attention"]
    mixed = {**kernels, "q": kernels["q"][:, order], "o": kernels["o"][order]}
    return {**layer, "attention": mixed}


def swapped(layer: Params) -> Params:
    """Take the gate for the other branch."""
    kernels = layer["feed_forward"]
    mixed = {**kernels, "gate": kernels["up"], "up": kernels["gate"]}
    return {**layer, "feed_forward": mixed}


def plain_scales(params: Params) -> Params:
    """Make norms multiply by `w`, as if `1 + w` were not meant."""
    changed: Params = jax.tree_util.tree_map_with_path(
        lambda path, leaf: leaf - 1 if path[-1].key == "scale" else leaf, params
    )
    return changed


ROTATE = rotate
WINDOW = GemmaConfig.window
WRONG_CONFIGS: dict[str, dict[str, Any]] = {
    "attention logits uncapped": {"attn_logit_softcap": None},
    "final logits uncapped": {"final_logit_softcap": None},
    "local layers see everything": {"sliding_window": None},
    "a window too wide by one": {"sliding_window": 5},
    "queries scaled by the width of a head": {"query_pre_attn_scalar": 8},
    "queries scaled by d_model / heads": {"query_pre_attn_scalar": 6},
    "epsilon ten times too large": {"norm_eps": 1e-5},
    "no norms after sub-layers": {"post_norms": False},
}
WRONG_WEIGHTS: dict[str, Callable[[Params], Params]] = {
    "norms multiply by w": plain_scales,
    "gate and up swapped": layers_changed(swapped),
    "key heads handed round": layers_changed(tiled),
}
WRONG_CODE: dict[str, tuple[object, str, object]] = {
    "global layers first": (GemmaConfig, "window", lambda config, at: WINDOW(config, at + 1)),
    "the exact GELU": (nn, "gelu", lambda x, approximate: jax.nn.gelu(x, not approximate)),
    "embeddings unscaled": (Transformer, "_embed", unscaled),
    "embeddings' scale rounded": (Transformer, "_embed", rounded),
    "rotary pairs interleaved": (attention, "rotate", interleaved),
}


def largest_gap(config: GemmaConfig, change: Callable[[Params], Params]) -> float:
    """Return the larger miss of both golden models, with weights changed."""
    arrays = [golden(name) for name in BRANCHES]
    return max(gap(one, config, change(nested(one, "params"))) for one in arrays)


@pytest.mark.parametrize("mistake", WRONG_CONFIGS)
def test_a_wrong_constant_is_seen(mistake: str) -> None:
    """Each constant that ports get wrong moves the golden logits out of tolerance."""
    assert largest_gap(replace(CONFIG, **WRONG_CONFIGS[mistake]), lambda p: p) > 3 * TOLERANCE


@pytest.mark.parametrize("mistake", WRONG_WEIGHTS)
def test_a_wrong_reading_of_weights_is_seen(mistake: str) -> None:
    """Weights taken for what they are not move the golden logits out of tolerance."""
    assert largest_gap(CONFIG, WRONG_WEIGHTS[mistake]) > 3 * TOLERANCE


@pytest.mark.parametrize("mistake", WRONG_CODE)
def test_a_wrong_step_is_seen(mistake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step computed as ports often do moves the golden logits out of tolerance."""
    monkeypatch.setattr(*WRONG_CODE[mistake])
    assert largest_gap(CONFIG, lambda p: p) > 3 * TOLERANCE
