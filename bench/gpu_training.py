"""Training of Gemma 2 2B on one GPU: tokens a second, utilisation, memory, time to compile."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]
from gpu_case import Section, gpu_memory, random_like
from gpu_profile import kernel_times

from gemsieve.model.gemma.config import GemmaConfig, named
from gemsieve.model.gemma.execution import Attention, Execution
from gemsieve.model.gemma.stacked import stack
from gemsieve.model.gemma.transformer import Transformer, initialise
from gemsieve.model.training.loss import next_token_loss
from gemsieve.model.training.optimizer import OptimizerSettings, make_optimizer
from gemsieve.model.training.utilisation import utilisation


class Setting(NamedTuple):
    """Say how to train.

    Attributes:
        rows: Of a batch.
        length: Tokens of a row.
        execution: How to compute the model.
        masters: The type of the parameters and of the optimizer's memory.
        dtype: The type of the activations.
    """

    rows: int
    length: int
    execution: Execution
    masters: str = "float32"
    dtype: str = "bfloat16"

    @property
    def title(self) -> str:
        """Return all that differs."""
        e = self.execution
        attention = f"chunked {e.attention_block}" if e.attention == "chunked" else e.attention
        scan = "scan" if e.scan else "unrolled"
        return (
            f"{self.rows} x {self.length}, {attention}, remat {e.remat}, {scan},"
            f" loss {e.loss_tokens}, {self.masters} masters"
        )


def run(section: Section) -> None:
    """Compile a few settings at a time, then run those that fit."""
    config, device = named("test" if section.tiny else "2b"), jax.devices()[0]
    section.note("device", kind=device.device_kind, jax=jax.__version__, bytes=gpu_memory())
    attention: Attention = "tokamax" if section.name == "tokamax" else "chunked"
    for wave in waves(attention, tiny=section.tiny):
        if section.over:
            break
        compiled = section.prepared(
            {setting.title: partial(compile_, config, setting) for setting in wave}
        )
        for setting in wave:
            if setting.title in compiled:
                measure = partial(train, config, setting, compiled[setting.title])
                section.case(setting.title, measure, compiled=True)
        if wave[0].title in compiled:
            step = compiled[wave[0].title][0]
            kernels = partial(profile, config, wave[0], step)
            section.case(f"kernels of {wave[0].title}", kernels)


def waves(attention: Attention, *, tiny: bool) -> list[list[Setting]]:
    """Return what to try, in groups that are compiled together, the most telling first."""
    length, block, loss = (64, 32, 32) if tiny else (8192, 1024, 4096)
    rows = 2 if gpu_memory() > 100e9 or tiny else 1
    full = Execution(
        attention=attention, attention_block=block, loss_tokens=loss, scan=True, remat="full"
    )
    dots, half = replace(full, remat="dots"), "bfloat16"
    first = [Setting(rows, length, dots), Setting(rows, length, full)]
    larger = Setting(4 * rows, length, full, half)
    unrolled = Setting(rows, length, replace(dots, scan=False))
    if attention == "tokamax":
        return [[*first, Setting(rows, length, dots, half), larger], [unrolled]]
    blocks = Setting(rows, length, replace(dots, attention_block=2 * block))
    fewer = Setting(rows, length, replace(dots, loss_tokens=loss // 8))
    dense = Setting(4 * rows, length // 4, replace(full, attention="dense"))
    return [[*first, blocks], [fewer, larger, dense], [unrolled]]


def make_step(config: GemmaConfig, setting: Setting) -> tuple[Any, Callable[[], list[Any]]]:
    """Return a jitted step, and a function that makes the state before the first."""
    optimizer = make_optimizer(OptimizerSettings(), steps=1000)
    model = Transformer(config, setting.dtype, setting.execution)

    def loss_of(params: Any, batch: Any) -> jax.Array:  # noqa: ANN401
        # The loss gives the embedding a gradient in float32.
        embedding = params["embedding"].astype("float32")
        return next_token_loss(model, {**params, "embedding": embedding}, batch)

    @partial(jax.jit, donate_argnums=(0, 1))
    def step(params: Any, memory: Any, batch: Any) -> tuple[Any, Any, jax.Array]:  # noqa: ANN401
        loss, gradient = jax.value_and_grad(loss_of)(params, batch)
        updates, memory = optimizer.update(gradient, memory, params)
        return optax.apply_updates(params, updates), memory, loss

    def start() -> list[Any]:
        params = random_like(_shapes(config, setting), setting.masters)
        return [params, jax.jit(optimizer.init)(params)]

    return step, start


def _shapes(config: GemmaConfig, setting: Setting) -> Any:  # noqa: ANN401 - a tree of shapes
    """Return the parameters' shapes, stacked where layers are scanned."""

    def params() -> Any:  # noqa: ANN401
        drawn = initialise(config, 0)
        return stack(drawn) if setting.execution.scan else drawn

    return jax.eval_shape(params)


def batch_of(config: GemmaConfig, rows: int, length: int) -> dict[str, jax.Array]:
    """Return random tokens, two documents a row."""
    raw = np.random.default_rng(0).integers(0, config.vocab_size, (rows, length + 1))
    index = np.arange(length)
    second = index >= length // 2
    positions = np.where(second, index - length // 2, index)
    columns = {
        "tokens": raw[:, :-1],
        "targets": raw[:, 1:],
        "positions": np.broadcast_to(positions, (rows, length)),
        "segments": np.broadcast_to(1 + second, (rows, length)),
    }
    batch = {name: jnp.asarray(column, jnp.int32) for name, column in columns.items()}
    return {**batch, "weights": jnp.ones((rows, length), jnp.float32)}


def compile_(config: GemmaConfig, setting: Setting) -> tuple[Any, float, float]:
    """Return a compiled step, the seconds it took beside others, and the bytes it needs."""
    began = time.perf_counter()
    step, start = make_step(config, setting)
    state = jax.eval_shape(start)
    batch = jax.eval_shape(partial(batch_of, config, setting.rows, setting.length))
    compiled = step.lower(*state, batch).compile()
    memory = compiled.memory_analysis()
    needed = memory.argument_size_in_bytes + memory.temp_size_in_bytes
    return compiled, time.perf_counter() - began, float(needed)


def profile(config: GemmaConfig, setting: Setting, step: Any) -> Mapping[str, Any]:  # noqa: ANN401
    """Return where the time of a step goes."""
    _, start = make_step(config, setting)
    state, batch = start(), batch_of(config, setting.rows, setting.length)
    *state, _ = step(*state, batch)
    return kernel_times(lambda: step(*state, batch))


def train(
    config: GemmaConfig, setting: Setting, compiled: tuple[Any, float, float]
) -> Mapping[str, Any]:
    """Return the figures of a step; only what it needs where that does not fit."""
    step, compile_seconds, needed = compiled
    told = {"compile_s": compile_seconds, "gb": needed / 1e9}
    if 0 < gpu_memory() < needed:
        return {**told, "fits": False}
    _, start = make_step(config, setting)
    state, batch = start(), batch_of(config, setting.rows, setting.length)
    seconds = []
    for _ in range(5):
        began = time.perf_counter()
        *state, loss = step(*state, batch)
        last = float(loss)
        seconds.append(time.perf_counter() - began)
    rate = setting.rows * setting.length / min(seconds[1:])
    mfu = utilisation(config, setting.length, rate, [jax.devices()[0].device_kind])
    return {**told, "ms": 1e3 * min(seconds[1:]), "tokens_s": rate, "mfu": mfu, "loss": last}
