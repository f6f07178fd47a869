"""A model in fewer bits: what it says, what it weighs and what a step of decoding costs."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from gemsieve.model.checkpoints.forms import load
from gemsieve.model.gemma.cache import empty_cache
from gemsieve.model.gemma.config import GemmaConfig, named
from gemsieve.model.gemma.quantise import quantise
from gemsieve.model.gemma.transformer import Params, Transformer
from gemsieve.model.training.data.rows import Rows, in_order, read_texts, split, tokenize
from gemsieve.pipeline.manifest import verify


def cast(params: Params, dtype: str) -> Params:
    """Return the parameters in a floating type."""
    changed: Params = jax.tree.map(lambda leaf: leaf.astype(dtype), params)
    return changed


FORMS: dict[str, Callable[[Params], Params]] = {
    "float32": lambda params: params,
    "bfloat16": partial(cast, dtype="bfloat16"),
    "int8": partial(quantise, bits=8),
    "int8, groups of 32": partial(quantise, bits=8, group=32),
    "int4": partial(quantise, bits=4),
    "int4, groups of 128": partial(quantise, bits=4, group=128),
    "int4, groups of 32": partial(quantise, bits=4, group=32),
}


def megabytes(params: Params) -> float:
    """Return what parameters weigh, in memory as on disk, scales and all."""
    return sum(float(leaf.nbytes) for leaf in jax.tree.leaves(params)) / 1e6


@partial(jax.jit, static_argnums=0)
def compare(config: GemmaConfig, params: Params, exact: Params, batch: Any) -> jax.Array:  # noqa: ANN401
    """Return, summed over targets: loss, divergence from the exact model, likeliest kept, count."""

    def log_shares(weights: Params) -> jax.Array:
        places = (batch["tokens"], batch["positions"], batch["segments"])
        logits: Any = Transformer(config).apply({"params": weights}, *places)
        return jax.nn.log_softmax(logits[0])

    ours, theirs = log_shares(params), log_shares(exact)
    loss = -jnp.take_along_axis(ours, batch["targets"][..., None], axis=-1)[..., 0]
    divergence = jnp.sum(jnp.exp(theirs) * (theirs - ours), axis=-1)
    same = ours.argmax(-1) == theirs.argmax(-1)
    sums = [jnp.sum(what * batch["weights"]) for what in (loss, divergence, same, 1.0)]
    return jnp.stack(sums)


def quality(run: Path, data: Path, rows: int) -> Iterator[str]:
    """Yield a line a form: of a trained model, over held-out rows."""
    trained = load(run)
    settings, length = trained.about.settings, trained.about.settings["data"]["sequence_length"]
    documents = tokenize(read_texts(verify(data).kept), trained.tokenizer)
    _, held_out = split(documents, settings["data"]["held_out_every"], 0)
    for name, change in FORMS.items():
        params = change(trained.params)
        sums = sum(
            np.asarray(compare(trained.config, params, trained.params, batch), np.float64)
            for batch in in_order(Rows(held_out, length), 4, rows)
        )
        loss, divergence, same, count = np.asarray(sums)
        yield (
            f"{name:20} {megabytes(params):7.2f} MB  loss {loss / count:.4f}"
            f"  perplexity {math.exp(loss / count):.2f}  divergence {divergence / count:.5f}"
            f"  likeliest kept {same / count:.1%}  ({count:.0f} tokens)"
        )


def speed(config: GemmaConfig, rounds: int) -> Iterator[str]:
    """Yield a line a form: of random weights, one row, one token a step, forms in turn."""
    steps: dict[str, tuple[Callable[[], object], float, float]] = {}
    for name, change in FORMS.items():
        params = jax.jit(lambda change=change: change(random_params(config)))()
        dtype = "bfloat16" if name == "bfloat16" else "float32"
        cache = empty_cache(config, 1, 256, dtype)
        model = Transformer(config, dtype)
        token = jnp.zeros((1, 1), jnp.int32)
        decode = jax.jit(lambda p, c, t, model=model: model.apply({"params": p}, t, t, None, c)[0])
        compiled = decode.lower(params, cache, token).compile()
        temporary = getattr(compiled.memory_analysis(), "temp_size_in_bytes", 0) / 1e6
        steps[name] = (partial(compiled, params, cache, token), megabytes(params), temporary)
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, (step, _, _) in steps.items():
            jax.block_until_ready(step())  # type: ignore[no-untyped-call] # after another's memory
            start = time.process_time()
            jax.block_until_ready(step())  # type: ignore[no-untyped-call]
            seconds[name].append(time.process_time() - start)
    for name, (_, weights, temporary) in steps.items():
        yield (
            f"{name:20} weights {weights:7.1f} MB  temporary {temporary:7.1f} MB"
            f"  {1e3 * float(np.median(seconds[name])):7.1f} ms of processor a token"
        )


def random_params(config: GemmaConfig) -> Params:
    """Draw cheap weights of a size that keeps activations finite."""
    params: Params = jax.tree.map(
        lambda leaf: 0.01 * jax.random.normal(jax.random.key(leaf.size), leaf.shape),
        jax.eval_shape(lambda: Transformer(config).init(jax.random.key(0), jnp.zeros((1, 1), int)))[
            "params"
        ],
    )
    return params


def main() -> None:
    """Print quality of a run, or speed of a shape."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, help="a run of `gemsieve train`")
    parser.add_argument("--data", type=Path, help="the data it was trained on")
    parser.add_argument("--held-out-rows", type=int, default=64)
    parser.add_argument("--size", default="2b", help="for speed: two layers of this size")
    parser.add_argument("--vocabulary", type=int, default=32_000, help="rows of its embedding")
    parser.add_argument("--rounds", type=int, default=7)
    args = parser.parse_args()
    if args.run:
        lines = quality(args.run, args.data, args.held_out_rows)
    else:
        config = replace(named(args.size), num_layers=2, vocab_size=args.vocabulary)
        lines = speed(config, args.rounds)
    for line in lines:
        print(line, flush=True)


if __name__ == "__main__":
    main()
