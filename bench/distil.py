"""Does a student of a teacher beat itself learning from text alone, at equal tokens?

    python bench/distil.py DATA [--teacher-steps 250] [--steps 100] [--seeds 3]

A teacher is trained on half of the documents that a job kept (DATA, the folder of `gemsieve
filter`). Students a few times smaller read rows of the other half, none twice: each seed is of
their first parameters and of the order, and the same for every loss. All are measured by the loss
of the next token on the same held-out documents.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import optax  # type: ignore[import-untyped]
from small_training import SMALL, make_settings, measured, read_corpus, trained

from gemsieve.model.gemma.transformer import Params, Transformer, count_parameters, initialise
from gemsieve.model.training.data import Rows, batches
from gemsieve.model.training.distil import from_distribution, from_likeliest, likeliest, mixed
from gemsieve.model.training.loss import Batch
from gemsieve.model.training.optimizer import make_optimizer
from gemsieve.model.training.settings import TrainSettings

# What a position's loss is, of the student's logits, the teacher's and the next tokens.
Loss = Callable[[jax.Array, jax.Array, jax.Array], jax.Array]

_STUDENT = replace(SMALL, embed_dim=48, hidden_dim=96, num_layers=2, num_heads=2, num_kv_heads=1)
_LEARNING_RATE = 6e-3


def next_token(student: jax.Array, _: jax.Array, targets: jax.Array) -> jax.Array:
    """Return the cross-entropy of the text's own next tokens."""
    losses: jax.Array = optax.softmax_cross_entropy_with_integer_labels(student, targets)
    return losses


def whole(student: jax.Array, teacher: jax.Array, _: jax.Array) -> jax.Array:
    """Return the cross-entropy to all that the teacher says."""
    return from_distribution(student, teacher)


def listed(
    k: int, share: float, student: jax.Array, teacher: jax.Array, targets: jax.Array
) -> jax.Array:
    """Return the cross-entropy to k tokens and a bucket, and for the rest that of `next_token`."""
    told = from_likeliest(student, *likeliest(teacher, k))
    return mixed(told, next_token(student, teacher, targets), share)


LOSSES: dict[str, Loss] = {
    "next token": next_token,
    "whole distribution": whole,
    "top 8, bucket": partial(listed, 8, 1.0),
    "top 64, bucket": partial(listed, 64, 1.0),
    "top 8, bucket; half text": partial(listed, 8, 0.5),
}


def main() -> None:
    """Train, and print a table of losses in nats a token."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="the output of a filter job")
    parser.add_argument("--teacher-steps", type=int, default=250)
    parser.add_argument("--steps", type=int, default=100, help="of a student")
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    taught = make_settings(SMALL, args.teacher_steps, _LEARNING_RATE)
    corpus = read_corpus(args.data, taught)
    teacher = trained(taught, corpus.first, initialise(SMALL, seed=0), order=0)
    settings = make_settings(_STUDENT, args.steps, _LEARNING_RATE)
    evaluate = measured(settings, corpus.held_out)
    sizes = [sum(count_parameters(config)) for config in (SMALL, _STUDENT)]
    print(f"teacher of {sizes[0]:,} parameters, students of {sizes[1]:,}")
    print(f"{'teacher':<26}{measured(taught, corpus.held_out)(teacher):8.4f}", flush=True)
    for name, loss in LOSSES.items():
        step = make_step(settings, loss, teacher)
        found = [
            evaluate(student(settings, corpus.second, step, seed)) for seed in range(args.seeds)
        ]
        each = "".join(f"{value:8.4f}" for value in found)
        print(f"{name:<26}{each}   mean {statistics.mean(found):.4f}", flush=True)
    print(f"{time.process_time():.0f} s of processor time")


Step = Callable[[Params, optax.OptState, Batch], tuple[Params, optax.OptState]]


def make_step(settings: TrainSettings, loss: Loss, teacher: Params) -> Step:
    """Return a compiled step of a student that learns by a loss."""
    optimizer = make_optimizer(settings.optimizer, settings.train.steps)

    def logits(model: Transformer, params: Params, batch: Batch) -> jax.Array:
        places = (batch["tokens"], batch["positions"], batch["segments"])
        found: tuple[jax.Array, object] = model.apply({"params": params}, *places)
        return found[0]

    def mean(params: Params, batch: Batch) -> jax.Array:
        told = logits(Transformer(SMALL), teacher, batch)
        heard = logits(Transformer(_STUDENT), params, batch)
        weights = jnp.asarray(batch["weights"])
        losses = loss(heard, told, jnp.asarray(batch["targets"]))
        return jnp.sum(losses * weights) / jnp.sum(weights)

    @jax.jit
    def step(params: Params, memory: optax.OptState, batch: Batch) -> tuple[Params, optax.OptState]:
        updates, memory = optimizer.update(jax.grad(mean)(params, batch), memory, params)
        moved: Params = optax.apply_updates(params, updates)
        return moved, memory

    return step


def student(settings: TrainSettings, rows: Rows, step: Step, seed: int) -> Params:
    """Return a student's parameters after its steps."""
    params: Params = initialise(_STUDENT, seed)
    memory = make_optimizer(settings.optimizer, settings.train.steps).init(params)
    source = batches(rows, settings.train.batch_size, seed)
    for number in range(settings.train.steps):
        params, memory = step(params, memory, source[number])
    return params


if __name__ == "__main__":
    main()
