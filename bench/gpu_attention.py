"""Attention alone, forward and backward, in the shape of Gemma 2 2B; and the GPU's two ceilings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from gpu_case import Section, seconds_a_call

from gemsieve.model.gemma.execution import Attention, Execution
from gemsieve.model.gemma.self_attention import Manner, attend_to_itself

HEADS, KV_HEADS, WIDTH, CAP = 8, 4, 256, 50.0
WINDOW = 4096


class Case(NamedTuple):
    """Name a shape: rows, tokens a row, and the window of a local layer or None."""

    rows: int
    length: int
    window: int | None

    def flops(self) -> float:
        """Return the operations forward: two for each logit and for each value of what is seen."""
        inside = self.length if self.window is None else min(self.window, self.length)
        seen = inside * (inside + 1) // 2 + (self.length - inside) * inside
        return 4.0 * self.rows * HEADS * WIDTH * seen


Way = Callable[[jax.Array, jax.Array, jax.Array], jax.Array]


def run(section: Section) -> None:
    """Measure the ceilings, then every way of attending in every shape."""
    device = jax.devices()[0]
    section.note("device", kind=device.device_kind, jax=jax.__version__)
    section.case("ceilings", partial(ceilings, 256 if section.tiny else 8192))
    lengths = (128, 256) if section.tiny else (2048, 8192)
    cases = [Case(1, lengths[1], None), Case(1, lengths[1], WINDOW), Case(4, lengths[0], None)]
    for case in cases:
        if not section.over:
            measure(section, case, {**kernels(case), **our_ways(case)})


def ceilings(size: int) -> Mapping[str, float]:
    """Return what a product of two square matrices in bfloat16, and a copy, get of the GPU."""
    a, b = (jax.random.normal(jax.random.key(i), (size, size), jnp.bfloat16) for i in (0, 1))
    product = jax.jit(lambda a, b: a @ b)
    copy = jax.jit(lambda x: x + 1)
    large = jnp.ones((16, size, size), jnp.float32)
    return {
        "bf16_tflops": 2 * size**3 / seconds_a_call(lambda: product(a, b)) / 1e12,
        "copy_tb_s": 2 * large.nbytes / seconds_a_call(lambda: copy(large)) / 1e12,
    }


def measure(section: Section, case: Case, ways: Mapping[str, Way]) -> None:
    """Time each way forward, and forward and backward."""
    shapes = [(case.rows, case.length, n, WIDTH) for n in (HEADS, KV_HEADS, KV_HEADS, HEADS)]
    q, k, v, d = (
        jax.random.normal(jax.random.key(i), s, jnp.bfloat16) for i, s in enumerate(shapes)
    )
    q = q * WIDTH**-0.5
    calls: dict[str, Callable[[], Any]] = {}
    for name, way in ways.items():
        forward = jax.jit(way)
        both = jax.jit(lambda q, k, v, d, way=way: jax.vjp(way, q, k, v)[1](d))
        calls[f"{name}, forward"] = partial(forward, q, k, v)
        calls[f"{name}, both"] = partial(both, q, k, v, d)
    title = f"{case.rows} x {case.length}, " + (f"window {case.window}" if case.window else "all")
    calls = {f"{title}, {name}": call for name, call in calls.items()}
    warm = section.prepared({name: partial(_warm, call) for name, call in calls.items()})
    for name in warm:
        flops = case.flops() * (3 if name.endswith("both") else 1)
        section.case(name, partial(_rate, calls[name], flops), compiled=True)


def _warm(call: Callable[[], Any]) -> bool:
    jax.block_until_ready(call())  # type: ignore[no-untyped-call]
    return True


def _rate(call: Callable[[], Any], flops: float) -> Mapping[str, float]:
    seconds = seconds_a_call(call)
    return {"ms": 1e3 * seconds, "tflops": flops / seconds / 1e12}


def our_ways(case: Case) -> dict[str, Way]:
    """Return what needs nothing but XLA."""
    blocks = [size for size in (2048, 4096) if size < case.length] or [64]
    return {f"chunked {size}": _ours(case, "chunked", size) for size in blocks}


def kernels(case: Case) -> dict[str, Way]:
    """Return kernels, ours and one without soft cap: what could be reached."""
    return {"tokamax": _ours(case, "tokamax"), "cudnn, no cap": partial(_cudnn, case)}


def _ours(case: Case, kind: Attention, block: int = 128) -> Way:
    manner = Manner(case.window, CAP, Execution(attention=kind, attention_block=block))
    positions = jnp.broadcast_to(jnp.arange(case.length), (case.rows, case.length))
    places = positions, jnp.ones_like(positions)
    return lambda q, k, v: attend_to_itself(q, k, v, places, manner)


def _cudnn(case: Case, q: jax.Array, k: jax.Array, v: jax.Array) -> jax.Array:
    """Attend by cuDNN, which knows no soft cap."""
    window = None if case.window is None else (case.window - 1, 0)
    result: jax.Array = jax.nn.dot_product_attention(
        q, k, v, scale=1.0, is_causal=True, local_window_size=window, implementation="cudnn"
    )
    return result
