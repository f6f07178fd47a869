"""Whether the GPU computes what the CPU does: attention, decoding, training, fewer bits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from gpu_case import Section
from gpu_training import Setting, batch_of, make_step

from gemsieve.model.gemma.cache import empty_cache
from gemsieve.model.gemma.config import named
from gemsieve.model.gemma.execution import Attention, Execution
from gemsieve.model.gemma.quantise import FORMS, quantise
from gemsieve.model.gemma.self_attention import Manner, attend_to_itself
from gemsieve.model.gemma.transformer import Params, Transformer, initialise

# Largest relative error, as lengths of difference and reference: of products in float32; in the
# GPU's own form of it, TF32, with 10 bits after the point; in bfloat16, with 7.
TOLERANCES = {"float32": 1e-5, "tf32": 3e-3, "bfloat16": 2e-2}
CONFIG = named("test")
WAYS: tuple[Attention, ...] = ("dense", "chunked", "tokamax")


def run(section: Section) -> None:
    """Compare everything with this machine's CPU."""
    device = jax.devices()[0]
    section.note("device", kind=device.device_kind, jax=jax.__version__)
    length = 32 if section.tiny else 1024
    with jax.default_matmul_precision("highest"):
        section.case("cached decoding is uncached", partial(compare, cached, uncached(), 1e-4))
        for kind in WAYS[:2]:
            losses = partial(training, kind)
            reference = on_cpu(losses)
            section.case(f"five steps, {kind}", partial(compare, losses, reference, 1e-4))
        for form in FORMS:
            logits = partial(fewer_bits, form)
            section.case(form, partial(compare, logits, on_cpu(logits), 1e-4))

    # Last what could break the device.
    for kind in WAYS:
        for window in (None, length // 4):
            for form, limit in TOLERANCES.items():
                name = f"attention {kind}, {form}, window {window}"
                ours = partial(attention, kind, window, length, form)
                section.case(name, partial(compare, ours, _reference(window, length), limit))


@cache
def _reference(window: int | None, length: int) -> Any:  # noqa: ANN401 - a tree of arrays
    return on_cpu(partial(attention, "dense", window, length, "float32"))


def on_cpu(function: Callable[[], Any]) -> Any:  # noqa: ANN401 - a tree of arrays
    """Return what a function computes on the CPU, as exactly as it can."""
    with jax.default_device(jax.devices("cpu")[0]), jax.default_matmul_precision("highest"):
        return jax.tree.map(np.asarray, function())


def compare(function: Callable[[], Any], reference: Any, limit: float) -> Mapping[str, Any]:  # noqa: ANN401
    """Return the largest relative error of any array, and whether that is within the limit."""

    def error(ours: Any, theirs: Any) -> float:  # noqa: ANN401 - arrays
        exact = np.asarray(theirs, np.float64)
        return float(np.linalg.norm(np.asarray(ours, np.float64) - exact) / np.linalg.norm(exact))

    worst = max(jax.tree.leaves(jax.tree.map(error, function(), reference)))
    return {"error": worst, "limit": limit, "agrees": worst <= limit}


def attention(kind: Attention, window: int | None, length: int, form: str) -> Any:  # noqa: ANN401
    """Return output and gradients of two packed rows in the shape of the 2B model, float32."""
    dtype = "bfloat16" if form == "bfloat16" else "float32"
    generator = np.random.default_rng(0)
    q, k, v, d = (
        jnp.asarray(generator.standard_normal((2, length, heads, 256)), dtype)
        for heads in (8, 4, 4, 8)
    )
    # Two documents a row, of other lengths in each.
    index = np.arange(length)
    begins = np.stack([np.where(index < cut, 0, cut) for cut in (length // 3, length // 2)])
    places = jnp.asarray(index - begins), jnp.asarray(1 + (begins > 0))
    manner = Manner(window, 50.0, Execution(attention=kind, attention_block=length // 4))

    @jax.jit
    def both(q: jax.Array, k: jax.Array, v: jax.Array, d: jax.Array) -> Any:  # noqa: ANN401
        attend = partial(attend_to_itself, places=places, manner=manner)
        output, back = jax.vjp(lambda q, k, v: attend(q / 16, k, v), q, k, v)
        return jax.tree.map(lambda x: x.astype(jnp.float32), (output, *back(d)))

    with jax.default_matmul_precision("highest" if form == "float32" else "default"):
        return both(q, k, v, d)


def _tokens() -> jax.Array:
    return jnp.asarray(np.random.default_rng(1).integers(0, CONFIG.vocab_size, (2, 24)))


def _params() -> Params:
    params: Params = initialise(CONFIG, 0)
    return params


def uncached() -> Any:  # noqa: ANN401 - an array
    """Return the logits of rows read at once."""
    logits: Any = jax.jit(Transformer(CONFIG).apply)({"params": _params()}, _tokens())
    return np.asarray(logits[0])


def cached() -> Any:  # noqa: ANN401 - an array
    """Return the same, token by token."""
    cache, params, model = empty_cache(CONFIG, 2, 24, "float32"), _params(), Transformer(CONFIG)
    step = jax.jit(lambda t, p, c: model.apply({"params": params}, t, p, None, c))
    every = []
    for place in range(24):
        token = _tokens()[:, place : place + 1]
        logits, cache = step(token, jnp.full((2, 1), place), cache)
        every.append(np.asarray(logits))
    return np.concatenate(every, axis=1)


def training(kind: Attention) -> list[float]:
    """Return the losses of five steps of the measured training step."""
    execution = Execution(attention=kind, attention_block=8, scan=True, remat="full")
    setting = Setting(2, 24, execution, masters="float32", dtype="float32")
    step, start = make_step(CONFIG, setting)
    state, batch, losses = start(), batch_of(CONFIG, 2, 24), []
    for _ in range(5):
        *state, loss = step(*state, batch)
        losses.append(float(loss))
    return losses


def fewer_bits(form: str) -> Any:  # noqa: ANN401 - an array
    """Return the logits of a quantised model."""
    bits, group = FORMS[form]
    params = quantise(_params(), bits, group)
    logits: Any = jax.jit(Transformer(CONFIG).apply)({"params": params}, _tokens())
    return logits[0]
