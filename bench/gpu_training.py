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
from gpu_case import Section, gpu_memory, random_like
from gpu_profile import kernel_times

from gemsieve.model.gemma.config import GemmaConfig, named
from gemsieve.model.gemma.execution import Execution
from gemsieve.model.gemma.stacked import stack
from gemsieve.model.gemma.transformer import initialise
from gemsieve.model.training.loss import text_loss
from gemsieve.model.training.optimizer import make_optimizer
from gemsieve.model.training.settings import TrainSettings
from gemsieve.model.training.step import compiled_step
from gemsieve.model.training.watching.utilisation import utilisation


class Setting(NamedTuple):
    """Say how to train.

    Attributes:
        rows: Of a batch.
        length: Tokens of a row.
        execution: How to compute the model.
    """

    rows: int
    length: int
    execution: Execution

    @property
    def title(self) -> str:
        """Return all that differs."""
        e = self.execution
        attention = f"chunked {e.attention_block}" if e.attention == "chunked" else e.attention
        scan = "scan" if e.scan else "unrolled"
        return (
            f"{self.rows} x {self.length}, {attention}, remat {e.remat}, {scan},"
            f" loss {e.loss_tokens}, {e.precision}"
        )


def run(section: Section) -> None:
    """Compile a few settings at a time, then run those that fit."""
    config, device = named("test" if section.tiny else "2b"), jax.devices()[0]
    section.note("device", kind=device.device_kind, jax=jax.__version__, bytes=gpu_memory())
    for wave in waves(tiny=section.tiny):
        if section.over:
            break
        compiled = section.prepared(
            {setting.title: partial(compile_, config, setting) for setting in wave}
        )
        for setting in wave:
            if setting.title in compiled:
                measure = partial(train, config, setting, compiled[setting.title])
                section.case(setting.title, measure, compiled=True)
        for setting in wave[:2]:
            if setting.title in compiled:
                kernels = partial(profile, config, setting, compiled[setting.title][0])
                section.case(f"kernels of {setting.title}", kernels, compiled=True)
        del compiled


def waves(*, tiny: bool) -> list[list[Setting]]:
    """Return what to try, in groups that are compiled together, the most telling first."""
    length, block, loss = (64, 32, 32) if tiny else (8192, 2048, 4096)
    rows = 2 if gpu_memory() > 100e9 or tiny else 1
    chunked = Execution(
        attention_block=block, loss_tokens=loss, scan=True, remat="dots", precision="bfloat16"
    )
    kernels = chunked if tiny else replace(chunked, attention="tokamax")
    more = Setting(2 * rows, length, kernels)
    large = Setting(8 * rows, length, replace(kernels, remat="full"))
    unrolled = Setting(rows, length, replace(kernels, scan=False))
    return [
        [Setting(rows, length, chunked), Setting(rows, length, kernels), more],
        [large, unrolled, Setting(rows, length, replace(kernels, loss_tokens=loss // 8))],
    ]


def make_step(config: GemmaConfig, setting: Setting) -> tuple[Any, Callable[[], list[Any]]]:
    """Return the trainer's own step, jitted, and a function that makes what it changes."""
    settings = TrainSettings(model=config, execution=setting.execution)

    def start() -> list[Any]:
        params = random_like(_shapes(config, setting), "float32")
        return [params, jax.jit(make_optimizer(settings.optimizer, 1000).init)(params), None]

    return compiled_step(settings, text_loss(config, setting.execution)), start


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
    compiled = step.lower(*state, jnp.int32(0), {}, batch).compile()
    memory = compiled.memory_analysis()
    needed = memory.argument_size_in_bytes + memory.temp_size_in_bytes
    return compiled, time.perf_counter() - began, float(needed)


def profile(config: GemmaConfig, setting: Setting, step: Any) -> Mapping[str, Any]:  # noqa: ANN401
    """Return where the time of a step goes."""
    _, start = make_step(config, setting)
    state, batch = start(), batch_of(config, setting.rows, setting.length)
    *state, _, _ = step(*state, jnp.int32(0), {}, batch)
    return kernel_times(lambda: step(*state, jnp.int32(1), {}, batch))


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
    for index in range(5):
        began = time.perf_counter()
        *state, loss, _ = step(*state, jnp.int32(index), {}, batch)
        last = float(loss)
        seconds.append(time.perf_counter() - began)
    rate = setting.rows * setting.length / min(seconds[1:])
    mfu = utilisation(config, setting.length, rate, [jax.devices()[0].device_kind])
    return {**told, "ms": 1e3 * min(seconds[1:]), "tokens_s": rate, "mfu": mfu, "loss": last}
