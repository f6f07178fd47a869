"""Merging models on disk into a new one, part by part, that tells whom it descends from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from gemsieve.model.checkpoints import checkpoint, forms
from gemsieve.model.checkpoints.about import About
from gemsieve.model.checkpoints.forms import Opened
from gemsieve.model.checkpoints.origin import MERGED, Digest, told
from gemsieve.model.checkpoints.placement import Leaf, abstract, in_parts, leaves, nested
from gemsieve.model.gemma.transformer import Params
from gemsieve.model.training.merging.merge import average, slerp, towards


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Say how to merge.

    Attributes:
        method: `slerp` of task vectors, which needs a start, or `average`.
        weights: Of an average, one a model; equal when None.
        back: How far to go back from the merged model to the start, 0 to 1.
    """

    method: str = "slerp"
    weights: list[float] | None = None
    back: float = 0.0

    def check(self, models: int, start: Path | None) -> None:
        """Refuse, with a ValueError, what does not go together."""
        if models < 2:
            raise ValueError("name two models or more to merge")
        if not 0.0 <= self.back <= 1.0:
            raise ValueError(f"the way back to the start must be from 0 to 1, not {self.back}")
        if self.weights and self.method == "slerp":
            raise ValueError("slerp weighs all models alike: weights are of an average")
        if start is None and self.method == "slerp":
            raise ValueError("slerp needs the start that all models were tuned from")
        if (start is None) != (self.back == 0) and self.method == "average":
            raise ValueError("an average needs a start to go back to it, and else none")


@dataclass(frozen=True)
class _Parent:
    """Hold a model to merge, and a digest of what was read of it."""

    folder: Path
    opened: Opened
    seen: Digest = field(default_factory=Digest)

    def read(self, like: Params) -> Params:
        """Read some parameters."""
        params = self.opened.stored.read(like)
        self.seen.add(params)
        return params


def merge(models: Sequence[Path], target: Path, recipe: Recipe, start: Path | None = None) -> About:
    """Merge models in any form and write the result to a new folder, as a run's.

    Memory holds the merged parameters, and 64 MiB of each model or one larger tensor.

    Args:
        models: Two or more, of one shape, type and tokenizer.
        target: The new folder.
        recipe: How.
        start: What all were tuned from.

    Returns:
        Where the merged model comes from.

    Raises:
        CheckpointError: There is no model in one of the folders.
        ValueError: The models are not alike, which is said of the first that differs; or the
            recipe does not fit them; or there is something at the target.
    """
    if target.exists():
        raise ValueError(f"{target}: there already; name a new folder")
    recipe.check(len(models), start)
    parents = [_Parent(path, forms.open_model(path)) for path in models]
    origin = _Parent(start, forms.open_model(start)) if start else None
    for other in (*parents, *([origin] if origin else [])):
        _alike(parents[0], other)
    first = parents[0].opened
    merged: list[Leaf] = []
    for part in in_parts(abstract(first.stored.config, first.stored.dtype)):
        parts = [parent.read(part) for parent in parents]
        merged += leaves(_merged(origin.read(part) if origin else {}, parts, recipe))
    about = _about(origin, parents, recipe)
    checkpoint.write_model(target, nested(merged), about, first.tokenizer)
    return about


def _merged(start: Params, models: Sequence[Params], recipe: Recipe) -> Params:
    """Merge some tensors of all models."""
    merged = slerp(start, models) if recipe.method == "slerp" else average(models, recipe.weights)
    return towards(start, merged, 1 - recipe.back) if recipe.back else merged


def _alike(one: _Parent, other: _Parent) -> None:
    """Refuse a model of another shape, type or tokenizer than the first."""
    mine, others = _traits(one), _traits(other)
    for what in mine:
        if mine[what] != others[what]:
            raise ValueError(
                f"{other.folder}: its {what} is {others[what]}, that of {one.folder} {mine[what]}:"
                " only models of one shape, type and tokenizer can be merged"
            )
    if one.opened.stored.dtype.startswith("int"):
        raise ValueError(f"{one.folder}: quantised; merge floats, then quantise what comes of it")


def _traits(parent: _Parent) -> dict[str, Any]:
    """Return what must be equal, by names that an error can tell."""
    stored, tokenizer = parent.opened.stored, parent.opened.tokenizer
    digest = tokenizer.digest[:12] if tokenizer else "not there"
    return asdict(stored.config) | {"type": stored.dtype, "tokenizer": digest}


def _about(origin: _Parent | None, parents: Sequence[_Parent], recipe: Recipe) -> About:
    """Tell where the merged model comes from: verified only if all are that it comes from.

    Its manifest and policy are the parents' where they are the same, and else all of theirs.
    """
    abouts = [parent.opened.about for parent in (*parents, *([origin] if origin else []))]
    unverified = [about for about in abouts if about.warning]
    table = asdict(recipe) | {
        "models": [told(parent.opened, parent.seen.value) for parent in parents]
    }
    table["start"] = told(origin.opened, origin.seen.value) if origin else None
    policy = {
        key: _joined(about.policy.get(key, "none") for about in abouts)
        for key in ("name", "sha256")
    }
    return About(
        settings={"model": asdict(parents[0].opened.stored.config), MERGED: table},
        manifest="" if unverified else _joined(about.manifest for about in abouts),
        policy={} if unverified else policy,
        tokenizer=abouts[0].tokenizer,
        code=version("gemsieve"),
        imported=_joined(about.imported or "elsewhere" for about in unverified),
    )


def _joined(values: Iterable[str]) -> str:
    """Return the different values, in order, with plus signs between."""
    return "+".join(dict.fromkeys(values))
