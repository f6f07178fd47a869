"""Drawing a token from Gemma's vocabulary: without sorting it, beside sorting it."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from gemsieve.model.sampling.draw import Drawing, choice_of, draw

KINDS = {
    "greedy": Drawing(temperature=0.0),
    "temperature": Drawing(temperature=0.8),
    "top-k 64": Drawing(top_k=64),
    "top-p .95": Drawing(top_p=0.95),
    "all settings": Drawing(
        temperature=0.8, top_k=64, top_p=0.95, min_p=0.05, repetition_penalty=1.1
    ),
}


@jax.jit
def sorting(logits: jax.Array, keys: jax.Array, top_k: int, top_p: float) -> jax.Array:
    """Draw with top-k and top-p as it is usually done: over the sorted vocabulary."""
    order = jnp.argsort(logits, axis=-1, descending=True)
    ranked = jnp.take_along_axis(logits, order, axis=-1)
    share = jax.nn.softmax(jnp.where(jnp.arange(logits.shape[-1]) < top_k, ranked, -jnp.inf))
    kept = jnp.where(share.cumsum(axis=-1) - share < top_p, jnp.log(share), -jnp.inf)
    rank = jax.vmap(jax.random.categorical)(keys, kept)
    return jnp.take_along_axis(order, rank[:, None], axis=-1)[:, 0]


def seconds(step: Callable[[], object]) -> float:
    """Return the processor time of a step that is compiled."""
    start = time.process_time()
    jax.block_until_ready(step())  # type: ignore[no-untyped-call]
    return time.process_time() - start


def main() -> None:
    """Print the median processor time of a step, in milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vocabulary", type=int, default=256_000)
    parser.add_argument("--rows", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=9)
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    logits = jnp.asarray(rng.normal(0, 4, (args.rows, args.vocabulary)), jnp.float32)
    keys = jax.random.split(jax.random.key(0), args.rows)
    seen, allowed = jnp.zeros(logits.shape, bool), np.ones(args.vocabulary, bool)
    choices = {name: choice_of([kind] * args.rows, allowed) for name, kind in KINDS.items()}
    steps: dict[str, Callable[[], object]] = {
        name: lambda choice=choice: draw(logits, keys, choice, seen)  # type: ignore[misc]
        for name, choice in choices.items()
    }
    steps["sorting, top-k and top-p"] = lambda: sorting(logits, keys, 64, 0.95)
    for step in steps.values():
        jax.block_until_ready(step())  # type: ignore[no-untyped-call]
    taken = [{name: seconds(step) for name, step in steps.items()} for _ in range(args.rounds)]
    print(f"{args.rows} x {args.vocabulary:,}, {jax.devices()[0].device_kind}, ms of processor")
    for name in steps:
        print(f"{name:<26}{statistics.median(row[name] for row in taken) * 1e3:8.1f}")


if __name__ == "__main__":
    main()
