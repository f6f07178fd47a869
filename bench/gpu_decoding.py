"""Decoding on one GPU: tokens a second beside what reading weights and cache allows."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from gpu_case import Section, gpu_memory, random_like
from gpu_profile import kernel_times

from gemsieve.model.gemma.cache import cache_bytes, empty_cache
from gemsieve.model.gemma.config import GemmaConfig, named
from gemsieve.model.gemma.quantise import FORMS, quantise
from gemsieve.model.gemma.transformer import Params, Transformer, initialise
from gemsieve.model.sampling.draw import Drawing
from gemsieve.model.sampling.engine import Engine
from gemsieve.model.sampling.request import Request

DTYPE = "bfloat16"
# Tokens of a prompt, and those written after it: together they fit the engine's first cache.
PROMPT, WRITTEN = 16, 128
SLOTS = 256
# Bytes a second by `device_kind`, as NVIDIA's data sheets have them.
BANDWIDTH = {"NVIDIA H100 80GB HBM3": 3.35e12, "NVIDIA H200": 4.8e12}


@dataclass(frozen=True)
class Bench:
    """Hold a model to decode with; `weights` are its bytes."""

    section: Section
    title: str
    config: GemmaConfig
    params: Params

    @property
    def weights(self) -> float:
        """Return the bytes of the weights."""
        return sum(float(leaf.nbytes) for leaf in jax.tree.leaves(self.params))

    def bare(self, shapes: list[tuple[int, int]]) -> None:
        """Measure the step alone, the likeliest token each, for (rows, slots) of a cache."""
        step = make_step(self.config)
        names = {f"{self.title}, step, {rows} x {slots}": (rows, slots) for rows, slots in shapes}
        warm = {name: partial(self._steps, step, *shape, 2) for name, shape in names.items()}
        for name in self._prepared(warm):
            rows, slots = names[name]

            def measure(rows: int = rows, slots: int = slots) -> Mapping[str, Any]:
                count = 64
                return self._figures(rows, slots, self._steps(step, rows, slots, count) / count)

            self.section.case(name, measure, compiled=True)
        for rows, slots in shapes[:3]:
            self.section.case(
                f"kernels of {self.title}, step, {rows} x {slots}",
                partial(self._kernels, step, rows, slots),
            )

    def _kernels(self, step: Any, rows: int, slots: int) -> Mapping[str, Any]:  # noqa: ANN401
        """Return where the time of a step goes."""
        cache, token = empty_cache(self.config, rows, slots, DTYPE), jnp.zeros((rows, 1), jnp.int32)
        return kernel_times(lambda: step(self.params, cache, token))

    def engine(self, shapes: list[tuple[int, int]], drawing: Drawing, how: str) -> None:
        """Measure the engine for (rows, width), its requests' shared prompt read before."""
        engines = {
            f"{self.title}, engine{how}, {rows} rows of {width}": Engine(
                params=self.params,
                config=self.config,
                rows=rows,
                dtype=DTYPE,
                slots=SLOTS,
                width=width,
            )
            for rows, width in shapes
        }
        warm = {name: partial(write, engine, drawing, 20) for name, engine in engines.items()}
        for name in self._prepared(warm):

            def measure(engine: Engine = engines[name]) -> Mapping[str, Any]:
                seconds, whole = write(engine, drawing, WRITTEN)
                return {
                    **self._figures(engine.rows, SLOTS, seconds),
                    "whole_tokens_s": engine.rows * WRITTEN / whole,
                }

            self.section.case(name, measure, compiled=True)

    def _prepared(self, jobs: Mapping[str, Callable[[], Any]]) -> list[str]:
        """Compile together, if there is time; return what can be measured."""
        return [] if self.section.over else list(self.section.prepared(jobs))

    def _steps(self, step: Any, rows: int, slots: int, count: int) -> float:  # noqa: ANN401
        """Return the seconds of some steps."""
        cache = empty_cache(self.config, rows, slots, DTYPE)
        token = jnp.zeros((rows, 1), jnp.int32)
        token, cache = jax.block_until_ready(step(self.params, cache, token))  # type: ignore[no-untyped-call]
        began = time.perf_counter()
        for _ in range(count):
            token, cache = step(self.params, cache, token)
        jax.block_until_ready(token)  # type: ignore[no-untyped-call]
        return time.perf_counter() - began

    def _figures(self, rows: int, slots: int, seconds: float) -> Mapping[str, Any]:
        """Return what a step's seconds mean, the share of memory's bandwidth where it is known."""
        read = self.weights + cache_bytes(self.config, rows, slots, DTYPE)
        told = {"ms": 1e3 * seconds, "tokens_s": rows / seconds, "gb_read": read / 1e9}
        bandwidth = BANDWIDTH.get(jax.devices()[0].device_kind)
        return told if bandwidth is None else {**told, "of_bound": read / bandwidth / seconds}


def run(section: Section) -> None:
    """Measure the 2B model in bfloat16 and fewer bits, then larger ones where they fit."""
    section.note("device", kind=jax.devices()[0].device_kind, jax=jax.__version__)
    size = "test" if section.tiny else "2b"
    config = replace(named(size), max_length=8192)
    params = _random(config)
    bench = Bench(section, f"{size} bfloat16", config, params)
    bench.bare([(rows, SLOTS) for rows in (1, 2, 8, 4)])
    bench.engine([(1, 1), (1, 2), (8, 8)], Drawing(temperature=0.0), "")
    for form, (bits, group) in FORMS.items():
        if not section.over:
            fewer = Bench(section, f"{size} {form}", config, quantise(params, bits, group))
            fewer.bare([(2, SLOTS), (8, SLOTS)])
    bench.engine([(8, 8)], Drawing(temperature=1.0, top_k=64, top_p=0.95), " drawing")
    bench.bare([(8, 16 * SLOTS)])
    del bench, params
    for larger in ("27b", "9b"):
        if not (section.tiny or section.over) and gpu_memory() > _least(larger):
            config = named(larger)
            big = Bench(section, f"{larger} bfloat16", config, _random(config))
            big.bare([(2, SLOTS), (8, SLOTS)])


def _least(size: str) -> float:
    """Return the bytes of memory from which on a size is measured."""
    return {"9b": 40e9, "27b": 80e9}[size]


def _random(config: GemmaConfig) -> Params:
    params: Params = random_like(jax.eval_shape(lambda: initialise(config, 0)), DTYPE)
    return params


def make_step(config: GemmaConfig) -> Any:  # noqa: ANN401 - a jitted function
    """Return a function that reads each row's token and returns the likeliest next."""
    model = Transformer(config, DTYPE)

    @partial(jax.jit, donate_argnums=1)
    def step(params: Params, cache: Any, token: jax.Array) -> tuple[jax.Array, Any]:  # noqa: ANN401
        variables = {"params": params}
        places = cache.length[:, None]
        x, cache = model.apply(variables, token, places, None, cache, method="features")
        logits = model.apply(variables, x[:, 0], method="unembed")
        return jnp.argmax(logits, axis=-1).astype(jnp.int32)[:, None], cache  # type: ignore[arg-type]

    return step


def write(engine: Engine, drawing: Drawing, count: int) -> tuple[float, float]:
    """Fill an engine's rows; return the seconds of a step once all are read, and of the whole."""
    prefix = engine.prefix([2] * PROMPT)
    request = Request(tokens=[], drawing=drawing, max_new_tokens=count, ends=(), prefix=prefix)
    began = time.perf_counter()
    for _ in range(engine.rows):
        engine.submit(request)
    engine.step()  # reads, and writes a first stride
    joined = time.perf_counter()
    engine.run()
    ended = time.perf_counter()
    return (ended - joined) / (count - 1 - engine.stride), ended - began
