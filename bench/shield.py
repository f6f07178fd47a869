"""Processor time of a text's four guidelines: read once for all of them, and once for each.

python bench/shield.py [--size tiny] [--rounds 5]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from statistics import median

import jax
import jax.numpy as jnp

from gemsieve.model.gemma.config import named
from gemsieve.model.gemma.transformer import Transformer
from gemsieve.model.sampling.engine import Engine

GUIDELINES, GUIDELINE = 4, 90  # how many, and tokens of each with the words around it
TEXTS = (60, 250, 1000)  # tokens; with Gemma's tokenizer some 4 characters each


def once(engine: Engine, text: Sequence[int], closing: Sequence[int]) -> None:
    """Read a text, and each guideline after it."""
    shared = engine.prefix(text)
    for _ in range(GUIDELINES):
        engine.prefix(closing, shared).logits.block_until_ready()


def each(engine: Engine, text: Sequence[int], closing: Sequence[int]) -> None:
    """Read a text with each guideline."""
    for _ in range(GUIDELINES):
        engine.prefix([*text, *closing]).logits.block_until_ready()


def main() -> None:
    """Print a line for each length of text."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", default="tiny")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    config = replace(named(args.size), max_length=2048)
    row = jnp.zeros((1, 8), jnp.int32)
    params = Transformer(config).init(jax.random.key(0), row)["params"]
    engine = Engine(params=params, config=config, rows=1, slots=1)
    closing = [7] * GUIDELINE
    for length in TEXTS:
        text = [9] * length
        spent: dict[str, list[float]] = {"once": [], "each": []}
        for number in range(args.rounds + 1):
            for way in (once, each):
                began = time.process_time()
                way(engine, text, closing)
                if number:  # the first compiles
                    spent[way.__name__].append(time.process_time() - began)
        shared, apart = median(spent["once"]), median(spent["each"])
        print(f"{length} tokens: once {shared:.3f} s, each {apart:.3f} s, {apart / shared:.2f}x")


if __name__ == "__main__":
    main()
