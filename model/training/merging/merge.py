"""Merge models that were tuned from one start, in the space of their weights.

The report merges so (arXiv 2408.00118, section 4), by WARP (arXiv 2406.16768): task vectors, what
tuning added to the start, are interpolated on a sphere (section 3.2), and the result is drawn back
towards the start (section 3.3).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import jax
import numpy as np
import numpy.typing as npt

from gemsieve.model.gemma.transformer import Params

# On the host, a tensor at a time in float64: nothing is compiled, and a model that fills a device
# can be merged beside it.
Array = npt.NDArray[np.float64]

# Task vectors closer to parallel, or to opposite, than this have no sphere to speak of: what the
# sine divides would be rounding of the float32 they came in, and the straight line is the limit.
_LEAST_SINE = 1e-4


def average(models: Sequence[Params], weights: Sequence[float] | None = None) -> Params:
    """Return the mean of models, weighted (equally when None); weights need not add up to 1.

    Raises:
        ValueError: There is no model, their shapes differ, or weights are not one a model, at
            least 0 and together above 0.
    """
    _alike(models)
    shares = list(weights) if weights is not None else [1.0] * len(models)
    total = sum(shares)
    if len(shares) != len(models) or not all(share >= 0 for share in shares) or not total > 0:
        raise ValueError(f"weights must be {len(models)} numbers of 0 or more, not all 0")

    def mean(*leaves: Array) -> Array:
        weighed = np.zeros_like(leaves[0])
        for share, leaf in zip(shares, leaves, strict=True):
            weighed += share / total * leaf
        return weighed

    return _each(mean, *models)


def slerp(start: Params, models: Sequence[Params]) -> Params:
    """Merge models by spherical interpolation of their task vectors, tensor by tensor.

    Each of M models weighs 1/M: two meet half way; a further one is added with weight 1/M to the
    merger of those before it (WARP, appendix on more than two policies). The order of two does
    not matter; of more it does, in the second order of the angles between them.

    Args:
        start: What all were tuned from.
        models: One or more.

    Raises:
        ValueError: There is no model, or shapes differ.
    """
    _alike([start, *models])
    if not models:
        raise ValueError("nothing to merge: name one model or more")

    def merged(origin: Array, *tuned: Array) -> Array:
        tasks = [leaf - origin for leaf in tuned]
        further = enumerate(tasks[1:], start=2)
        return origin + reduce(lambda far, at: _between(far, at[1], 1 / at[0]), further, tasks[0])

    return _each(merged, start, *models)


def towards(start: Params, model: Params, share: float) -> Params:
    """Interpolate linearly from the start, 0, to a model, 1 (LITI; WARP, section 3.3).

    Raises:
        ValueError: `share` is not from 0 to 1, or shapes differ.
    """
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"the share of the merged model must be from 0 to 1, not {share}")
    _alike([start, model])
    return _each(lambda origin, leaf: (1 - share) * origin + share * leaf, start, model)


def _between(one: Array, other: Array, share: float) -> Array:
    """Go the given share of the arc from one vector to the other (Shoemake, 1985)."""
    lengths = float(np.linalg.norm(one)), float(np.linalg.norm(other))
    cosine = float(np.vdot(one, other)) / (lengths[0] * lengths[1]) if all(lengths) else 1.0
    angle = np.arccos(np.clip(cosine, -1.0, 1.0))
    sine = np.sin(angle)
    if sine < _LEAST_SINE:
        return (1 - share) * one + share * other
    arc: Array = (np.sin((1 - share) * angle) * one + np.sin(share * angle) * other) / sine
    return arc


def _each(merge: Callable[..., Array], *models: Params) -> Params:
    """Merge tensor by tensor; each keeps the type it has in the first model."""

    def one(*leaves: Any) -> Any:  # noqa: ANN401 - arrays of JAX's or NumPy's
        wide = (np.asarray(leaf, np.float64) for leaf in leaves)
        return merge(*wide).astype(leaves[0].dtype)

    result: Params = jax.tree.map(one, *models)
    return result


def _alike(models: Sequence[Params]) -> None:
    """Refuse models whose trees or shapes differ; the message names the first parameter."""
    if not models:
        raise ValueError("nothing to merge: name one model or more")
    shapes = [
        {jax.tree_util.keystr(path): leaf.shape for path, leaf in jax.tree.leaves_with_path(model)}
        for model in models
    ]
    for other in shapes[1:]:
        for name in sorted(shapes[0].keys() | other.keys()):
            if shapes[0].get(name) != other.get(name):
                raise ValueError(
                    f"parameter {name} is {shapes[0].get(name)} in one model and"
                    f" {other.get(name)} in another: only models of one shape can be merged"
                )
