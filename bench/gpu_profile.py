"""Which kernels a call's time goes to, read from a trace of JAX's profiler."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jax

from gemsieve.model.profile import trace


def kernel_times(call: Callable[[], Any], most: int = 12) -> Mapping[str, Any]:
    """Return the milliseconds of each kernel that took longest, of all together, and of the rest.

    The call must be compiled already; a loop's kernel counts each time it runs.
    """
    with tempfile.TemporaryDirectory() as folder:
        with trace(Path(folder)):
            jax.block_until_ready(call())  # type: ignore[no-untyped-call]
        file = next(Path(folder).rglob("*.xplane.pb"))
        planes = jax.profiler.ProfileData.from_file(str(file)).planes
        spent, count = Counter[str](), 0
        for plane in planes:
            if not plane.name.startswith("/device:GPU"):
                continue
            for line in plane.lines:
                if line.name.startswith("Stream"):
                    for event in line.events:
                        spent[event.name[:60]] += event.duration_ns
                        count += 1
    top = {name: round(ns / 1e6, 3) for name, ns in spent.most_common(most)}
    return {"all_ms": sum(spent.values()) / 1e6, "launches": count, "kernels": top}
