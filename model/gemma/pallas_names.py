"""The names by which tokamax calls JAX's Pallas, where JAX has them no more.

tokamax 0.0.12 gives `mosaic_gpu.kernel` its outputs and scratch memory under names that JAX 0.10
warns of and JAX 0.11 does not know. Nothing else of what its attention calls changed.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

RENAMED = {"out_shape": "out_type", "scratch_shapes": "scratch_types"}
KERNELS = tuple(
    f"tokamax._src.ops.attention.pallas_mosaic_gpu_{part}kernel_{chip}"
    for part in ("", "vjp_")
    for chip in ("sm90", "sm100")
)


def by_old_names(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that may be called by the old names, too."""

    def renamed(*args: Any, **named: Any) -> Any:  # noqa: ANN401 - as the kernel has them
        return kernel(*args, **{RENAMED.get(name, name): value for name, value in named.items()})

    return renamed


@cache
def mend() -> None:
    """Let tokamax's attention, and no other code, call `kernel` by the old names."""
    from jax.experimental.pallas import mosaic_gpu

    names = SimpleNamespace(**{**vars(mosaic_gpu), "kernel": by_old_names(mosaic_gpu.kernel)})
    for module in KERNELS:
        vars(importlib.import_module(module))["plgpu"] = names
