"""Low-rank adapters: few numbers to train beside weights that stay as they are (arXiv 2106.09685).

What a weight with an adapter does is in `gemma.adapted`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from flax.traverse_util import flatten_dict, unflatten_dict

from gemsieve.model.gemma.adapted import Adapted
from gemsieve.model.gemma.quantise import FORMS, SUMMED, quantise
from gemsieve.model.gemma.quantised import Quantised
from gemsieve.model.gemma.transformer import Params

TARGETS = tuple(name for name in SUMMED if name != "embedding")
ALL = "all"


@dataclass(frozen=True, kw_only=True)
class LoraSettings:
    """Set which adapters a run trains, if any.

    Attributes:
        rank: How many numbers stand between inputs and outputs; 0 for no adapters.
        alpha: An adapter's product counts alpha / rank.
        targets: Names out of `TARGETS` of the weights that get one, commas between, or "all".
        base_bits: 8 or 4 to round the weights beside them; None to leave them as they are.

    Raises:
        ValueError: A value is none of these.
    """

    rank: int = 0
    alpha: float = 16.0
    targets: str = ALL
    base_bits: int | None = None

    def __post_init__(self) -> None:
        if not self.alpha > 0:
            raise ValueError(f"alpha must be above 0, not {self.alpha}")
        if unknown := sorted(set(self.names) - set(TARGETS)):
            raise ValueError(f"no adapter is known for {unknown[0]!r}: use {', '.join(TARGETS)}")
        if self.base_bits not in {None, 8, 4}:
            raise ValueError(f"base_bits must be 8, 4 or none, not {self.base_bits}")
        if self.base_bits and not self.rank:
            raise ValueError("base_bits rounds the weights beside adapters: set a rank as well")

    @property
    def names(self) -> tuple[str, ...]:
        """The targets, one by one."""
        return TARGETS if self.targets == ALL else tuple(self.targets.replace(" ", "").split(","))

    @property
    def scale(self) -> float:
        """What the product of an adapter's halves counts."""
        return self.alpha / self.rank


def adapt(
    params: Params, rank: int, alpha: float, targets: Collection[str] = TARGETS, seed: int = 0
) -> Params:
    """Give weights an adapter that changes nothing yet, as `fresh_adapters` makes it.

    Args:
        params: The canonical tree, its weights floats of any type or quantised.
        rank: How many numbers stand between inputs and outputs.
        alpha: The adapter's product counts alpha / rank.
        targets: Names of the weights that get one.
        seed: Of the adapters' first numbers.

    Raises:
        ValueError: A rank below 1, an alpha not above 0, a name that is none of `TARGETS`, or a
            weight that has an adapter.
    """
    settings = LoraSettings(rank=rank, alpha=alpha, targets=",".join(targets))
    return attach(params, fresh_adapters(params, settings, seed), settings.scale)


def fresh_adapters(params: Params, settings: LoraSettings, seed: int) -> Params:
    """Return adapters' first numbers, `down` and `up` under the name of each weight they are for.

    `up` is 0, so that nothing changes yet; `down` is random and keeps the spread of the inputs.

    Raises:
        ValueError: A rank of 0, or a weight that has an adapter.
    """
    if settings.rank < 1:
        raise ValueError(f"rank must be 1 or more to adapt, not {settings.rank}")
    flat, key = _flat(params), jax.random.key(seed)
    numbers = {}
    targeted = sorted(path for path in flat if path[-1] in settings.names)
    for number, path in enumerate(targeted):
        base = flat[path]
        if isinstance(base, Adapted):
            raise ValueError(f"{'/'.join(path)} has an adapter: merge it back first")
        inputs, rank = len(SUMMED[path[-1]]), settings.rank
        spread = jax.nn.initializers.lecun_normal(in_axis=tuple(range(inputs)), out_axis=-1)
        down = spread(jax.random.fold_in(key, number), (*base.shape[:inputs], rank), jnp.float32)
        up = jnp.zeros((rank, *base.shape[inputs:]), jnp.float32)
        numbers[path] = {"down": down, "up": up}
    return _nested(numbers)


def attach(params: Params, numbers: Params, scale: float) -> Params:
    """Return the tree with adapters beside the weights that numbers are for.

    Raises:
        ValueError: Numbers are for a weight that is not there; names it.
    """
    flat, halves = _flat(params), _flat(numbers)
    for path in {path[:-1] for path in halves}:
        if path not in flat:
            raise ValueError(f"{'/'.join(path)} has an adapter, and is no weight of the model")
        flat[path] = Adapted(flat[path], halves[*path, "down"], halves[*path, "up"], scale)
    return _nested(flat)


def base_of(params: Params, settings: LoraSettings) -> Params:
    """Return the weights that stand under adapters, rounded if settings say so.

    The embedding stays in floats, since the loss reads it as an array. Equal for a whole tree and
    for parts of it.
    """
    if settings.base_bits is None:
        return params
    flat = _flat(params)
    form = FORMS[f"int{settings.base_bits}"]
    kept = {path: leaf for path, leaf in flat.items() if path[-1] == "embedding"}
    rest = _nested({path: leaf for path, leaf in flat.items() if path not in kept})
    return quantise(rest, *form) | _nested(kept)


def adapters(params: Params) -> Params:
    """Return what there is to train: `down` and `up` under the name of each adapted weight."""
    return _nested(
        {
            path: {"down": leaf.down, "up": leaf.up}
            for path, leaf in _flat(params).items()
            if isinstance(leaf, Adapted)
        }
    )


def with_adapters(params: Params, trained: Params) -> Params:
    """Return the tree with other numbers in its adapters.

    Args:
        params: What `adapt` returned.
        trained: In the form of `adapters(params)`.

    Raises:
        ValueError: The adapters are not those of the tree; names the first.
    """
    flat, numbers = _flat(params), _flat(trained)
    adapted = [path for path, leaf in flat.items() if isinstance(leaf, Adapted)]
    expected = {(*path, part) for path in adapted for part in ("down", "up")}
    if strangers := sorted(expected ^ numbers.keys()):
        raise ValueError(f"{'/'.join(strangers[0])} is in the model or its adapters, not in both")
    for path in adapted:
        down, up = numbers[*path, "down"], numbers[*path, "up"]
        flat[path] = dataclasses.replace(flat[path], down=down, up=up)
    return _nested(flat)


def merge_back(params: Params) -> Params:
    """Return plain weights, adapters added where there are some; quantised ones become float32."""

    def merged(leaf: Any) -> Any:  # noqa: ANN401 - an array or a box
        base = leaf.base if isinstance(leaf, Adapted) else leaf
        base = base.floats() if isinstance(base, Quantised) else base
        if not isinstance(leaf, Adapted):
            return base
        change = leaf.scale * jnp.tensordot(leaf.down, leaf.up, 1)
        return (base.astype(jnp.float32) + change).astype(base.dtype)

    return _nested({path: merged(leaf) for path, leaf in _flat(params).items()})


def _flat(params: Params) -> dict[tuple[str, ...], Any]:
    """Return arrays and boxes by their paths."""
    flat: dict[tuple[str, ...], Any] = flatten_dict(params)  # type: ignore[no-untyped-call]
    return flat


def _nested(flat: dict[tuple[str, ...], Any]) -> Params:
    """Undo `_flat`."""
    params: Params = unflatten_dict(flat)  # type: ignore[no-untyped-call]
    return params
