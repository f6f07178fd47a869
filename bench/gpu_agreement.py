"""Whether the GPU computes what the CPU does: attention, decoding, training, fewer bits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from gpu_case import Section
from gpu_training import Setting, batch_of, make_step

from gemsieve.model.gemma.cache import empty_cache
from gemsieve.model.gemma.config import named
from gemsieve.model.gemma.execution import Attention, Execution, Precision
from gemsieve.model.gemma.quantise import FORMS, quantise
from gemsieve.model.gemma.self_attention import Manner, attend_to_itself
from gemsieve.model.gemma.transformer import Params, Transformer, initialise

# Largest relative error, as lengths of difference and reference: of products in float32; in the
# GPU's own form of it, TF32, with 10 bits after the point; in bfloat16, with 7.
TOLERANCES = {"float32": 1e-5, "tf32": 3e-3, "bfloat16": 2e-2}
CONFIG = named("test")
KERNELS = {"attention tokamax, bfloat16"}


class Claim(NamedTuple):
    """Say that a function computes on the GPU what another does on the CPU, within a limit."""

    ours: Callable[[], Any]
    theirs: Callable[[], Any]
    limit: float


def run(section: Section) -> None:
    """Compare everything with this machine's CPU, compiling all at once."""
    device = jax.devices()[0]
    section.note("device", kind=device.device_kind, jax=jax.__version__)
    claims = {**models(), **attentions(32 if section.tiny else 512, on_gpu=not section.tiny)}
    _params()
    with ThreadPoolExecutor(8) as pool:
        references = {claim.theirs for claim in claims.values()}
        theirs = {function: pool.submit(on_cpu, function) for function in references}
        # First what needs no kernels but XLA's own: another's could break the device.
        for names in (claims.keys() - KERNELS, claims.keys() & KERNELS):
            ours = section.prepared({name: claims[name].ours for name in sorted(names)})
            for name, found in ours.items():
                check = partial(
                    compare, found, theirs[claims[name].theirs].result, claims[name].limit
                )
                section.case(name, check, compiled=True)


def models() -> dict[str, Claim]:
    """Return what is claimed of decoding, training and fewer bits."""
    exact = partial(exactly, cached)
    steps = partial(training, "chunked")
    mixed = partial(training, "chunked", "bfloat16")
    forms = {form: partial(fewer_bits, form) for form in FORMS}
    return {
        "cached decoding is uncached": Claim(exact, uncached, 1e-4),
        "five steps": Claim(partial(exactly, steps), steps, 1e-4),
        "five steps, bfloat16": Claim(mixed, steps, 2e-2),
        **{form: Claim(partial(exactly, logits), logits, 1e-4) for form, logits in forms.items()},
    }


def attentions(length: int, *, on_gpu: bool) -> dict[str, Claim]:
    """Return what is claimed of each way of attending, with a window and without."""
    reference = partial(attention, "dense", length, "float32")
    kinds: tuple[Attention, ...] = (
        ("dense", "chunked", "tokamax") if on_gpu else ("dense", "chunked")
    )
    ways = [(kind, form) for kind in kinds for form in TOLERANCES]
    return {
        f"attention {kind}, {form}": Claim(
            partial(attention, kind, length, form), reference, TOLERANCES[form]
        )
        # Its kernels know bfloat16 alone.
        for kind, form in ways
        if kind != "tokamax" or form == "bfloat16"
    }


def exactly(function: Callable[[], Any]) -> Any:  # noqa: ANN401 - a tree of arrays
    """Return what a function computes with products in float32."""
    with jax.default_matmul_precision("highest"):
        return function()


def on_cpu(function: Callable[[], Any]) -> Any:  # noqa: ANN401 - a tree of arrays
    """Return what a function computes on the CPU, as exactly as it can."""
    with jax.default_device(jax.devices("cpu")[0]):
        return jax.tree.map(np.asarray, exactly(function))


def compare(ours: Any, theirs: Callable[[], Any], limit: float) -> Mapping[str, Any]:  # noqa: ANN401
    """Return the largest relative error of any array, and whether that is within the limit."""

    def error(ours: Any, theirs: Any) -> float:  # noqa: ANN401 - arrays
        exact = np.asarray(theirs, np.float64)
        return float(np.linalg.norm(np.asarray(ours, np.float64) - exact) / np.linalg.norm(exact))

    worst = max(jax.tree.leaves(jax.tree.map(error, ours, theirs())))
    return {"error": worst, "limit": limit, "agrees": worst <= limit}


def attention(kind: Attention, length: int, form: str) -> Any:  # noqa: ANN401
    """Return output and gradients of two packed rows in the shape of the 2B model, float32.

    Once without a window and once with one that a document is longer than.
    """
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
    execution = Execution(attention=kind, attention_block=length // 4)

    @jax.jit
    def both(q: jax.Array, k: jax.Array, v: jax.Array, d: jax.Array) -> Any:  # noqa: ANN401
        def one(window: int | None) -> Any:  # noqa: ANN401
            attend = partial(
                attend_to_itself, places=places, manner=Manner(window, 50.0, execution)
            )
            output, back = jax.vjp(lambda q, k, v: attend(q / 16, k, v), q, k, v)
            return jax.tree.map(lambda x: x.astype(jnp.float32), (output, *back(d)))

        return one(None), one(length // 4)

    with jax.default_matmul_precision("highest" if form == "float32" else "default"):
        return both(q, k, v, d)


def _tokens() -> jax.Array:
    return jnp.asarray(np.random.default_rng(1).integers(0, CONFIG.vocab_size, (2, 24)))


@cache
def _params() -> Params:
    """Return parameters in the memory of this process: drawn op by op they take a GPU seconds."""
    with jax.default_device(jax.devices("cpu")[0]):
        params: Params = jax.tree.map(np.asarray, initialise(CONFIG, 0))
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


def training(kind: Attention, precision: Precision = "float32") -> list[float]:
    """Return the losses of five steps of the trainer's."""
    execution = Execution(
        attention=kind, attention_block=8, scan=True, remat="dots", precision=precision
    )
    setting = Setting(2, 24, execution)
    step, start = make_step(CONFIG, setting)
    state, batch, losses = start(), batch_of(CONFIG, 2, 24), []
    for index in range(5):
        *state, loss, _ = step(*state, jnp.int32(index), {}, batch)
        losses.append(float(loss))
    return losses


def fewer_bits(form: str) -> Any:  # noqa: ANN401 - an array
    """Return the logits of a quantised model."""
    bits, group = FORMS[form]
    params = quantise(_params(), bits, group)
    logits: Any = jax.jit(Transformer(CONFIG).apply)({"params": params}, _tokens())
    return logits[0]
