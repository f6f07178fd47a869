"""What a run does at each step: gradient, update; and, now and then, a measure of the loss."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import optax  # type: ignore[import-untyped]

from gemsieve.model.gemma.sharding import parameters_apart
from gemsieve.model.gemma.transformer import Params
from gemsieve.model.training.data.groups import Groups, of_all, together
from gemsieve.model.training.data.order import Mixture
from gemsieve.model.training.data.rows import Row, Source, in_order
from gemsieve.model.training.loss import Batch, Loss, Measures
from gemsieve.model.training.optimizer import make_optimizer
from gemsieve.model.training.settings import TrainSettings


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class State:
    """Hold what a step changes; `average` is the running mean of parameters, where it is kept."""

    step: int = field(metadata={"static": True})
    params: Params
    optimizer: optax.OptState
    average: Params | None = None

    @property
    def model(self) -> Params:
        """The parameters to measure and to use."""
        return self.params if self.average is None else self.average


Step = Callable[
    [Params, optax.OptState, Params | None, int, Params, Batch],
    tuple[Params, optax.OptState, Params | None, jax.Array, jax.Array],
]


Update = Callable[[State, Batch], tuple[State, jax.Array, jax.Array]]
Evaluate = Callable[[Params], dict[str, Any]]


def make_update(settings: TrainSettings, loss_of: Loss, fixed: Params) -> Update:
    """Return a function that takes one step: the next state, the loss before, the gradient's norm.

    The old state's arrays are given up to the new one's. A step that is skipped, as settings may
    ask, counts but changes nothing else, and its loss is NaN.

    Args:
        settings: The run's settings.
        loss_of: What is lowered; the same function is compiled once.
        fixed: What it reads beside the parameters.
    """
    step = compiled_step(settings, loss_of)

    def update(state: State, batch: Batch) -> tuple[State, jax.Array, jax.Array]:
        params, memory, average, loss, norm = step(
            state.params, state.optimizer, state.average, state.step, fixed, batch
        )
        return State(state.step + 1, params, memory, average), loss, norm

    return update


@cache
def compiled_step(settings: TrainSettings, loss_of: Loss) -> Step:
    """Return a step on plain trees."""
    gradient_of = in_parts(loss_of, settings.execution.accumulate)
    optimizer = make_optimizer(settings.optimizer, settings.train.steps)

    @partial(jax.jit, donate_argnums=(0, 1, 2))
    def step(  # noqa: PLR0913, PLR0917 (what a step reads, to be given up or not one by one)
        params: Params,
        memory: optax.OptState,
        average: Params | None,
        done: int,
        fixed: Params,
        batch: Batch,
    ) -> tuple[Params, optax.OptState, Params | None, jax.Array, jax.Array]:
        with jax.named_scope("loss"):
            loss, gradient = gradient_of(params, fixed, batch)
            gradient = parameters_apart(gradient)
        norm, old = optax.tree.norm(gradient), (params, memory, average)
        with jax.named_scope("optimizer"):
            updates, memory = optimizer.update(gradient, memory, params)
            params = optax.apply_updates(params, updates)
            if average is not None:
                average = _averaged(average, params, settings.optimizer.ema, done)
        if settings.train.on_nan == "skip":
            sound = jnp.isfinite(loss) & jnp.isfinite(norm)
            new = params, memory, average
            params, memory, average = jax.tree.map(partial(jnp.where, sound), new, old)
            loss = jnp.where(sound, loss, jnp.nan)
        return *parameters_apart((params, memory, average)), loss, norm

    return step


def in_parts(
    loss_of: Loss, parts: int
) -> Callable[[Params, Params, Batch], tuple[jax.Array, Params]]:
    """Return a function giving a loss and its gradient, a part of the batch's rows at a time.

    Parts count by their weights, so both are those of the whole batch, but for rounding.
    """
    whole = jax.value_and_grad(loss_of)
    if parts == 1:
        return whole

    def summed(params: Params, fixed: Params, batch: Batch) -> tuple[jax.Array, Params]:
        cut = {name: _cut(jnp.asarray(column), parts) for name, column in batch.items()}
        # As the loss does, so that a batch whose weights are all 0 has loss 0.
        weights = jnp.maximum(jnp.sum(jnp.asarray(batch["weights"])), 1.0)

        def add(total: tuple[jax.Array, Params], part: Batch) -> tuple[Any, None]:
            share = jnp.maximum(jnp.sum(jnp.asarray(part["weights"])), 1.0) / weights
            return jax.tree.map(lambda a, b: a + share * b, total, whole(params, fixed, part)), None

        zeros = jnp.zeros(()), jax.tree.map(jnp.zeros_like, params)
        total, _ = jax.lax.scan(add, zeros, cut)
        loss, gradient = total
        return loss, gradient

    return summed


def _cut(column: jax.Array, parts: int) -> jax.Array:
    """Share rows out to parts in turn: a device has as many rows of each, all its own."""
    return jnp.moveaxis(column.reshape(-1, parts, *column.shape[1:]), 1, 0)


def _averaged(average: Params, params: Params, most: float, done: int) -> Params:
    """Return the running mean after a step.

    In the first steps less of it stays, so that it soon forgets the random start: as in
    TensorFlow's `ExponentialMovingAverage`, the share is at most (1 + n) / (10 + n) at step n.
    """
    stays = jnp.minimum(most, (1.0 + done) / (10.0 + done))
    mean: Params = jax.tree.map(lambda old, new: stays * old + (1 - stays) * new, average, params)
    return mean


def make_evaluate(
    settings: TrainSettings,
    measures: Measures,
    fixed: Params,
    rows: Source | Mixture,
    place: Callable[[Row], Batch] = lambda batch: batch,
) -> Evaluate:
    """Return a function from parameters to means over the first held-out rows, by their names.

    Of a mixture they are the sources' means by their weights; beside them stands each source's,
    such as `loss/NAME`. Of rows in groups `by` has each group's loss, `tokens` its tokens. `place`
    puts a batch on the devices.
    """
    loop, compiled = settings.train, _compiled(measures)

    def summed(params: Params, source: Source, limit: int) -> tuple[dict[str, float], float]:
        totals, weight = dict[str, float](), 0.0
        for batch in in_order(source, loop.batch_size, limit):
            counted = float(batch["weights"].sum())
            for name, value in compiled(params, fixed, place(batch)).items():
                totals[name] = totals.get(name, 0.0) + counted * float(value)
            weight += counted
        return totals, weight

    def means(params: Params, source: Source) -> dict[str, Any]:
        if isinstance(source, Groups):
            shares = source.shares(loop.evaluate_rows)
            parts = zip(source.rows, shares, strict=True)
            return together(source, [summed(params, *part) for part in parts])
        totals, weight = summed(params, source, loop.evaluate_rows)
        return {name: total / weight if weight else math.nan for name, total in totals.items()}

    def evaluate(params: Params) -> dict[str, Any]:
        if not isinstance(rows, Mixture):
            return means(params, rows)
        shares = [part / sum(rows.parts) for part in rows.parts]
        found = [means(params, source) for source in rows.sources]
        every, groups = of_all(dict(zip(rows.names, found, strict=True)))
        for name in found[0].keys() - groups.keys():
            values = (share * one[name] for share, one in zip(shares, found, strict=True))
            every[name] = math.fsum(values)
        return every | groups

    return evaluate


@cache
def _compiled(measures: Measures) -> Measures:
    """Return measures that are compiled once."""
    compiled: Measures = jax.jit(measures)
    return compiled


@cache
def make_fresh(settings: TrainSettings) -> Callable[[Params], State]:
    """Return `fresh` compiled: on a mesh no device makes more than its part."""
    return jax.jit(lambda params: parameters_apart(fresh(settings, params)))


def fresh(settings: TrainSettings, params: Params) -> State:
    """Return the state before the first step, from the parameters that training starts with."""
    memory = make_optimizer(settings.optimizer, settings.train.steps).init(params)
    # A copy, since a step gives up the arrays of both.
    average = jax.tree.map(jnp.copy, params) if settings.optimizer.ema else None
    return State(0, params, memory, average)
