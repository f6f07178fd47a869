"""What the sections of `bench/gpu.py` share: cases with a deadline, timing, random weights."""

from __future__ import annotations

import json
import statistics
import sys
import time
import traceback
import zlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Section:
    """Run cases and record what they find, until the time is over.

    Attributes:
        out: Folder of the results.
        name: Of the section.
        deadline: By `time.monotonic`; no case begins later.
        tiny: Whether shapes are for a CPU.
    """

    out: Path
    name: str
    deadline: float
    tiny: bool

    @property
    def over(self) -> bool:
        """Tell whether the time is spent."""
        return time.monotonic() > self.deadline

    def note(self, case: str, **found: Any) -> None:  # noqa: ANN401 - what JSON holds
        """Write and print what was found."""
        with (self.out / "results.jsonl").open("a") as results:
            results.write(json.dumps({"section": self.name, "case": case, **found}) + "\n")
        words = " ".join(f"{key}={_short(value)}" for key, value in found.items())
        print(f"{self.name:<9} {case}: {words}", flush=True)

    def case(
        self, name: str, measure: Callable[[], Mapping[str, Any]], *, compiled: bool = False
    ) -> None:
        """Note what a function finds, or how it fails; late too, if it has only to be run."""
        if self.over and not compiled:
            self.note(name, skipped="no time left")
            return
        try:
            self.note(name, **measure())
        except Exception as error:  # one case must not end the others
            self.failed(name, error)

    def failed(self, name: str, error: Exception) -> None:
        """Note that a case failed, and write where."""
        traceback.print_exception(error, file=sys.stderr)
        words = " ".join(str(error).split())
        self.note(name, failed=f"{type(error).__name__}: {words[:160]}")

    def prepared(self, jobs: Mapping[str, Callable[[], T]], width: int = 8) -> dict[str, T]:
        """Return what functions return that compile, several at once; failures are noted."""
        done = {}
        with ThreadPoolExecutor(width) as pool:
            futures = {name: pool.submit(job) for name, job in jobs.items()}
            for name, future in futures.items():
                try:
                    done[name] = future.result()
                except Exception as error:
                    self.failed(name, error)
        return done


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def seconds_a_call(call: Callable[[], Any], least: float = 0.3) -> float:
    """Return the median over three rounds of the seconds of one of many calls, once warm."""
    import jax

    jax.block_until_ready(call())  # type: ignore[no-untyped-call]
    start = time.perf_counter()
    jax.block_until_ready(call())  # type: ignore[no-untyped-call]
    count = max(1, min(50, int(least / 3 / (time.perf_counter() - start))))
    rounds = []
    for _ in range(3):
        start = time.perf_counter()
        for _ in range(count):
            last = call()
        jax.block_until_ready(last)  # type: ignore[no-untyped-call]
        rounds.append((time.perf_counter() - start) / count)
    return statistics.median(rounds)


def random_like(shapes: Any, dtype: str) -> Any:  # noqa: ANN401 - a tree of parameters
    """Draw cheap weights in the shapes of a tree, one array after the other; norms' scales are 0.

    Their spread keeps activations finite, and an array in float32 never exists beside the rest.
    """
    import jax
    import jax.numpy as jnp

    def drawn(path: tuple[Any, ...], leaf: Any) -> jax.Array:  # noqa: ANN401
        if path[-1].key == "scale":
            return jnp.zeros(leaf.shape, dtype)
        seed = zlib.crc32(jax.tree_util.keystr(path).encode()) >> 1
        array: jax.Array = _draw(leaf.shape, dtype)(seed)
        return array

    return jax.tree_util.tree_map_with_path(drawn, shapes)


@cache
def _draw(shape: tuple[int, ...], dtype: str) -> Callable[[int], Any]:
    """Return a compiled function from a seed to random numbers."""
    import jax

    @jax.jit
    def draw(seed: int) -> jax.Array:
        return 0.02 * jax.random.normal(jax.random.key(seed), shape, dtype)

    return draw


def gpu_memory() -> float:
    """Return the bytes of the first device's memory, 0 where it does not tell."""
    import jax

    stats = jax.devices()[0].memory_stats() or {}
    return float(stats.get("bytes_limit", 0))
